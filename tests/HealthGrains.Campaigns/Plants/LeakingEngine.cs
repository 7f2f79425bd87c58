using System.Collections.Concurrent;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: something is kept of every call.</summary>
internal sealed class LeakingEngine(IGrainEngine inner) : IGrainEngine
{
    public const string Name = "leak";

    private const int BytesEach = 16 * 1024;

    private readonly ConcurrentBag<byte[]> _kept = [];

    public EngineStatus Status => inner.Status;

    public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        _kept.Add(new byte[BytesEach]);
        return inner.AskAsync(grain, command, waiting);
    }

    public ValueTask DrainAsync(TimeSpan atMost) => inner.DrainAsync(atMost);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
