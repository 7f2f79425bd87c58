using System.Globalization;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Inboxes;

/// <summary>One professional's inbox: taken in once, numbered without gaps, kept until acknowledged.</summary>
public sealed class InboxTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly InboxState _inbox = new();
    private int _events;

    [Fact]
    public void A_page_delivered_again_is_taken_in_once()
    {
        Deliver(1, upTo: 9, 3, 7);
        Assert.Equal(1, _events);

        Deliver(1, upTo: 9, 3, 7);

        Assert.Equal(1, _events);
        Assert.Equal([3L, 7L], Positions());
    }

    [Fact]
    public void Of_a_longer_page_after_a_shorter_one_only_what_is_new_is_taken_in()
    {
        Deliver(1, upTo: 5, 3);
        Deliver(1, upTo: 9, 3, 7);
        Deliver(1, upTo: 7, 7);

        Assert.Equal([3L, 7L], Positions());
        Assert.Equal(9, _inbox.TakenOf(1));
    }

    [Fact]
    public void Shards_are_remembered_apart()
    {
        Deliver(1, upTo: 9, 7);
        Deliver(2, upTo: 8, 7);

        Assert.Equal([7L, 7L], Positions());
        Assert.Equal((9L, 8L, 0L), (_inbox.TakenOf(1), _inbox.TakenOf(2), _inbox.TakenOf(3)));
    }

    [Fact]
    public void A_page_without_news_moves_nothing()
    {
        Deliver(1, upTo: 9, 3);
        Deliver(1, upTo: 20, 3);

        Assert.Equal(1, _events);
    }

    [Fact]
    public void Sequences_are_dense_whatever_the_pages()
    {
        for (var position = 1; position <= 50; position += 5)
            Deliver(1, position + 4, position, position + 2);

        var page = Ask(new ReadInbox(0, 200)).Value;

        Assert.Equal(Enumerable.Range(1, 20).Select(n => (long)n), page.Lines.Select(line => line.Sequence));
        Assert.Equal(20, page.Last);
    }

    [Fact]
    public void A_page_goes_on_where_the_cursor_stands_and_is_as_long_as_asked()
    {
        Deliver(1, 9, 1, 2, 3, 4, 5);

        Assert.Equal([2L, 3L], Ask(new ReadInbox(1, 2)).Value.Lines.Select(line => line.Sequence));
        Assert.Empty(Ask(new ReadInbox(5, 2)).Value.Lines);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_cursor_that_is_no_sequence_of_this_inbox_is_refused(long cursor)
    {
        Deliver(1, 9, 1, 2);

        Assert.Equal(RefusalCode.MetadataInvalid, Ask(new ReadInbox(cursor, 10)).Refusal?.Code);
        Assert.Equal(RefusalCode.MetadataInvalid, Ask(new AcknowledgeInbox(cursor)).Refusal?.Code);
    }

    [Fact]
    public void An_acknowledgement_goes_forward_only()
    {
        Deliver(1, 9, 1, 2, 3);

        Assert.Equal(2, Ask(new AcknowledgeInbox(2)).Value);
        Assert.Equal(2, Ask(new AcknowledgeInbox(1)).Value);
        Assert.Equal(2, Ask(new AcknowledgeInbox(2)).Value);
        Assert.Equal(2, _events);
    }

    [Fact]
    public void Acknowledged_lines_are_dropped_late_and_an_older_cursor_says_so()
    {
        const int total = (2 * InboxState.Kept) + 500;
        DeliverUpTo(total - 500);
        Ask(new AcknowledgeInbox(InboxState.Kept + 100));
        DeliverUpTo(total);

        Assert.Equal(InboxState.Kept + 1, _inbox.FirstKept);
        Assert.Equal(RefusalCode.CursorExpired, Ask(new ReadInbox(_inbox.FirstKept - 2, 10)).Refusal?.Code);
        var kept = Ask(new ReadInbox(_inbox.FirstKept - 1, 1)).Value.Lines[0];
        Assert.Equal((_inbox.FirstKept, _inbox.FirstKept), (kept.Sequence, kept.Delivery.Position));
        Assert.Equal(total, _inbox.Last);
        Assert.True(_inbox.Track(1, 7, default).IsAcknowledged);
    }

    [Fact]
    public void What_nobody_reads_does_not_let_the_state_grow_and_is_known_to_be_unread()
    {
        DeliverUpTo(10 * InboxState.Kept);
        Ask(new AcknowledgeInbox(5));

        Assert.InRange(_inbox.Lines.Count, InboxState.Kept, 2 * InboxState.Kept);
        Assert.Equal(10 * InboxState.Kept, _inbox.Last);
        var page = Ask(new ReadInbox(5, 10)).Value;
        Assert.Empty(page.Lines);
        Assert.Equal((_inbox.FirstKept, 10L * InboxState.Kept), (page.FirstKept, page.Last));
        Assert.Equal(RefusalCode.CursorExpired, Ask(new ReadInbox(4, 10)).Refusal?.Code);
        Assert.Equal((true, false), (_inbox.Track(1, 6, default).IsTaken, _inbox.Track(1, 6, default).IsAcknowledged));
        Ask(new AcknowledgeInbox(_inbox.FirstKept - 1));
        Assert.True(_inbox.Track(1, 6, default).IsAcknowledged);
    }

    [Fact]
    public void What_was_acknowledged_and_dropped_stays_so_while_much_is_unread()
    {
        DeliverUpTo(1_000);
        Ask(new AcknowledgeInbox(1_000));
        DeliverUpTo(5 * InboxState.Kept);

        Assert.True(_inbox.HasUnreadBefore);
        Assert.True(_inbox.Track(1, 1_000, default).IsAcknowledged);
        Assert.False(_inbox.Track(1, 1_001, default).IsAcknowledged);
    }

    [Fact]
    public void A_restored_inbox_answers_like_the_one_that_was_kept()
    {
        Deliver(1, 9, 1, 2, 3);
        Ask(new AcknowledgeInbox(1));

        var restored = InboxState.Restore(_inbox.Taken, _inbox.FirstKept - 1, _inbox.Lines, _inbox.Acknowledged);

        Assert.Equal(_inbox.After(0, 10), restored.After(0, 10));
        Assert.Equal((3L, 1L, 9L), (restored.Last, restored.Acknowledged, restored.TakenOf(1)));
    }

    private IEnumerable<long> Positions() => _inbox.Lines.Select(line => line.Position);

    private void Deliver(int shard, long upTo, params long[] positions)
    {
        Delivery[] items =
        [
            .. positions.Select(position => new Delivery(
                position, Now, ChangeCode.DocumentAdded, Cast.Patient,
                DocumentId.Parse($"00000000-0000-4000-8000-{position.ToString("D12", CultureInfo.InvariantCulture)}"))),
        ];
        Ask(new DeliverToInbox(shard, upTo, items));
    }

    private TurnResult<T> Ask<T>(InboxCommand<T> command)
    {
        var decision = command.Decide(_inbox, new TurnContext(Now, DomainPolicy.Default));
        foreach (var change in decision.Events)
        {
            _inbox.Apply(change, new EventStamp(++_events, 0, _events));
        }

        return decision.Refusal is { } refusal ? new(default, refusal) : new(decision.AnswerFrom(_inbox), null);
    }

    private void DeliverUpTo(int total)
    {
        for (var position = (int)_inbox.Last + 1; position <= total; position += 500)
            Deliver(1, position + 499, [.. Enumerable.Range(position, 500).Select(p => (long)p)]);
    }
}
