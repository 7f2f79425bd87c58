using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Engine;

/// <summary>What an engine hosts, whatever its aggregate.</summary>
public interface IGrain
{
    JournalId Journal { get; }
}

/// <summary>A grain that answers the commands of one aggregate.</summary>
public interface IGrain<TState, TEvent> : IGrain
    where TState : class
    where TEvent : class
{
    /// <summary>One turn. The engine calls the next one only after this one has ended.</summary>
    /// <param name="command">Of this aggregate.</param>
    /// <param name="shutdown">The engine's token; a caller's does not come this far.</param>
    ValueTask<TurnResult<TAnswer>> TurnAsync<TAnswer>(
        Command<TState, TEvent, TAnswer> command, CancellationToken shutdown);
}

/// <summary>Makes the grain that owns a journal. Called inside the grain's first turn; it does no I/O.</summary>
public interface IGrainFactory
{
    /// <exception cref="InvariantException">Nothing of this kind is hosted here: a bug of the composition.</exception>
    IGrain Create(JournalId journal);
}
