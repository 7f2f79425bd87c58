using HealthGrains.Domain.Access;
using HealthGrains.Domain.Policies;

namespace HealthGrains.Domain.Turns;

/// <summary>What a turn gets from outside: the time, UTC, and the parameters of the rules.</summary>
public sealed record TurnContext(DateTimeOffset Now, DomainPolicy Policy)
{
    /// <summary>The habilitation matrix of this turn: the same to its end, also when it is replaced meanwhile.</summary>
    public AccessMatrix Matrix { get; } = Policy.Matrix.Current;
}

/// <summary>Where an event stands once it is durable.</summary>
/// <param name="Version">In its journal, counted from 1.</param>
/// <param name="Shard">The journal's shard, from 0.</param>
/// <param name="Position">In the shard's log, counted from 1.</param>
public readonly record struct EventStamp(long Version, int Shard, long Position);

/// <summary>An answer, or the refusal that stands in its place.</summary>
public readonly record struct TurnResult<TAnswer>(TAnswer? Answer, Refusals.Refusal? Refusal)
{
    /// <summary>The answer of a turn that cannot be refused.</summary>
    public TAnswer Value => Refusal is null
        ? Answer! // ! no refusal means that the decision gave an answer
        : throw new InvalidOperationException($"The turn was refused: {Refusal.Code}.");
}
