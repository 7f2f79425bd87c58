using System.Text;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Writing;

/// <summary>Something that waits for a place in a commit. It is applied, and then answered exactly once.</summary>
internal abstract class WriteRequest(long bytes)
{
    /// <summary>What it counts against the queue and against the commit.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Why it alone is not part of the commit, null if it is.</summary>
    public JournalException? Refusal { get; set; }

    /// <summary>Writes it into the transaction under way. It checks everything before it writes anything.</summary>
    /// <exception cref="JournalConflictException">It lost a race; nothing of it is written.</exception>
    /// <exception cref="JournalDamagedException">What it builds on is damaged; nothing of it is written.</exception>
    public abstract void Apply(WriteSession session);

    /// <summary>The commit is durable.</summary>
    public abstract void Succeed();

    public abstract void Fail(JournalException exception);
}

/// <summary>One turn.</summary>
internal sealed class TurnRequest(JournalTurn turn, int shard, long bytes) : WriteRequest(bytes)
{
    private readonly TaskCompletionSource<Appended> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Appended _appended;

    public JournalTurn Turn { get; } = turn;

    public byte[] Journal { get; } = Encoding.ASCII.GetBytes(turn.Journal.Value);

    public int Shard { get; } = shard;

    public Task<Appended> Done => _done.Task;

    public override void Apply(WriteSession session) => _appended = session.Append(this);

    public override void Succeed() => _done.SetResult(_appended);

    public override void Fail(JournalException exception) => _done.SetException(exception);
}

/// <summary>A checkpoint that moves outside a turn.</summary>
internal sealed class MoveRequest(CheckpointMove move) : WriteRequest(move.Name.Length)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override void Apply(WriteSession session) => session.Move(move);

    public override void Succeed() => _done.SetResult();

    public override void Fail(JournalException exception) => _done.SetException(exception);
}

/// <summary>A snapshot of a journal.</summary>
internal sealed class SnapshotRequest(JournalId journal, int shard, JournalSnapshot snapshot)
    : WriteRequest(snapshot.Body.Length)
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _known;

    /// <summary>False when the journal has not come to the snapshot's version.</summary>
    public Task<bool> Done => _done.Task;

    public override void Apply(WriteSession session) => _known = session.KeepSnapshot(journal, shard, snapshot);

    public override void Succeed() => _done.SetResult(_known);

    public override void Fail(JournalException exception) => _done.SetException(exception);
}

/// <summary>The next contents of a journal that are to be deleted.</summary>
internal sealed class EraseRequest(JournalId journal) : WriteRequest(journal.Value.Length)
{
    private readonly TaskCompletionSource<int> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _erased;

    /// <summary>How many; 0 when none is left.</summary>
    public Task<int> Done => _done.Task;

    public override void Apply(WriteSession session) => _erased = session.Erase(journal);

    public override void Succeed() => _done.SetResult(_erased);

    public override void Fail(JournalException exception) => _done.SetException(exception);
}
