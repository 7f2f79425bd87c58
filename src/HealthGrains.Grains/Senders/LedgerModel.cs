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
        var entry = Stored.Parse(LedgerEntry.Parser, body);
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

    // Snapshots are folded by FoldedJournalModel, outside the turn and without a state.
    public ReadOnlyMemory<byte> EncodeSnapshot(LedgerState state) =>
        throw new NotSupportedException("A ledger's snapshot is its folded journal.");

    public LedgerState? DecodeSnapshot(ReadOnlyMemory<byte> body) => FoldedJournal.Replay(body, this);

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
