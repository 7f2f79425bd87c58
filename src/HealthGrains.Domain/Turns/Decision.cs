using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Turns;

/// <summary>What a rule decided: events to append, and then an answer or a refusal.</summary>
/// <remarks>A refusal can come with events: a refused read leaves its trace. Events take effect only once they are
/// durable, and neither the answer nor the refusal is told before that.</remarks>
public sealed class Decision<TState, TEvent, TAnswer>
    where TState : class
    where TEvent : class
{
    private readonly Func<TState, TAnswer>? _answer;

    private Decision(IReadOnlyList<TEvent> events, Refusal? refusal, Func<TState, TAnswer>? answer)
    {
        Events = events;
        Refusal = refusal;
        _answer = answer;
    }

    /// <summary>In order; empty for an answer that changes nothing.</summary>
    public IReadOnlyList<TEvent> Events { get; }

    /// <summary>Why not, or null.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Bytes to make durable with the events.</summary>
    public DocumentContent? Content { get; private init; }

    public static Decision<TState, TEvent, TAnswer> Refuse(Refusal refusal, params IReadOnlyList<TEvent> events) =>
        new(events, refusal, null);

    /// <summary>Answers from the state as it is.</summary>
    public static Decision<TState, TEvent, TAnswer> Reply(TAnswer answer) => new([], null, _ => answer);

    /// <summary>Appends events and answers from the state that they lead to.</summary>
    public static Decision<TState, TEvent, TAnswer> Emit(
        IReadOnlyList<TEvent> events, Func<TState, TAnswer> answer, DocumentContent? content = null) =>
        new(events, null, answer) { Content = content };

    /// <summary>The answer, from the state after the events. Not for a refusal.</summary>
    public TAnswer AnswerFrom(TState state) =>
        _answer is null ? throw new InvalidOperationException("A refusal has no answer.") : _answer(state);
}

/// <summary>The bytes of one document and their hash; for an uploaded content its size and where it is instead of bytes.</summary>
public sealed record DocumentContent(Sha256 Sha256, ReadOnlyMemory<byte> Bytes)
{
    public long Size { get; init; } = Bytes.Length;

    /// <summary>Where the bytes are kept already; null when they come along.</summary>
    public UploadId? Upload { get; init; }
}
