using System.Globalization;
using System.Text;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Testing.Suites;

/// <summary>The suite's own aggregate: a list of what was counted, by whom. It also notices turns that overlap.</summary>
public sealed class Tally
{
    private int _deciding;

    /// <summary>In the order of the journal.</summary>
    public List<Counted> Entries { get; } = [];

    public long Sum { get; set; }

    /// <summary>Callers who were turned away, with a trace.</summary>
    public int TurnedAway { get; set; }

    /// <summary>Of the newest event that this state has seen.</summary>
    public EventStamp Stamp { get; set; }

    /// <summary>Everything that it knows, as text: equal texts are equal states.</summary>
    public string Text =>
        $"{Sum} {TurnedAway} {Stamp} {string.Join(';', Entries.Select(e => $"{e.Caller}:{e.Number}:{e.Amount}"))}";

    /// <summary>Runs a rule and sees whether another one is running on the same state.</summary>
    public T Alone<T>(Func<T> rule)
    {
        if (Interlocked.Increment(ref _deciding) != 1)
            throw new InvalidOperationException("Two turns decide on one state.");
        try
        {
            Thread.SpinWait(50);
            return rule();
        }
        finally
        {
            Interlocked.Decrement(ref _deciding);
        }
    }
}

/// <summary>What happened to a tally.</summary>
public abstract record TallyEvent;

public sealed record Counted(string Caller, int Number, int Amount) : TallyEvent;

public sealed record CallerTurnedAway(string Caller) : TallyEvent;

/// <summary>What a caller is told.</summary>
/// <param name="Version">Of the event that the call caused, or of the newest.</param>
/// <param name="Sum">After it.</param>
/// <param name="Text">Of the whole state; empty when nobody asked for it.</param>
public sealed record TallyAnswer(long Version, long Sum, string Text);

/// <summary>Adds to the tally.</summary>
public sealed record Count(string Caller, int Number, int Amount, TurnPriority Urgency = TurnPriority.Submit)
    : Command<Tally, TallyEvent, TallyAnswer>
{
    public override TurnPriority Priority => Urgency;

    public override Decision<Tally, TallyEvent, TallyAnswer> Decide(Tally state, TurnContext turn) => state.Alone(() =>
        Decision<Tally, TallyEvent, TallyAnswer>.Emit(
            [new Counted(Caller, Number, Amount)], after => new TallyAnswer(after.Stamp.Version, after.Sum, "")));
}

/// <summary>Is refused, and leaves a trace.</summary>
public sealed record KnockInVain(string Caller) : Command<Tally, TallyEvent, TallyAnswer>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<Tally, TallyEvent, TallyAnswer> Decide(Tally state, TurnContext turn) => state.Alone(() =>
        Decision<Tally, TallyEvent, TallyAnswer>.Refuse(
            new Refusal(RefusalCode.AccessDenied, "Not you."), new CallerTurnedAway(Caller)));
}

/// <summary>Reads everything and changes nothing.</summary>
public sealed record Look(TurnPriority Urgency = TurnPriority.PatientRead) : Command<Tally, TallyEvent, TallyAnswer>
{
    public override TurnPriority Priority => Urgency;

    public override Decision<Tally, TallyEvent, TallyAnswer> Decide(Tally state, TurnContext turn) => state.Alone(() =>
        Decision<Tally, TallyEvent, TallyAnswer>.Reply(new TallyAnswer(state.Stamp.Version, state.Sum, state.Text)));
}

/// <summary>Has a bug: in its rule, or in its answer, when the events are durable.</summary>
public sealed record Stumble(string Secret, bool InAnswer) : Command<Tally, TallyEvent, TallyAnswer>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<Tally, TallyEvent, TallyAnswer> Decide(Tally state, TurnContext turn) => InAnswer
        ? Decision<Tally, TallyEvent, TallyAnswer>.Emit(
            [new Counted("stumble", 1, 1)], _ => throw new InvalidOperationException(Secret))
        : throw new InvalidOperationException(Secret);
}

/// <summary>A command of an aggregate that the suite's grains are not.</summary>
public sealed record AskStranger : Command<Stranger, TallyEvent, TallyAnswer>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<Stranger, TallyEvent, TallyAnswer> Decide(Stranger state, TurnContext turn) =>
        Decision<Stranger, TallyEvent, TallyAnswer>.Reply(new TallyAnswer(0, 0, ""));
}

public sealed class Stranger;

/// <summary>Events and snapshots of the tally as text.</summary>
public sealed class TallyModel : IGrainModel<Tally, TallyEvent>
{
    private const string SnapshotFormat = "tally-1";

    /// <summary>A format that nobody reads.</summary>
    public static ReadOnlyMemory<byte> ForeignSnapshot { get; } = "tally-9\nof the future"u8.ToArray();

    public Tally Create() => new();

    public void Apply(Tally state, TallyEvent change, EventStamp stamp)
    {
        switch (change)
        {
            case Counted counted:
                state.Entries.Add(counted);
                state.Sum += counted.Amount;
                break;
            case CallerTurnedAway:
                state.TurnedAway++;
                break;
        }

        state.Stamp = stamp;
    }

    public ReadOnlyMemory<byte> Encode(TallyEvent change) => Encoding.UTF8.GetBytes(change switch
    {
        Counted counted => $"counted\t{counted.Caller}\t{counted.Number}\t{counted.Amount}",
        CallerTurnedAway turned => $"turned-away\t{turned.Caller}",
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    });

    public TallyEvent Decode(ReadOnlyMemory<byte> body) => Encoding.UTF8.GetString(body.Span).Split('\t') switch
    {
        ["counted", var caller, var number, var amount] => new Counted(caller, Integer(number), Integer(amount)),
        ["turned-away", var caller] => new CallerTurnedAway(caller),
        _ => throw new FormatException("No event of a tally."),
    };

    public ReadOnlyMemory<byte> EncodeSnapshot(Tally state)
    {
        List<string> lines =
        [
            SnapshotFormat,
            $"{state.Stamp.Version}\t{state.Stamp.Shard}\t{state.Stamp.Position}\t{state.TurnedAway}",
            .. state.Entries.Select(entry => $"{entry.Caller}\t{entry.Number}\t{entry.Amount}"),
        ];
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    public Tally? DecodeSnapshot(ReadOnlyMemory<byte> body)
    {
        if (Encoding.UTF8.GetString(body.Span).Split('\n') is not [SnapshotFormat, var head, .. var entries])
            return null;
        var figures = head.Split('\t');
        var state = new Tally { TurnedAway = Integer(figures[3]) };
        foreach (var entry in entries.Select(line => line.Split('\t')))
        {
            state.Entries.Add(new Counted(entry[0], Integer(entry[1]), Integer(entry[2])));
            state.Sum += Integer(entry[2]);
        }

        state.Stamp = new EventStamp(
            long.Parse(figures[0], CultureInfo.InvariantCulture), Integer(figures[1]),
            long.Parse(figures[2], CultureInfo.InvariantCulture));
        return state;
    }

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
