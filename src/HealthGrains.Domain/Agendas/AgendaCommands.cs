using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Agendas;

/// <summary>Something asked of one shard's agenda.</summary>
public abstract record AgendaCommand<TAnswer> : Command<AgendaState, AgendaEvent, TAnswer>;

/// <summary>Takes a page of the shard's log in. Delivered again, it changes nothing.</summary>
/// <param name="UpTo">The last position of the page.</param>
/// <param name="Items">In order of position; at least one.</param>
public sealed record TakeIntoAgenda(long UpTo, IReadOnlyList<AgendaItem> Items) : AgendaCommand<int>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<AgendaState, AgendaEvent, int> Decide(AgendaState state, TurnContext turn)
    {
        IReadOnlyList<AgendaItem> items = [.. Items.Where(item => item.Position > state.Taken)];
        return UpTo <= state.Taken || items.Count == 0
            ? Decision<AgendaState, AgendaEvent, int>.Reply(state.Count)
            : Decision<AgendaState, AgendaEvent, int>.Emit([new AgendaTaken(turn.Now, UpTo, items)], after => after.Count);
    }
}

/// <summary>What is due now, earliest first.</summary>
/// <param name="After">The last item of the page before, or null.</param>
public sealed record WhatIsDue(AgendaItem? After, int Max) : AgendaCommand<AgendaPage>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<AgendaState, AgendaEvent, AgendaPage> Decide(AgendaState state, TurnContext turn) =>
        Decision<AgendaState, AgendaEvent, AgendaPage>.Reply(
            new AgendaPage(state.DueAt(turn.Now, After, Max), state.Next, state.Count));
}

/// <summary>These items are settled.</summary>
public sealed record SettleAgenda(IReadOnlyList<long> Positions) : AgendaCommand<int>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<AgendaState, AgendaEvent, int> Decide(AgendaState state, TurnContext turn)
    {
        // Another process may have settled some of them.
        IReadOnlyList<long> open = [.. Positions.Where(state.Holds)];
        return open.Count == 0
            ? Decision<AgendaState, AgendaEvent, int>.Reply(state.Count)
            : Decision<AgendaState, AgendaEvent, int>.Emit([new AgendaDone(turn.Now, open)], after => after.Count);
    }
}

/// <summary>A page of what is due.</summary>
/// <param name="Next">When the earliest item of all is due; null for none.</param>
/// <param name="Count">Items of all, due or not.</param>
public sealed record AgendaPage(IReadOnlyList<AgendaItem> Items, DateTimeOffset? Next, int Count);
