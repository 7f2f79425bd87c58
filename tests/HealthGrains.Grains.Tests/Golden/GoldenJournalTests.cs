using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Agendas;
using HealthGrains.Grains.Caregivers;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Senders;

namespace HealthGrains.Grains.Tests.Golden;

/// <summary>What was written by any released version is read for ever, and means what it meant.</summary>
public sealed class GoldenJournalTests
{
    private const string WriteMissing = "HG_GOLDEN_WRITE";

    // A journal that can have been: its entries, in order.
    private static readonly string[] PatientJournal =
    [
        "RecordOpened.full", "AuthorizationGranted.full", "DocumentSubmitted.full", "RecordAccessed.full",
    ];

    private static readonly string[] SenderJournal = ["SubmissionsRecorded.full", "MisroutingSuspected.full"];

    public static TheoryData<string> Names
    {
        get
        {
            var names = new TheoryData<string>();
            foreach (var (name, _) in All())
                names.Add(name);
            return names;
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_golden_file_is_read_as_the_event_that_it_was(string name)
    {
        var body = GoldenFiles.Read(name);

        Assert.Equal(Said.By(Expected(name)), Said.By(Decoded(name, body)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_event_is_written_as_the_same_bytes_as_ever(string name)
    {
        var body = All().Single(one => one.Name == name).Body;

        Assert.Equal(Convert.ToHexStringLower(GoldenFiles.Read(name)), Convert.ToHexStringLower(body));
    }

    [Fact]
    public void Every_kind_of_event_has_a_full_and_a_minimal_golden_file()
    {
        Type[] families = [typeof(PatientEvent), typeof(InboxEvent), typeof(LedgerEvent), typeof(AgendaEvent), typeof(CaregiverEvent)];
        var kinds = families.SelectMany(family => family.Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(family) && !type.IsAbstract)
            .Select(type => $"{Journal(family)}.{type.Name}"));
        var wanted = kinds.SelectMany(kind => new[] { kind + ".full.golden", kind + ".minimal.golden" });

        Assert.Empty(wanted.Except(GoldenFiles.Names));
    }

    [Fact]
    public void Every_event_of_the_stored_format_has_a_golden_file()
    {
        (MessageDescriptor Message, string Journal)[] entries =
        [
            (PatientEntry.Descriptor, "patient"), (InboxEntry.Descriptor, "inbox"), (LedgerEntry.Descriptor, "sender"),
            (AgendaEntry.Descriptor, "agenda"), (CaregiverEntry.Descriptor, "caregiver"),
        ];
        foreach (var (message, journal) in entries)
        {
            var stored = GoldenFiles.Names
                .Where(name => name.StartsWith(journal + ".", StringComparison.Ordinal) && !IsSnapshot(name))
                .Select(name => message.Parser.ParseFrom(GoldenFiles.Read(name)))
                .Select(entry => message.Oneofs[0].Accessor.GetCaseFieldDescriptor(entry).Name);
            Assert.Empty(message.Oneofs[0].Fields.Select(field => field.Name).Except(stored));
        }
    }

    [Fact]
    public void Every_golden_file_is_read_by_these_tests()
    {
        Assert.Empty(GoldenFiles.Names.Except(All().Select(one => one.Name)));
    }

    [Fact]
    public void A_full_golden_file_sets_every_field_there_is()
    {
        // A field that came later is set by a later file of the same event, full-2 and so on: the released one stays as it is.
        foreach (var name in GoldenFiles.Names.Where(name => name.Contains(".full.", StringComparison.Ordinal)))
        {
            var later = name.Replace(".full.golden", ".full-", StringComparison.Ordinal);
            IEnumerable<string> unset = [.. Unset(Message(name), "")];
            foreach (var other in GoldenFiles.Names.Where(other =>
                other.StartsWith(later, StringComparison.Ordinal) && Message(other).Descriptor == Message(name).Descriptor))
            {
                unset = [.. unset.Intersect(Unset(Message(other), ""))];
            }

            Assert.True(!unset.Any(), $"{name} leaves out {string.Join(", ", unset)}");
        }
    }

    [Fact]
    public void Fields_are_added_and_never_changed_or_renumbered()
    {
        var released = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Golden", "v1", "fields.txt"));

        Assert.Empty(released.Where(line => line.Length > 0).Except(Fields()));
    }

    [Fact]
    public void Missing_golden_files_are_written_on_request_and_none_is_ever_replaced()
    {
        if (Environment.GetEnvironmentVariable(WriteMissing) is null)
            return;
        var written = GoldenFiles.WriteMissing(All());
        Assert.Fail($"Written, review and commit: {string.Join(", ", written)}; fields:\n{string.Join('\n', Fields())}");
    }

    private static IEnumerable<(string Name, byte[] Body)> All() =>
    [
        .. GoldenEvents.Patient.Select(one => ($"patient.{one.Key}.golden", PatientModel.Instance.Encode(one.Value).ToArray())),
        .. GoldenEvents.Inbox.Select(one => ($"inbox.{one.Key}.golden", InboxModel.Instance.Encode(one.Value).ToArray())),
        .. GoldenEvents.Sender.Select(one => ($"sender.{one.Key}.golden", LedgerModel.Instance.Encode(one.Value).ToArray())),
        .. GoldenEvents.Agenda.Select(one => ($"agenda.{one.Key}.golden", AgendaModel.Instance.Encode(one.Value).ToArray())),
        .. GoldenEvents.Caregiver.Select(one => ($"caregiver.{one.Key}.golden", CaregiverModel.Instance.Encode(one.Value).ToArray())),
        ("agenda.Snapshot.full.golden", AgendaModel.Instance.EncodeSnapshot(GoldenEvents.FullAgenda()).ToArray()),
        ("agenda.Snapshot.full-2.golden", AgendaModel.Instance.EncodeSnapshot(GoldenEvents.StalledAgenda()).ToArray()),
        ("agenda.Snapshot.minimal.golden", AgendaModel.Instance.EncodeSnapshot(new AgendaState()).ToArray()),
        ("inbox.Snapshot.full.golden", InboxModel.Instance.EncodeSnapshot(GoldenEvents.FullInbox()).ToArray()),
        ("inbox.Snapshot.minimal.golden", InboxModel.Instance.EncodeSnapshot(new InboxState()).ToArray()),
        ("inbox.Snapshot.full-4.golden", InboxModel.Instance.EncodeSnapshot(GoldenEvents.FullInboxWithTimes()).ToArray()),
        ("inbox.Snapshot.full-3.golden", InboxModel.Instance.EncodeSnapshot(GoldenEvents.UnreadInbox()).ToArray()),
        ("patient.Snapshot.full.golden", Folded(Journal(GoldenEvents.Patient, PatientJournal), PatientModel.Instance.Encode, 13)),
        ("patient.Snapshot.minimal.golden", Folded(Journal(GoldenEvents.Patient, PatientJournal[..1]), PatientModel.Instance.Encode, 0)),
        ("sender.Snapshot.full.golden", Folded(Journal(GoldenEvents.Sender, SenderJournal), LedgerModel.Instance.Encode, 13)),
        ("sender.Snapshot.full-4.golden", LedgerModel.Instance.EncodeSnapshot(GoldenEvents.FullLedger()).ToArray()),
        ("sender.Snapshot.minimal-4.golden", LedgerModel.Instance.EncodeSnapshot(new LedgerState()).ToArray()),
        ("sender.Snapshot.minimal.golden", Folded(Journal(GoldenEvents.Sender, SenderJournal[..1]), LedgerModel.Instance.Encode, 0)),
    ];

    private static IEnumerable<KeyValuePair<string, T>> Journal<T>(IReadOnlyDictionary<string, T> events, string[] names) =>
        names.Select(name => KeyValuePair.Create(name, events[name]));

    private static byte[] Folded<T>(
        IEnumerable<KeyValuePair<string, T>> events, Func<T, ReadOnlyMemory<byte>> encode, int shard)
    {
        var model = FoldedJournalModel.Instance;
        var folded = model.Create();
        var version = 0;
        foreach (var (_, change) in events)
        {
            version++;
            model.Apply(folded, new RawEntry(encode(change)), new EventStamp(version, shard, 100 + (3 * version)));
        }

        return model.EncodeSnapshot(folded).ToArray();
    }

    private static object Expected(string name) => name switch
    {
        "inbox.Snapshot.full.golden" => GoldenEvents.FullInbox(),
        "inbox.Snapshot.minimal.golden" => new InboxState(),
        "inbox.Snapshot.full-4.golden" => GoldenEvents.FullInboxWithTimes(),
        "inbox.Snapshot.full-3.golden" => GoldenEvents.UnreadInbox(),
        "sender.Snapshot.full-4.golden" => GoldenEvents.FullLedger(),
        "sender.Snapshot.minimal-4.golden" => new LedgerState(),
        "agenda.Snapshot.full.golden" => GoldenEvents.FullAgenda(),
        "agenda.Snapshot.full-2.golden" => GoldenEvents.StalledAgenda(),
        "agenda.Snapshot.minimal.golden" => new AgendaState(),
        _ when IsSnapshot(name) => FoldedJournal.Read(All().Single(one => one.Name == name).Body)!.Snapshot.ToString(),
        _ when name.StartsWith("patient.", StringComparison.Ordinal) => GoldenEvents.Patient[Key(name)],
        _ when name.StartsWith("inbox.", StringComparison.Ordinal) => GoldenEvents.Inbox[Key(name)],
        _ when name.StartsWith("agenda.", StringComparison.Ordinal) => GoldenEvents.Agenda[Key(name)],
        _ when name.StartsWith("caregiver.", StringComparison.Ordinal) => GoldenEvents.Caregiver[Key(name)],
        _ => GoldenEvents.Sender[Key(name)],
    };

    private static object? Decoded(string name, byte[] body) => name switch
    {
        _ when IsSnapshot(name) && name.StartsWith("inbox.", StringComparison.Ordinal) =>
            InboxModel.Instance.DecodeSnapshot(body),
        _ when IsLedgerSnapshot(name) => LedgerModel.Instance.DecodeSnapshot(body),
        _ when IsSnapshot(name) && name.StartsWith("agenda.", StringComparison.Ordinal) =>
            AgendaModel.Instance.DecodeSnapshot(body),
        _ when IsSnapshot(name) => FoldedJournal.Read(body)?.Snapshot.ToString(),
        _ when name.StartsWith("patient.", StringComparison.Ordinal) => PatientModel.Instance.Decode(body),
        _ when name.StartsWith("inbox.", StringComparison.Ordinal) => InboxModel.Instance.Decode(body),
        _ when name.StartsWith("agenda.", StringComparison.Ordinal) => AgendaModel.Instance.Decode(body),
        _ when name.StartsWith("caregiver.", StringComparison.Ordinal) => CaregiverModel.Instance.Decode(body),
        _ => LedgerModel.Instance.Decode(body),
    };

    private static IMessage Message(string name)
    {
        var journal = name.Split('.')[0];
        MessageParser parser = (journal, IsSnapshot(name)) switch
        {
            ("inbox", true) => InboxSnapshot.Parser,
            (_, true) when IsLedgerSnapshot(name) => LedgerSnapshot.Parser,
            ("agenda", true) => AgendaSnapshot.Parser,
            (_, true) => FoldedSnapshot.Parser,
            ("patient", _) => PatientEntry.Parser,
            ("inbox", _) => InboxEntry.Parser,
            ("agenda", _) => AgendaEntry.Parser,
            ("caregiver", _) => CaregiverEntry.Parser,
            _ => LedgerEntry.Parser,
        };
        return parser.ParseFrom(GoldenFiles.Read(name));
    }

    private static IEnumerable<string> Unset(IMessage message, string path)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            // Of a real choice one is set; an optional field is a choice of one, and counts.
            if (field.RealContainingOneof is { } choice && choice.Accessor.GetCaseFieldDescriptor(message) != field)
                continue;
            var at = $"{path} {field.Name}";
            var value = field.Accessor.GetValue(message);
            switch (value)
            {
                case null:
                case "":
                case 0:
                case 0L:
                case false:
                case ByteString { IsEmpty: true }:
                case System.Collections.ICollection { Count: 0 }:
                    yield return at;
                    break;
                case IMessage inner:
                    foreach (var unset in Unset(inner, at))
                        yield return unset;
                    break;
                case System.Collections.IEnumerable list and not string and not ByteString and not System.Collections.IDictionary:
                    foreach (var unset in list.OfType<IMessage>().SelectMany(item => Unset(item, at)))
                        yield return unset;
                    break;
            }
        }
    }

    private static IEnumerable<string> Fields() =>
        new[] { CommonReflection.Descriptor, PatientReflection.Descriptor, InboxReflection.Descriptor, SenderReflection.Descriptor, AgendaReflection.Descriptor, CaregiverReflection.Descriptor }
            .SelectMany(file => file.MessageTypes)
            .SelectMany(message => message.Fields.InFieldNumberOrder().Select(field => string.Join(
                ' ',
                message.Name,
                field.FieldNumber,
                field.Name,
                field.IsMap ? "map" : field.IsRepeated ? "repeated" : field.HasPresence ? "optional" : "plain",
                field.FieldType == FieldType.Message && !field.IsMap ? field.MessageType.Name : field.FieldType)));

    private static string Journal(MemberInfo family) => family.Name switch
    {
        nameof(PatientEvent) => "patient",
        nameof(InboxEvent) => "inbox",
        nameof(AgendaEvent) => "agenda",
        nameof(CaregiverEvent) => "caregiver",
        _ => "sender",
    };

    // A ledger's snapshot of the second format: its state, no longer its entries.
    private static bool IsLedgerSnapshot(string name) =>
        IsSnapshot(name) && name.StartsWith("sender.", StringComparison.Ordinal) && name.Contains("-4.", StringComparison.Ordinal);

    private static bool IsSnapshot(string name) => name.Contains(".Snapshot.", StringComparison.Ordinal);

    private static string Key(string name) => string.Join('.', name.Split('.')[1..3]);
}
