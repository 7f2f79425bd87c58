using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>Counts what a process does to the outside, and kills it at one of these steps: that step fails before or after
/// its effect, and nothing that comes later has any.</summary>
internal sealed class Mortality(int diesAt, bool afterTheEffect)
{
    private int _steps;

    public static Mortality Never { get; } = new(int.MaxValue, false);

    public bool IsDead { get; private set; }

    public int Steps => Volatile.Read(ref _steps);

    public async ValueTask<T> StepAsync<T>(Func<ValueTask<T>> effect)
    {
        var dies = Interlocked.Increment(ref _steps) >= diesAt;
        if (dies && (IsDead || !afterTheEffect))
            throw Die();
        var result = await effect();
        return dies ? throw Die() : result;
    }

    private JournalUnavailableException Die()
    {
        IsDead = true;
        return new JournalUnavailableException("The process is dead.", JournalUnavailableReason.Away);
    }
}

/// <summary>A store as a dying process has it; pages are short, so that there are many steps.</summary>
internal sealed class MortalStore(IJournalStore store, Mortality mortality, int pageEntriesMax = 3) : IJournalStore
{
    private int _conflicts;

    public int Shards => store.Shards;

    public Guid StoreId => store.StoreId;

    /// <summary>Checkpoints that another router had moved.</summary>
    public int CheckpointConflicts => Volatile.Read(ref _conflicts);

    public ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown) =>
        mortality.StepAsync(() => store.AppendAsync(turn, shutdown));

    public ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation) =>
        store.ReadAsync(journal, afterVersion, cancellation);

    /// <summary>What each reading of the log waits for.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public async ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation)
    {
        await Held.WaitAsync(cancellation);
        return await store.ReadLogAsync(shard, afterPosition, Math.Min(entriesMax, pageEntriesMax), cancellation);
    }

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        store.ReadPositionsAsync(cancellation);

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation) =>
        store.ReadCheckpointAsync(name, shard, cancellation);

    public async ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown)
    {
        try
        {
            await mortality.StepAsync(async () =>
            {
                await store.MoveCheckpointAsync(move, shutdown);
                return true;
            });
        }
        catch (JournalConflictException)
        {
            Interlocked.Increment(ref _conflicts);
            throw;
        }
    }

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown) =>
        store.WriteSnapshotAsync(journal, snapshot, shutdown);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        store.ReadContentAsync(journal, sha256, cancellation);

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown) =>
        mortality.StepAsync(() => store.DeleteContentsAsync(journal, shutdown));

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        store.VerifyAsync(journal, progress, cancellation);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation) =>
        store.WaitForLogAsync(shard, afterPosition, atMost, cancellation);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}

/// <summary>An engine that refuses or fails some calls before it asks the real one.</summary>
internal sealed class FailingEngine(IGrainEngine engine) : IGrainEngine
{
    private readonly Lock _gate = new();
    private readonly Queue<Func<JournalId, Exception?>> _failures = [];

    public int Failed { get; private set; }

    /// <summary>Whom each call fails for, until it is set to nobody; an answer of null lets it pass.</summary>
    public Func<JournalId, Exception?> Always { get; set; } = static _ => null;

    /// <summary>Whose calls are never answered: their callers wait until they give up.</summary>
    public Func<JournalId, bool> Silent { get; set; } = static _ => false;

    public EngineStatus Status => engine.Status;

    /// <summary>The next call to a grain of this kind fails.</summary>
    public void FailNext(JournalKind kind, Exception failure)
    {
        lock (_gate)
            _failures.Enqueue(grain => grain.Kind == kind ? failure : null);
    }

    public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        lock (_gate)
        {
            if (_failures.TryPeek(out var failure) && failure(grain) is { } thrown)
            {
                _failures.Dequeue();
                Failed++;
                return ValueTask.FromException<TurnResult<TAnswer>>(thrown);
            }
        }

        if (Always(grain) is { } always)
        {
            Failed++;
            return ValueTask.FromException<TurnResult<TAnswer>>(always);
        }

        if (Silent(grain))
            return SilentAsync<TAnswer>(waiting);
        return engine.AskAsync(grain, command, waiting);
    }

    private static async ValueTask<TurnResult<TAnswer>> SilentAsync<TAnswer>(CancellationToken waiting)
    {
        await Task.Delay(Timeout.Infinite, waiting);
        return default;
    }

    public ValueTask DrainAsync(TimeSpan atMost) => engine.DrainAsync(atMost);

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}
