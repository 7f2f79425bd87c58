using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Properties;
using HealthGrains.Domain.Tests.Records;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Aliases;

/// <summary>Random lives of two records that become one at a random point, against a union written down naively: from what
/// happened to each, with lists and loops.</summary>
public sealed class MergeModelTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_lives_of_two_records_that_become_one()
    {
        var (merged, permits, taken, same, apart) = (0, 0, 0, 0, 0);
        Seeds.ForEach(output, 400, seed =>
        {
            var dice = new Dice(seed);
            var (one, other) = (new RealRecord { DocumentsFrom = 1_000 }, new RealRecord { DocumentsFrom = 2_000 });
            var length = 5 + dice.Next(60);
            for (var i = 0; i < length; i++)
            {
                (dice.Next(2) == 0 ? one : other).Play(dice.Move());
                one.Record.Now = other.Record.Now = one.Record.Now > other.Record.Now ? one.Record.Now : other.Record.Now;
            }

            // The two records often disagree about somebody.
            var (yes, no) = dice.Next(2) == 0 ? (one.Record, other.Record) : (other.Record, one.Record);
            var disputed = Dice.Professionals[dice.Next(Dice.Professionals.Length)];
            yes.Permit(disputed);
            no.Permit(disputed);
            if (dice.Next(2) == 0)
                no.Revoke(disputed);
            else
                no.Block(disputed);

            if (one.Record.State.IsBlank || other.Record.State.IsBlank
                || !CanMerge(one.Record) || !CanMerge(other.Record))
            {
                return;
            }

            var before = (One: Snapshot.Of(one.Record), Other: Snapshot.Of(other.Record));
            var result = Merging.Merge(one.Record, Merging.Old, other.Record, Merging.New, 1 + dice.Next(9));
            merged++;
            same += result.Same;
            apart += result.Apart;
            var record = other.Record;
            var (p, t) = CheckReading(before.One, before.Other, record);
            (permits, taken) = (permits + p, taken + t);
            CheckDocuments(before.One, before.Other, record);
            CheckCursors(before.One, before.Other, record, dice);

            // It lives on like any record, and what is read back from its journal is what it was.
            for (var i = 0; i < 30; i++)
                other.Play(dice.Move());
            var answers = Answers.ToEverybody(record.State, record.Now);
            record.Restart();
            Assert.Equal(answers, Answers.ToEverybody(record.State, record.Now));
        });
        output.WriteLine($"{merged} merged, {permits} readable, {taken} taken away, {same} the same, {apart} apart");
        Assert.True(merged > 100 && permits > 20 && taken > 20 && same > 20 && apart > 2);
    }

    private static bool CanMerge(TestRecord record) =>
        record.State.Record.State is RecordState.Absent or RecordState.OpenNotActivated or RecordState.OpenActivated;

    // Of each professional: what the consents of either record say by themselves, from the events alone.
    private static (int Permits, int Taken) CheckReading(Snapshot one, Snapshot other, TestRecord record)
    {
        var (permits, taken) = (0, 0);
        foreach (var professional in Dice.Professionals)
        {
            var reader = PatientState.ReaderOf(professional);
            var words = new[] { one.Events, other.Events }.Select(events => Said.Of(events, record.Now)).ToArray();
            var holders = new List<string> { professional.Id };
            if (!professional.Structure.IsNone)
                holders.Add(professional.Structure.ToString());
            var blocked = words.Any(said => said.Blocked.Contains(professional.Id));
            var denied = holders.Any(holder => words.Any(said => said.Denied.Contains(holder)));
            var permitted = holders.Any(holder =>
                words.Any(said => said.Permitted.Contains(holder)) && !words.Any(said => said.TakenBack.Contains(holder) || said.Blocked.Contains(holder)));
            var expected = !blocked && !denied && permitted;
            Assert.Equal(blocked, record.State.Consent.IsBlocked(reader.Id));
            Assert.Equal(
                denied ? ConsentAnswer.StructureDenied : permitted ? ConsentAnswer.Permitted : ConsentAnswer.Missing,
                record.State.Consent.Evaluate(reader, record.Now));
            permits += expected ? 1 : 0;
            taken += !expected && words.Any(said => holders.Exists(said.Permitted.Contains)) ? 1 : 0;

            // Nobody sees through the merge what was masked, unless both records would have let them.
            var sees = record.State.Consent.IsAdministrator(reader.Id, record.Now);
            if (sees)
                Assert.True(one.Administrators.Contains(professional.Id) || other.Administrators.Contains(professional.Id));
        }

        return (permits, taken);
    }

    private static void CheckDocuments(Snapshot one, Snapshot other, TestRecord record)
    {
        var union = new Dictionary<DocumentId, (DocumentEntry Entry, ConfidentialityLabels Labels, bool Deleted)>();
        foreach (var entry in other.Entries)
            union.Add(entry.Id, (entry, entry.Metadata.Confidentiality, entry.Status == DocumentStatus.Deleted));
        foreach (var entry in one.Entries)
        {
            var twice = other.Entries.FirstOrDefault(known => known.Metadata.UniqueId == entry.Metadata.UniqueId
                && known.Sha256 == entry.Sha256 && !known.Sealed && !entry.Sealed);
            if (twice is null)
                union.Add(entry.Id, (entry, entry.Metadata.Confidentiality, entry.Status == DocumentStatus.Deleted));
            else
            {
                var known = union[twice.Id];
                union[twice.Id] = (known.Entry, known.Labels | entry.Metadata.Confidentiality,
                    known.Deleted || entry.Status == DocumentStatus.Deleted);
                Assert.Equal(twice.Id, record.State.Index.Find(entry.Id)!.Id);
            }
        }

        Assert.Equal(union.Keys.OrderBy(id => id.ToString(), StringComparer.Ordinal),
            record.State.Index.Entries.Select(entry => entry.Id).OrderBy(id => id.ToString(), StringComparer.Ordinal));
        foreach (var (id, (entry, labels, deleted)) in union)
        {
            var now = record.State.Index.Find(id)!;
            Assert.Equal(labels, now.Metadata.Confidentiality);
            Assert.Equal(deleted, now.Status == DocumentStatus.Deleted);
            Assert.Equal((entry.Sha256, entry.Sealed), (now.Sha256, now.Sealed));

            // Every link leads somewhere, and every chain ends.
            Assert.Null(record.State.Index.HeadOf(now).ReplacedBy);
        }
    }

    private static void CheckCursors(Snapshot one, Snapshot other, TestRecord record, Dice dice)
    {
        foreach (var (through, first, second) in new[]
        {
            ([Merging.Old], one, other), (Array.Empty<PatientId>(), other, one),
        })
        {
            for (var audience = 0; audience < first.Told.Count; audience++)
            {
                var feed = Snapshot.FeedsOf(record.State)[audience];
                var cursor = dice.Next(first.Told[audience].Count + 1);
                var expected = first.Told[audience].Skip(cursor).Concat(second.Told[audience]).ToList();
                var told = feed.After(cursor, 10_000, through);
                Assert.Equal(
                    expected.Select(item => (item.At, item.Code, Here(item.Document))),
                    told.Select(item => (item.At, item.Code, item.Document)));
                Assert.Equal(Enumerable.Range(cursor + 1, told.Count).Select(at => (long)at), told.Select(item => item.Sequence));
            }
        }

        DocumentId? Here(DocumentId? id) => id is { } document ? record.State.Index.Find(document)!.Id : null;
    }

    /// <summary>What was true before, copied.</summary>
    private sealed record Snapshot(
        List<PatientEvent> Events,
        List<DocumentEntry> Entries,
        List<IReadOnlyList<FeedItem>> Told,
        HashSet<string> Administrators)
    {
        public static Snapshot Of(TestRecord record) => new(
            [.. record.Events],
            [.. record.State.Index.Entries],
            [.. FeedsOf(record.State).Select(feed => feed.After(0, 10_000))],
            [.. record.State.Consent.Authorizations.Where(word => word.IsAdministrator).Select(word => word.HolderId)]);

        public static AudienceFeed[] FeedsOf(PatientState state) =>
            [state.Feeds.Patient, state.Feeds.Representatives, state.Feeds.Caregivers, state.ProfessionalFeed];
    }

    /// <summary>What a journal says of each holder at last.</summary>
    private sealed record Said(HashSet<string> Blocked, HashSet<string> Denied, HashSet<string> Permitted, HashSet<string> TakenBack)
    {
        public static Said Of(List<PatientEvent> events, DateTimeOffset now)
        {
            var words = new List<(Authorization Word, bool Revoked)>();
            var blocked = new HashSet<string>();
            foreach (var change in events)
            {
                switch (change)
                {
                    case AuthorizationGranted granted:
                        words.Add((granted.Authorization, false));
                        break;
                    case AuthorizationRevoked revoked:
                        words = [.. words.Select(word => word.Word.Number == revoked.AuthorizationNumber ? (word.Word, true) : word)];
                        break;
                    case ProfessionalBlocked block:
                        blocked.Add(block.Professional.ToString());
                        words = [.. words.Select(word => word.Word.Permit && word.Word.HolderId == block.Professional.ToString() ? (word.Word, true) : word)];
                        break;
                    case ProfessionalUnblocked unblock:
                        blocked.Remove(unblock.Professional.ToString());
                        break;
                    case RecordClosed closed:
                        words = [.. words.Select(word => word.Word.Permit && !(word.Word.End <= closed.At) ? (word.Word, true) : word)];
                        break;
                    case RecordDestroyed:
                        words.Clear();
                        blocked.Clear();
                        break;
                }
            }

            bool Lasts((Authorization Word, bool Revoked) word) => !word.Revoked && !(word.Word.End <= now);
            bool Holds((Authorization Word, bool Revoked) word) => Lasts(word) && word.Word.Start <= now;
            var denied = words.Where(word => !word.Word.Permit && Holds(word)).Select(word => word.Word.HolderId).ToHashSet();
            var permitted = words.Where(word => word.Word.Permit && Holds(word)).Select(word => word.Word.HolderId).ToHashSet();
            var lasting = words.Where(word => word.Word.Permit && Lasts(word)).Select(word => word.Word.HolderId).ToHashSet();
            var takenBack = words.Where(word => word.Word.Permit && word.Revoked).Select(word => word.Word.HolderId)
                .Where(holder => !lasting.Contains(holder)).ToHashSet();
            return new Said(blocked, denied, permitted, takenBack);
        }
    }
}
