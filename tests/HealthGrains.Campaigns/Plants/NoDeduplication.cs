using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: what is sent a second time becomes a second document.</summary>
internal sealed class NoDeduplication(IGrainEngine inner) : IGrainEngine
{
    public const string Name = "no-deduplication";

    private int _again;

    public EngineStatus Status => inner.Status;

    public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        var result = await inner.AskAsync(grain, command, waiting);
        if ((object)command is not SubmitDocument document || result.Value is not SubmissionReceipt { AlreadyKnown: true })
            return result;
        var another = document with
        {
            Metadata = document.Metadata with
            {
                UniqueId = UniqueId.Parse($"{document.Metadata.UniqueId}.{Interlocked.Increment(ref _again)}"),
            },
        };
        return (TurnResult<TAnswer>)(object)await inner.AskAsync(grain, another, waiting);
    }

    public ValueTask DrainAsync(TimeSpan atMost) => inner.DrainAsync(atMost);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
