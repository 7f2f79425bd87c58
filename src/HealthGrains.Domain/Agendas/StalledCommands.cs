using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Agendas;

/// <summary>Sets a recipient aside. Asked again by the same router, it is told the same number.</summary>
public sealed record SetDeliveryAside(Guid Owner, HeldDelivery Held, int Attempts) : AgendaCommand<SetAside>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, SetAside> Decide(AgendaState state, TurnContext turn)
    {
        var deadline = turn.Policy.DeliveryDeadline;
        if (state.Stalled.Of(Owner, Held.Recipient) is { } open)
            return Decision<AgendaState, AgendaEvent, SetAside>.Reply(new SetAside(AsideTicket.Of(open, deadline)));
        return state.Stalled.Held >= StalledBook.HeldMax
            ? Decision<AgendaState, AgendaEvent, SetAside>.Reply(new SetAside(null))
            : Decision<AgendaState, AgendaEvent, SetAside>.Emit(
                [new DeliverySetAside(turn.Now, Owner, Held, Attempts)],
                after => new SetAside(
                    after.Stalled.Of(Owner, Held.Recipient) is { } line ? AsideTicket.Of(line, deadline) : null));
    }
}

/// <summary>Says how it stands with a recipient that is set aside; past its deadline this makes it an alarm.</summary>
public sealed record NoteDelivery(Guid Owner, long Number, HeldDelivery Held, int Attempts) : AgendaCommand<AsideNote>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, AsideNote> Decide(AgendaState state, TurnContext turn)
    {
        if (state.Stalled.Find(Number) is not { Held: not null } line || line.Owner != Owner)
            return Decision<AgendaState, AgendaEvent, AsideNote>.Reply(new AsideNote(false, false));
        var isOverdue = turn.Now >= Held.AcceptedAt + turn.Policy.DeliveryDeadline;
        return Decision<AgendaState, AgendaEvent, AsideNote>.Emit(
            [new DeliveryNoted(turn.Now, Number, Held, Attempts, isOverdue)],
            _ => new AsideNote(true, isOverdue && line.OverdueSince is null));
    }
}

/// <summary>Takes everything that is set aside in hand.</summary>
public sealed record ClaimStalled(Guid Owner) : AgendaCommand<IReadOnlyList<AsideTicket>>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, IReadOnlyList<AsideTicket>> Decide(AgendaState state, TurnContext turn)
    {
        IReadOnlyList<long> others = [.. state.Stalled.Lines
            .Where(line => line.Held is not null && line.Owner != Owner).Select(line => line.Number)];
        var deadline = turn.Policy.DeliveryDeadline;
        return others.Count == 0
            ? Decision<AgendaState, AgendaEvent, IReadOnlyList<AsideTicket>>.Reply(Tickets(state))
            : Decision<AgendaState, AgendaEvent, IReadOnlyList<AsideTicket>>.Emit(
                [new StalledClaimed(turn.Now, Owner, others)], Tickets);

        IReadOnlyList<AsideTicket> Tickets(AgendaState after) =>
            [.. after.Stalled.Lines.Select(line => AsideTicket.Of(line, deadline)).OfType<AsideTicket>()];
    }
}

/// <summary>A recipient has taken everything in and is with the others again.</summary>
/// <returns>False: another router has it in hand.</returns>
public sealed record ResumeDelivery(Guid Owner, long Number) : AgendaCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, bool> Decide(AgendaState state, TurnContext turn)
    {
        if (state.Stalled.Find(Number) is not { } line)
            return Decision<AgendaState, AgendaEvent, bool>.Reply(true);
        return line.Owner != Owner
            ? Decision<AgendaState, AgendaEvent, bool>.Reply(false)
            : Decision<AgendaState, AgendaEvent, bool>.Emit([new StalledSettled(turn.Now, [Number])], _ => true);
    }
}

/// <summary>Lists misroutings. Those that are listed already are not listed again.</summary>
/// <returns>How many are new.</returns>
public sealed record NoteMisroutings(IReadOnlyList<Misrouting> Misroutings) : AgendaCommand<int>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, int> Decide(AgendaState state, TurnContext turn)
    {
        var known = state.Stalled.Lines.Where(line => line.Misrouting is not null)
            .Select(line => line.Misrouting!.Position).ToHashSet(); // ! filtered in the line above
        IReadOnlyList<AgendaEvent> events = [.. Misroutings.Where(one => !known.Contains(one.Position))
            .Select(one => new MisroutingNoted(turn.Now, one))];
        return events.Count == 0
            ? Decision<AgendaState, AgendaEvent, int>.Reply(0)
            : Decision<AgendaState, AgendaEvent, int>.Emit(events, _ => events.Count);
    }
}

/// <summary>The cause of a misrouting is gone: one of its documents was withdrawn.</summary>
public sealed record SettleMisrouting(long Number) : AgendaCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<AgendaState, AgendaEvent, bool> Decide(AgendaState state, TurnContext turn) =>
        state.Stalled.Find(Number) is { Misrouting: not null }
            ? Decision<AgendaState, AgendaEvent, bool>.Emit([new StalledSettled(turn.Now, [Number])], _ => true)
            : Decision<AgendaState, AgendaEvent, bool>.Reply(false);
}

/// <summary>What is open in this shard, oldest first.</summary>
/// <param name="Kind">Null for all.</param>
/// <param name="AfterTime">Lines that were opened after this time …</param>
/// <param name="AfterNumber">… or at it with a greater number.</param>
public sealed record ListStalled(StallKind? Kind, DateTimeOffset AfterTime, long AfterNumber, int Max) : AgendaCommand<StalledPage>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<AgendaState, AgendaEvent, StalledPage> Decide(AgendaState state, TurnContext turn)
    {
        var lines = state.Stalled.Lines.Where(line => Kind is null || line.Kind == Kind).ToList();
        return Decision<AgendaState, AgendaEvent, StalledPage>.Reply(new StalledPage(
            [.. lines.Where(line => (line.Since, line.Number).CompareTo((AfterTime, AfterNumber)) > 0)
                .OrderBy(line => (line.Since, line.Number)).Take(Max)],
            lines.Count));
    }
}

/// <summary>One line.</summary>
public sealed record FindStalled(long Number) : AgendaCommand<FoundStalled>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<AgendaState, AgendaEvent, FoundStalled> Decide(AgendaState state, TurnContext turn) =>
        Decision<AgendaState, AgendaEvent, FoundStalled>.Reply(new FoundStalled(state.Stalled.Find(Number)));
}

/// <summary>A recipient that a router has in hand.</summary>
/// <param name="OverdueAt">When it becomes an alarm.</param>
/// <param name="IsOverdue">It is one already.</param>
public sealed record AsideTicket(long Number, HeldDelivery Held, int Attempts, DateTimeOffset OverdueAt, bool IsOverdue)
{
    internal static AsideTicket? Of(StalledDelivery line, TimeSpan deadline) => line.Held is { } held
        ? new AsideTicket(line.Number, held, line.Attempts, held.AcceptedAt + deadline, line.OverdueSince is not null)
        : null;
}

/// <summary>What became of a note.</summary>
/// <param name="IsOurs">False: another router has the line in hand, or it is settled.</param>
/// <param name="IsNewAlarm">This note made it an alarm.</param>
public readonly record struct AsideNote(bool IsOurs, bool IsNewAlarm);

/// <summary>A page of a shard's alarms.</summary>
/// <param name="Total">Of this kind in this shard.</param>
public sealed record StalledPage(IReadOnlyList<StalledDelivery> Lines, int Total);

/// <param name="Ticket">Null: as many are set aside as may be.</param>
public sealed record SetAside(AsideTicket? Ticket);

/// <param name="Line">Null: there is none of this number, or not any more.</param>
public sealed record FoundStalled(StalledDelivery? Line);
