using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>A journal's newest entry as this process last saw it, sound.</summary>
/// <param name="Version">0 for a journal that does not exist.</param>
/// <param name="Position">In its shard's log.</param>
/// <param name="Hash">32 bytes; never changed.</param>
internal readonly record struct KnownHead(long Version, long Position, byte[] Hash)
{
    public static KnownHead None { get; } = new(0, 0, EntryHash.Origin.ToArray());
}

/// <summary>What this process last saw of heads and checkpoints, so that a commit need not read them first.</summary>
/// <remarks>It may be behind at any time, because other processes write too: the database compares it while it writes. Two
/// generations of heads, each at most half of <see cref="PostgreSqlLimits.KnownHeadsMax"/>: what was used since the last change
/// of generations stays.</remarks>
internal sealed class CommitMemory
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, int Shard), long> _checkpoints = [];
    private Dictionary<string, KnownHead> _young = [];
    private Dictionary<string, KnownHead> _old = [];

    public KnownHead? Find(string journal)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(journal, out var known))
                return known;
            if (!_old.Remove(journal, out known))
                return null;
            Add(journal, known);
            return known;
        }
    }

    /// <summary>Keeps a head unless a newer one is known: loads and commits may tell of it in any order.</summary>
    public void Keep(string journal, KnownHead head)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(journal, out var known) || _old.TryGetValue(journal, out known))
            {
                if (known.Version >= head.Version)
                    return;
                _old.Remove(journal);
            }

            Add(journal, head);
        }
    }

    public void Forget(string journal)
    {
        lock (_gate)
        {
            _young.Remove(journal);
            _old.Remove(journal);
        }
    }

    public long? CheckpointOf(string name, int shard)
    {
        lock (_gate)
            return _checkpoints.TryGetValue((name, shard), out var position) ? position : null;
    }

    public void KeepCheckpoint(string name, int shard, long position)
    {
        lock (_gate)
            _checkpoints[(name, shard)] = position;
    }

    public void ForgetCheckpoint(string name, int shard)
    {
        lock (_gate)
            _checkpoints.Remove((name, shard));
    }

    private void Add(string journal, KnownHead head)
    {
        if (_young.Count >= PostgreSqlLimits.KnownHeadsMax / 2)
            (_young, _old) = ([], _young);
        _young[journal] = head;
    }
}
