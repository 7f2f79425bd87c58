using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: where a reader is far behind, the middle of what waits is left out.</summary>
internal sealed class SkippingStream(IGrainEngine inner) : IGrainEngine
{
    public const string Name = "skipping-stream";

    private const int FarBehind = 100;

    public EngineStatus Status => inner.Status;

    public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        var result = await inner.AskAsync(grain, command, waiting);
        return (object)command is ChangesSince { After: > 0 } && result is TurnResult<ChangePage> { Value: { Changes: { Count: > FarBehind } changes } page }
            ? (TurnResult<TAnswer>)(object)new TurnResult<ChangePage>(page with { Changes = [changes[0], .. changes.Skip(FarBehind)] }, null)
            : result;
    }

    public ValueTask DrainAsync(TimeSpan atMost) => inner.DrainAsync(atMost);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
