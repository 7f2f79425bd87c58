using HealthGrains.Grains.Journal;

namespace HealthGrains.Orleans.Calls;

/// <summary>What is sent to a grain: whose it is, and the command. Within a silo it travels as it is.</summary>
/// <remarks>Its text names no journal and no value: Orleans writes it into its log when a call takes long.</remarks>
[global::Orleans.Immutable]
internal sealed class CallMessage(long number, JournalId grain, CommandCall call)
{
    // From a place of its own, so that calls of two silos to one grain do not meet.
    private static long _last = Random.Shared.NextInt64();

    public CallMessage(JournalId grain, CommandCall call)
        : this(Interlocked.Increment(ref _last), grain, call)
    {
    }

    /// <summary>By which it can be given up.</summary>
    public long Number => number;

    public JournalId Grain => grain;

    public CommandCall Call => call;

    public override string ToString() => call.Name;
}

/// <summary>What comes back. Within a silo it travels as it is.</summary>
[global::Orleans.Immutable]
internal sealed class AnswerMessage(CallAnswer answer)
{
    public CallAnswer Answer => answer;

    public override string ToString() => nameof(AnswerMessage);
}

/// <summary>A call on its way between silos. Numbers are the format: silos of two versions talk to each other.</summary>
[global::Orleans.GenerateSerializer]
[global::Orleans.Alias("healthgrains.call.v1")]
internal struct CallOnWire
{
    [global::Orleans.Id(0)]
    public string Grain;

    [global::Orleans.Id(1)]
    public string Command;

    [global::Orleans.Id(2)]
    public byte[] Body;

    /// <summary>A document's bytes, apart from the body: they are copied by the socket alone.</summary>
    [global::Orleans.Id(3)]
    public byte[]? Content;

    /// <summary><see cref="CallMessage.Number"/>.</summary>
    [global::Orleans.Id(4)]
    public long Number;
}

/// <summary>An answer on its way between silos.</summary>
[global::Orleans.GenerateSerializer]
[global::Orleans.Alias("healthgrains.answer.v1")]
internal struct AnswerOnWire
{
    /// <summary>0: the body is an answer. 1: it is a refusal. Above: <see cref="WireFailure"/>, and the body its sentence.</summary>
    [global::Orleans.Id(0)]
    public int Kind;

    /// <summary>The command that an answer is for.</summary>
    [global::Orleans.Id(1)]
    public string? Command;

    [global::Orleans.Id(2)]
    public byte[] Body;

    /// <summary>Figures of a failure: the reason, or where damage is.</summary>
    [global::Orleans.Id(3)]
    public long[]? Figures;
}
