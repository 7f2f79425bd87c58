using Google.Protobuf;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Senders;

/// <summary>How a producer's ledger is rebuilt from <c>sender/…</c>.</summary>
public sealed class LedgerModel : IGrainModel<LedgerState, LedgerEvent>
{
    // The first format was the folded journal, which grew with every line; it is still read.
    private const int SnapshotFormat = 2;

    public static readonly LedgerModel Instance = new();

    public LedgerState Create() => new();

    public void Apply(LedgerState state, LedgerEvent change, EventStamp stamp) => state.Apply(change, stamp);

    public ReadOnlyMemory<byte> Encode(LedgerEvent change)
    {
        var entry = new LedgerEntry { At = Stored.Time(change.At) };
        switch (change)
        {
            case SubmissionsRecorded recorded:
                entry.Recorded = new StoredSubmissionsRecorded { Shard = recorded.Shard, UpTo = recorded.UpTo };
                foreach (var line in recorded.Lines)
                    entry.Recorded.Lines.Add(Store(line));
                break;
            case MisroutingSuspected suspected:
                entry.MisroutingSuspected = new StoredMisroutingSuspected
                {
                    UniqueId = suspected.UniqueId.ToString(),
                    FirstPatient = suspected.FirstPatient.ToString(),
                    FirstDocumentId = Stored.Id(suspected.FirstDocument),
                    SecondPatient = suspected.SecondPatient.ToString(),
                    SecondDocumentId = Stored.Id(suspected.SecondDocument),
                };
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no stored form.");
        }

        return entry.ToByteArray();
    }

    public LedgerEvent Decode(ReadOnlyMemory<byte> body)
    {
        return Restore(Stored.Parse(LedgerEntry.Parser, body));
    }

    private static LedgerEvent Restore(LedgerEntry entry)
    {
        var at = Stored.Time(entry.At);
        return entry.EventCase switch
        {
            LedgerEntry.EventOneofCase.Recorded => new SubmissionsRecorded(
                at, entry.Recorded.Shard, entry.Recorded.UpTo, [.. entry.Recorded.Lines.Select(Restore)]),
            LedgerEntry.EventOneofCase.MisroutingSuspected => new MisroutingSuspected(
                at,
                UniqueId.Parse(entry.MisroutingSuspected.UniqueId),
                PatientId.Parse(entry.MisroutingSuspected.FirstPatient),
                Stored.Id(entry.MisroutingSuspected.FirstDocumentId),
                PatientId.Parse(entry.MisroutingSuspected.SecondPatient),
                Stored.Id(entry.MisroutingSuspected.SecondDocumentId)),
            _ => throw new FormatException("The entry holds no event that this version knows."),
        };
    }

    public ReadOnlyMemory<byte> EncodeSnapshot(LedgerState state)
    {
        var snapshot = new LedgerSnapshot
        {
            Format = SnapshotFormat,
            Submitted = state.Submitted,
            AlarmsRaised = state.AlarmsRaised,
        };
        foreach (var (shard, position) in state.Taken)
            snapshot.Taken.Add(shard, position);
        foreach (var alarm in state.Alarms)
            snapshot.Alarms.Add(Stored.Parse(LedgerEntry.Parser, Encode(alarm)));
        return snapshot.ToByteArray();
    }

    public LedgerState? DecodeSnapshot(ReadOnlyMemory<byte> body)
    {
        try
        {
            var snapshot = Stored.Parse(LedgerSnapshot.Parser, body);
            return snapshot.Format == SnapshotFormat
                ? LedgerState.Restore(
                    snapshot.Taken,
                    snapshot.Submitted,
                    snapshot.Alarms.Select(alarm => (MisroutingSuspected)Restore(alarm)),
                    snapshot.AlarmsRaised)
                : FoldedJournal.Replay(body, this);
        }
        catch (FormatException)
        {
            // Like one of another format: the journal is read from its start.
            return null;
        }
    }

    private static StoredLedgerLine Store(LedgerLine line) => new()
    {
        Position = line.Position,
        At = Stored.Time(line.At),
        Kind = (int)line.Kind,
        UniqueId = line.UniqueId.ToString(),
        Patient = line.Patient.ToString(),
        DocumentId = Stored.Id(line.Document),
        Recipients = line.Recipients,
    };

    private static LedgerLine Restore(StoredLedgerLine stored) => new(
        stored.Position,
        Stored.Time(stored.At),
        Stored.Enumerated<LedgerLineKind>(stored.Kind),
        UniqueId.Parse(stored.UniqueId),
        PatientId.Parse(stored.Patient),
        Stored.Id(stored.DocumentId),
        stored.Recipients);
}
