using System.Collections.Concurrent;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: of the first few patients whose records are read, old answers are given again. For every second one
/// those are reads of a professional whose right has gone, for the others lists that lack what was accepted since.</summary>
internal sealed class StaleReads(IGrainEngine inner, int patients) : IGrainEngine
{
    public const string Name = "stale-reads";

    private readonly ConcurrentDictionary<JournalId, int> _sick = new();
    private readonly ConcurrentDictionary<(JournalId, object), object> _kept = new();
    private int _next;

    public EngineStatus Status => inner.Status;

    public async ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        var question = (object)command switch
        {
            ReadDocument { By.Kind: ActorKind.Professional } read => read,
            ListDocuments { By.Kind: ActorKind.Patient } => Name,
            _ => (object?)null,
        };
        if (question is null || NumberOf(grain) is not { } number)
            return await inner.AskAsync(grain, command, waiting);

        var isOfConsent = number % 2 == 0;
        if (isOfConsent != question is ReadDocument)
            return await inner.AskAsync(grain, command, waiting);
        if (!isOfConsent && _kept.TryGetValue((grain, question), out var old))
            return (TurnResult<TAnswer>)old;
        var result = await inner.AskAsync(grain, command, waiting);
        if (result.Refusal is null)
            _kept[(grain, question)] = result;
        return result.Refusal is not null && _kept.TryGetValue((grain, question), out var before)
            ? (TurnResult<TAnswer>)before
            : result;
    }

    public ValueTask DrainAsync(TimeSpan atMost) => inner.DrainAsync(atMost);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private int? NumberOf(JournalId grain)
    {
        if (_sick.TryGetValue(grain, out var number))
            return number;
        if (Volatile.Read(ref _next) >= patients)
            return null;
        lock (_sick)
        {
            if (_sick.TryGetValue(grain, out number))
                return number;
            if (_next >= patients)
                return null;
            _sick[grain] = _next;
            return _next++;
        }
    }
}
