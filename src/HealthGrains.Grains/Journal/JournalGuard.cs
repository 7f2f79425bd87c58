using HealthGrains.Domain.Identity;

namespace HealthGrains.Grains.Journal;

/// <summary>The argument checks that every store makes in the same words, before anything is queued.</summary>
/// <remarks>What fails here is a bug of the caller, not a state of the store: <see cref="ArgumentException"/>.</remarks>
public static class JournalGuard
{
    /// <summary>Checks a turn against <see cref="JournalLimits"/>, and each content against its SHA-256.</summary>
    /// <returns>What the turn counts against <see cref="JournalLimits.QueuedBytesMax"/>: bytes of bodies and content.</returns>
    /// <exception cref="ArgumentException">The turn can never be appended.</exception>
    public static int CheckTurn(JournalTurn turn, int shards)
    {
        ArgumentNullException.ThrowIfNull(turn);
        CheckJournal(turn.Journal);
        ArgumentOutOfRangeException.ThrowIfNegative(turn.ExpectedVersion);
        if (turn.Entries.Count is 0 or > JournalLimits.TurnEntriesMax)
            throw new ArgumentException($"A turn has 1 to {JournalLimits.TurnEntriesMax} entries.", nameof(turn));

        var bytes = 0L;
        foreach (var body in turn.Entries)
        {
            if (body.Length is 0 or > JournalLimits.EntryBytesMax)
                throw new ArgumentException($"A body has 1 to {JournalLimits.EntryBytesMax} bytes.", nameof(turn));
            bytes += body.Length;
        }

        foreach (var content in turn.Contents)
        {
            if (content.Bytes.Length is 0 or > JournalLimits.ContentBytesMax)
                throw new ArgumentException($"A content has 1 to {JournalLimits.ContentBytesMax} bytes.", nameof(turn));
            if (Sha256.Of(content.Bytes.Span) != content.Sha256)
                throw new ArgumentException("The SHA-256 of a content is not that of its bytes.", nameof(turn));
            bytes += content.Bytes.Length;
        }

        // It would be refused as busy for ever.
        if (bytes > JournalLimits.QueuedBytesMax)
            throw new ArgumentException($"A turn has at most {JournalLimits.QueuedBytesMax} bytes.", nameof(turn));
        if (turn.Checkpoint is { } move)
            CheckMove(move, shards);
        return (int)bytes;
    }

    /// <summary>Checks that the id was made by a constructor.</summary>
    public static void CheckJournal(JournalId journal)
    {
        if (journal.Value is null)
            throw new ArgumentException("The journal id is the default value, which names nothing.", nameof(journal));
    }

    public static void CheckMove(CheckpointMove move, int shards)
    {
        ArgumentNullException.ThrowIfNull(move);
        CheckReader(move.Name, move.Shard, shards);
        ArgumentOutOfRangeException.ThrowIfNegative(move.Expected);
        ArgumentOutOfRangeException.ThrowIfNegative(move.Next);
    }

    /// <summary>Checks a checkpoint's name, 1 to <see cref="JournalLimits.CheckpointNameMax"/> printable ASCII characters, and
    /// its shard.</summary>
    public static void CheckReader(string name, int shard, int shards)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > JournalLimits.CheckpointNameMax || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException(
                $"A checkpoint's name is 1 to {JournalLimits.CheckpointNameMax} printable ASCII characters.", nameof(name));
        }

        CheckShard(shard, shards);
    }

    public static void CheckShard(int shard, int shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, shards);
    }

    /// <summary>Checks the arguments of a page of a shard's log.</summary>
    public static void CheckPage(int shard, int shards, long afterPosition, int entriesMax)
    {
        CheckShard(shard, shards);
        ArgumentOutOfRangeException.ThrowIfNegative(afterPosition);
        ArgumentOutOfRangeException.ThrowIfLessThan(entriesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entriesMax, JournalLimits.LogPageEntriesMax);
    }

    public static void CheckSnapshot(JournalId journal, JournalSnapshot snapshot)
    {
        CheckJournal(journal);
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentOutOfRangeException.ThrowIfLessThan(snapshot.Version, 1);
        if (snapshot.Body.Length > JournalLimits.SnapshotBytesMax)
            throw new ArgumentException($"A snapshot has at most {JournalLimits.SnapshotBytesMax} bytes.", nameof(snapshot));
    }
}
