using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Inboxes;

/// <summary>Something asked of one inbox.</summary>
public abstract record InboxCommand<TAnswer> : Command<InboxState, InboxEvent, TAnswer>;

/// <summary>Takes a page of one shard's log in. Delivered again, it changes nothing.</summary>
/// <param name="UpTo">The last position of the page.</param>
/// <param name="Items">What the page has for this inbox, in order of position.</param>
public sealed record DeliverToInbox(int Shard, long UpTo, IReadOnlyList<Delivery> Items) : InboxCommand<long>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<InboxState, InboxEvent, long> Decide(InboxState state, TurnContext turn)
    {
        var taken = state.TakenOf(Shard);
        if (UpTo <= taken)
            return Decision<InboxState, InboxEvent, long>.Reply(state.Last);

        // Another router may have delivered a shorter or a longer page before: only what is new is taken in.
        var items = Items[0].Position > taken ? Items : [.. Items.Where(item => item.Position > taken)];
        return items.Count == 0
            ? Decision<InboxState, InboxEvent, long>.Reply(state.Last)
            : Decision<InboxState, InboxEvent, long>.Emit(
                [new InboxDelivered(turn.Now, Shard, UpTo, items)], after => after.Last);
    }
}

/// <summary>A page of an inbox after a cursor.</summary>
public sealed record ReadInbox(long After, int Max) : InboxCommand<InboxPage>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<InboxState, InboxEvent, InboxPage> Decide(InboxState state, TurnContext turn)
    {
        if (After < 0 || After > state.Last)
        {
            return Decision<InboxState, InboxEvent, InboxPage>.Refuse(new Refusal(
                RefusalCode.MetadataInvalid, "The cursor is beyond the last item of this inbox.", "after_sequence"));
        }

        if (After + 1 < state.FirstKept && After >= state.Acknowledged)
        {
            // Not taken in yet, and too much to be kept at hand: whoever asks reads it from the journal.
            return Decision<InboxState, InboxEvent, InboxPage>.Reply(
                new InboxPage([], state.Last, state.Acknowledged, state.FirstKept));
        }

        if (After + 1 < state.FirstKept)
        {
            return Decision<InboxState, InboxEvent, InboxPage>.Refuse(new Refusal(
                RefusalCode.CursorExpired,
                "The cursor is older than the items that are kept: read the records, then go on from the last acknowledged item.",
                "after_sequence"));
        }

        return Decision<InboxState, InboxEvent, InboxPage>.Reply(
            new InboxPage(state.After(After, Max), state.Last, state.Acknowledged, state.FirstKept));
    }
}

/// <summary>Everything up to a sequence was taken in.</summary>
public sealed record AcknowledgeInbox(long UpTo) : InboxCommand<long>
{
    public override TurnPriority Priority => TurnPriority.ProfessionalRead;

    public override Decision<InboxState, InboxEvent, long> Decide(InboxState state, TurnContext turn)
    {
        if (UpTo < 0 || UpTo > state.Last)
        {
            return Decision<InboxState, InboxEvent, long>.Refuse(new Refusal(
                RefusalCode.MetadataInvalid, "There is no such item to acknowledge.", "up_to_sequence"));
        }

        return UpTo <= state.Acknowledged
            ? Decision<InboxState, InboxEvent, long>.Reply(state.Acknowledged)
            : Decision<InboxState, InboxEvent, long>.Emit(
                [new InboxAcknowledged(turn.Now, UpTo)], after => after.Acknowledged);
    }
}

/// <summary>How far one delivery has come in this inbox, for who sent the document.</summary>
public sealed record TrackInInbox(int Shard, long Position, DocumentId Document) : InboxCommand<InboxTrack>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<InboxState, InboxEvent, InboxTrack> Decide(InboxState state, TurnContext turn) =>
        Decision<InboxState, InboxEvent, InboxTrack>.Reply(state.Track(Shard, Position, Document));
}

/// <summary>A page of an inbox.</summary>
/// <param name="Last">The inbox's last sequence.</param>
/// <param name="FirstKept">Where this is after the line that follows the cursor, the page is empty: the lines up to here are read from
/// the journal.</param>
public sealed record InboxPage(IReadOnlyList<InboxLine> Lines, long Last, long Acknowledged, long FirstKept);
