using System.Text;
using HealthGrains.Grains;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Orleans.Calls;

/// <summary>The closed set of failures that crosses silos. Numbers are the format: never changed, never reused.</summary>
/// <remarks>Each comes out on the caller's side as the same exception with the same sentence. The sentences of these types hold
/// no data; that of any other exception may, and stays where it was thrown.</remarks>
internal static class WireFailure
{
    private const int Overloaded = 2;
    private const int Draining = 3;
    private const int Conflict = 4;
    private const int Unavailable = 5;
    private const int OutcomeUnknown = 6;
    private const int Damaged = 7;
    private const int GivenUp = 8;
    private const int Invariant = 9;
    private const int Bug = 10;

    public static AnswerOnWire Encode(Exception failure) => failure switch
    {
        EngineOverloadedException e => Make(Overloaded, e.Message),
        EngineDrainingException => Make(Draining, ""),
        JournalConflictException e => Make(Conflict, e.Message),
        JournalUnavailableException e => Make(Unavailable, e.Message, (long)e.Reason),
        JournalOutcomeUnknownException e => Make(OutcomeUnknown, e.Message),
        JournalDamagedException e => Make(Damaged, e.Damage.What, e.Damage.Shard, e.Damage.Position, e.Damage.Version),
        OperationCanceledException => Make(GivenUp, ""),
        InvariantException e => Make(Invariant, e.Message),
        _ => Make(Bug, failure.GetType().Name),
    };

    public static Exception Decode(in AnswerOnWire answer)
    {
        var sentence = Encoding.UTF8.GetString(answer.Body);
        var figures = answer.Figures ?? [];
        return answer.Kind switch
        {
            Overloaded => new EngineOverloadedException(sentence),
            Draining => new EngineDrainingException(),
            Conflict => new JournalConflictException(sentence),
            Unavailable when figures.Length > 0 => new JournalUnavailableException(sentence, (JournalUnavailableReason)figures[0]),
            OutcomeUnknown => new JournalOutcomeUnknownException(sentence),
            Damaged when figures.Length > 2 =>
                new JournalDamagedException(new JournalDamage(null, (int)figures[0], figures[1], figures[2], sentence)),
            GivenUp => new OperationCanceledException(),
            Invariant => new InvariantException(sentence),
            Bug => new TurnFailedElsewhereException(sentence),
            _ => new JournalOutcomeUnknownException("The grain's silo answered with a failure that this version does not know."),
        };
    }

    private static AnswerOnWire Make(int kind, string sentence, params long[] figures) => new()
    {
        Kind = kind,
        Body = Encoding.UTF8.GetBytes(sentence),
        Figures = figures.Length == 0 ? null : figures,
    };
}

/// <summary>A turn on another silo ended with a bug; that silo's log has it.</summary>
/// <param name="type">The exception's type there; its message stays there.</param>
public sealed class TurnFailedElsewhereException(string type) : Exception($"A turn on another silo ended with {type}.");
