using Google.Protobuf;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Patients;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Senders;
using HealthGrains.Grains.Tests.Golden;

namespace HealthGrains.Grains.Tests.Codec;

/// <summary>What this version does not know is never read as something else.</summary>
public sealed class StoredFormatTests
{
    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(4_000_000_000_000_000_000)]
    public void A_time_that_is_none_is_a_format_error(long at)
    {
        var entry = Parse("patient.RecordClosed.full.golden");
        entry.At = at;

        Assert.Throws<FormatException>(() => PatientModel.Instance.Decode(entry.ToByteArray()));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(-1)]
    [InlineData(1 << 20)]
    public void A_label_that_this_version_does_not_know_is_a_format_error(int labels)
    {
        var entry = Parse("patient.DocumentSubmitted.full.golden");
        entry.DocumentSubmitted.Metadata.Confidentiality = labels;

        Assert.Throws<FormatException>(() => PatientModel.Instance.Decode(entry.ToByteArray()));
    }

    [Fact]
    public void Every_known_set_of_labels_is_read()
    {
        var entry = Parse("patient.DocumentSubmitted.full.golden");
        for (var labels = 0; labels < 8; labels++)
        {
            entry.DocumentSubmitted.Metadata.Confidentiality = labels;
            var submitted = Assert.IsType<DocumentSubmitted>(PatientModel.Instance.Decode(entry.ToByteArray()));
            Assert.Equal((ConfidentialityLabels)labels, submitted.Metadata.Confidentiality);
        }
    }

    [Fact]
    public void An_event_that_this_version_does_not_know_is_a_format_error()
    {
        // Field 99 of a later version in place of the event.
        var body = new PatientEntry { At = 1, By = new StoredActor { Kind = 1 } }.ToByteArray()
            .Concat(new byte[] { 0x9A, 0x06, 0x00 }).ToArray();

        Assert.Throws<FormatException>(() => PatientModel.Instance.Decode(body));
        Assert.Throws<FormatException>(() => InboxModel.Instance.Decode(body));
        Assert.Throws<FormatException>(() => LedgerModel.Instance.Decode(body));
    }

    [Fact]
    public void A_field_that_this_version_does_not_know_is_passed_over()
    {
        var body = GoldenFiles.Read("patient.RecordClosed.full.golden").Concat(new byte[] { 0x9A, 0x06, 0x00 }).ToArray();

        Assert.IsType<RecordClosed>(PatientModel.Instance.Decode(body));
    }

    [Fact]
    public void A_snapshot_with_something_unknown_in_it_is_none()
    {
        var later = new InboxSnapshot { Format = 3 };
        Assert.Null(InboxModel.Instance.DecodeSnapshot(later.ToByteArray()));
        Assert.Null(InboxModel.Instance.DecodeSnapshot(new byte[] { 0xFF }));

        var unknownCode = InboxSnapshot.Parser.ParseFrom(GoldenFiles.Read("inbox.Snapshot.full.golden"));
        unknownCode.Lines[0].Code = 99;
        Assert.Null(InboxModel.Instance.DecodeSnapshot(unknownCode.ToByteArray()));

        var folded = FoldedSnapshot.Parser.ParseFrom(GoldenFiles.Read("patient.Snapshot.full.golden"));
        Assert.NotNull(PatientModel.Instance.DecodeSnapshot(folded.ToByteArray()));
        folded.Entries[1].Body = ByteString.CopyFrom(0x08);
        Assert.Null(PatientModel.Instance.DecodeSnapshot(folded.ToByteArray()));
        folded.Format = 2;
        Assert.Null(PatientModel.Instance.DecodeSnapshot(folded.ToByteArray()));
    }

    [Fact]
    public void An_inbox_and_a_ledger_read_from_a_snapshot_go_on_where_they_stood()
    {
        var inbox = GoldenEvents.FullInbox();
        var restored = InboxModel.Instance.DecodeSnapshot(InboxModel.Instance.EncodeSnapshot(inbox));
        Assert.Equal(Said.By(inbox), Said.By(restored));

        var ledger = LedgerModel.Instance.DecodeSnapshot(GoldenFiles.Read("sender.Snapshot.full.golden"));
        Assert.Equal((1L, 1), (ledger!.Submitted, ledger.Alarms.Count));
    }

    [Theory]
    [InlineData("patient.DocumentSubmitted.full.golden", JournalKind.Patient, "DocumentSubmitted")]
    [InlineData("inbox.InboxDelivered.full.golden", JournalKind.Inbox, "InboxDelivered")]
    [InlineData("inbox.InboxAcknowledged.full.golden", JournalKind.Inbox, "InboxAcknowledged")]
    [InlineData("sender.SubmissionsRecorded.full.golden", JournalKind.Sender, "SubmissionsRecorded")]
    [InlineData("sender.MisroutingSuspected.full.golden", JournalKind.Sender, "MisroutingSuspected")]
    public void An_operator_is_told_the_type_of_an_entry_and_its_time(string name, JournalKind kind, string type)
    {
        var summary = EntrySummary.Of(kind, GoldenFiles.Read(name));

        Assert.Equal((type, 2025), (summary.EventType, summary.At.Year));
    }

    // Computed apart from this code: SHA-256 over 32 zero bytes, the version as 8 bytes with the most significant first,
    // and the body; then over that hash.
    [Fact]
    public void The_hash_chain_is_that_of_the_format()
    {
        var hash = EntryHash.Origin.ToArray();
        EntryHash.Next(hash, 1, "one"u8, hash);
        Assert.Equal("06d248ca9388b1c076a3058094c374a5dd73cac9378225829e5b316364570a50", Convert.ToHexStringLower(hash));
        EntryHash.Next(hash, 2, "two"u8, hash);
        Assert.Equal("aeb58687e90d96471d2eea4ce2f5e9e1e458b3fa522e133986e4381b61270912", Convert.ToHexStringLower(hash));
        EntryHash.Next(hash, 3, new byte[5_000], hash);
        Assert.Equal("58409f32c43cbaa73883c7438d671274a7ebfd52d204ed690c09fc5ca6512486", Convert.ToHexStringLower(hash));
    }

    private static PatientEntry Parse(string name) => PatientEntry.Parser.ParseFrom(GoldenFiles.Read(name));
}
