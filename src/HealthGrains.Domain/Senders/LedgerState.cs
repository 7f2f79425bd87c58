using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Senders;

/// <summary>Something that happened in one producer's ledger: a closed family.</summary>
public abstract record LedgerEvent(DateTimeOffset At);

/// <summary>A page of one shard's log was taken in, up to a position.</summary>
public sealed record SubmissionsRecorded(DateTimeOffset At, int Shard, long UpTo, IReadOnlyList<LedgerLine> Lines)
    : LedgerEvent(At);

/// <summary>One unique id under two patients: one of the two documents is probably in the wrong record.</summary>
public sealed record MisroutingSuspected(
    DateTimeOffset At,
    UniqueId UniqueId,
    PatientId FirstPatient,
    DocumentId FirstDocument,
    PatientId SecondPatient,
    DocumentId SecondDocument) : LedgerEvent(At);

/// <summary>One accepted submission or withdrawal of this producer.</summary>
/// <param name="Position">Of its entry in the shard's log.</param>
/// <param name="At">When it was accepted.</param>
/// <param name="Recipients">Professionals to be told.</param>
public sealed record LedgerLine(
    long Position,
    DateTimeOffset At,
    LedgerLineKind Kind,
    UniqueId UniqueId,
    PatientId Patient,
    DocumentId Document,
    int Recipients);

/// <summary>Stored: never renumbered.</summary>
public enum LedgerLineKind
{
    Submitted = 1,
    Withdrawn = 2,
}

/// <summary>What one producer submitted, as far as routing has come.</summary>
/// <remarks>L1. A page delivered twice is taken in once. L2. A unique id under two patients raises an alarm that names both,
/// in the turn that notices it.</remarks>
public sealed class LedgerState
{
    private readonly Dictionary<int, long> _taken = [];
    private readonly Dictionary<UInt128, KnownDocument> _documents = [];
    private readonly List<MisroutingSuspected> _alarms = [];

    public IReadOnlyDictionary<int, long> Taken => _taken;

    /// <summary>Accepted documents so far.</summary>
    public long Submitted { get; private set; }

    public IReadOnlyList<MisroutingSuspected> Alarms => _alarms;

    public long TakenOf(int shard) => _taken.GetValueOrDefault(shard);

    public KnownDocument? Find(UniqueId id) => _documents.TryGetValue(Key(id), out var known) ? known : null;

    public void Apply(LedgerEvent change, EventStamp stamp)
    {
        _ = stamp;
        switch (change)
        {
            case SubmissionsRecorded recorded:
                _taken[recorded.Shard] = recorded.UpTo;
                foreach (var line in recorded.Lines)
                {
                    if (line.Kind != LedgerLineKind.Submitted)
                        continue;
                    Submitted++;
                    _documents.TryAdd(Key(line.UniqueId), new KnownDocument(line.Patient, line.Document));
                }

                break;
            case MisroutingSuspected suspected:
                _alarms.Add(suspected);
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no effect defined.");
        }
    }

    // 128 bits of a SHA-256: a table of millions of ids stays small, and a collision is not to be expected.
    private static UInt128 Key(UniqueId id)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.ASCII.GetBytes(id.ToString()), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}

/// <summary>Where a unique id was accepted first.</summary>
public readonly record struct KnownDocument(PatientId Patient, DocumentId Document);
