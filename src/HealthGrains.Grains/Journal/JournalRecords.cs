using HealthGrains.Domain.Identity;

namespace HealthGrains.Grains.Journal;

/// <summary>What one turn writes.</summary>
/// <param name="Journal">Whose journal.</param>
/// <param name="ExpectedVersion">The version that the turn was decided on, 0 for a journal never written.</param>
/// <param name="Entries">Bodies in order, 1 to <see cref="JournalLimits.TurnEntriesMax"/>, each 1 to
/// <see cref="JournalLimits.EntryBytesMax"/> bytes.</param>
public sealed record JournalTurn(JournalId Journal, long ExpectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> Entries)
{
    /// <summary>Content to keep in the same commit; what is there already under the same SHA-256 stays as it is.</summary>
    public IReadOnlyList<JournalContent> Contents { get; init; } = [];

    /// <summary>A reader's checkpoint that moves in the same commit.</summary>
    public CheckpointMove? Checkpoint { get; init; }
}

/// <summary>The bytes of one document. The store checks that the hash is that of the bytes.</summary>
public sealed record JournalContent(Sha256 Sha256, ReadOnlyMemory<byte> Bytes);

/// <summary>Moves the checkpoint of a named reader on one shard, if it stands at <paramref name="Expected"/>.</summary>
public sealed record CheckpointMove(string Name, int Shard, long Expected, long Next);

/// <summary>Where a turn's entries are. They are contiguous, in the journal and in the shard's log.</summary>
/// <param name="FirstVersion">Version of the first entry, counted from 1.</param>
/// <param name="Shard">The journal's shard, from 0.</param>
/// <param name="FirstPosition">Position of the first entry in the shard's log, counted from 1.</param>
public readonly record struct Appended(long FirstVersion, int Shard, long FirstPosition);

/// <summary>A snapshot, if asked for and there, and the entries after it.</summary>
/// <param name="Version">The journal's newest version; 0 for a journal never written.</param>
public sealed record JournalTail(long Version, JournalSnapshot? Snapshot, IReadOnlyList<JournalEntry> Entries);

/// <summary>State as bytes at one version. Format and version of the bytes are the writer's business.</summary>
public sealed record JournalSnapshot(long Version, ReadOnlyMemory<byte> Body);

/// <summary>One entry as read from its journal.</summary>
public sealed record JournalEntry(long Version, long Position, ReadOnlyMemory<byte> Body);

/// <summary>One entry as read from a shard's log.</summary>
public sealed record LogEntry(int Shard, long Position, JournalId Journal, long Version, ReadOnlyMemory<byte> Body);

/// <summary>What a verification saw.</summary>
/// <param name="Entries">Entries checked.</param>
/// <param name="Journals">Journals checked.</param>
/// <param name="Contents">Contents whose SHA-256 was checked.</param>
/// <param name="FirstDamage">The first place that does not fit, null if everything does.</param>
public sealed record VerifyReport(long Entries, long Journals, long Contents, JournalDamage? FirstDamage);

/// <summary>A place that does not fit.</summary>
/// <param name="Journal">Whose journal, if one can be named.</param>
/// <param name="Shard">From 0, -1 if unknown.</param>
/// <param name="Position">In the shard's log, 0 if unknown.</param>
/// <param name="Version">In the journal, 0 if unknown.</param>
/// <param name="What">A sentence without patient data.</param>
public sealed record JournalDamage(JournalId? Journal, int Shard, long Position, long Version, string What);
