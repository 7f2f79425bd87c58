using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql.Writing;

/// <summary>Something that waits for a place in a commit. It is decided, and then answered exactly once.</summary>
internal abstract class WriteRequest(long bytes)
{
    /// <summary>What it counts against the queue and against the commit.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Why it alone is not part of the commit, null if it is.</summary>
    public JournalException? Refusal { get; set; }

    /// <summary>Says which rows it must see and lock.</summary>
    public abstract void Need(CommitPlan plan);

    /// <summary>Adds its rows to the commit. It checks everything before it adds anything.</summary>
    /// <exception cref="JournalConflictException">It lost a race; nothing of it is added.</exception>
    /// <exception cref="JournalDamagedException">What it builds on is damaged; nothing of it is added.</exception>
    public abstract void Decide(CommitPlan plan);

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

    public int Shard { get; } = shard;

    public Task<Appended> Done => _done.Task;

    public override void Need(CommitPlan plan)
    {
        plan.NeedHead(Turn.Journal, Shard);
        if (Turn.Checkpoint is { } move)
            plan.NeedCheckpoint(move);
    }

    public override void Decide(CommitPlan plan) => _appended = plan.Append(this);

    public override void Succeed() => _done.TrySetResult(_appended);

    public override void Fail(JournalException exception) => _done.TrySetException(exception);
}

/// <summary>A checkpoint that moves outside a turn.</summary>
internal sealed class MoveRequest(CheckpointMove move) : WriteRequest(move.Name.Length)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override void Need(CommitPlan plan) => plan.NeedCheckpoint(move);

    public override void Decide(CommitPlan plan) => plan.Move(move);

    public override void Succeed() => _done.TrySetResult();

    public override void Fail(JournalException exception) => _done.TrySetException(exception);
}
