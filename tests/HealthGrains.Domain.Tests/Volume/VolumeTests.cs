using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Volume;

/// <summary>Far more than an ordinary record holds: the answers stay pages, complete and in order.</summary>
public sealed class VolumeTests
{
    [Fact]
    public void A_record_of_10_000_documents_and_100_000_events_is_read_by_pages()
    {
        const int documents = 10_000;
        const int events = 100_000;
        var record = TestRecord.Activated();
        record.Permit(Cast.Gp);
        var ids = new List<DocumentId>(documents);
        for (var i = 0; i < documents; i++)
            ids.Add(record.Submit(i.ToString(CultureInfo.InvariantCulture)));
        while (record.Events.Count < events)
            Assert.Null(record.Read(Cast.Gp, ids[record.Events.Count % documents]).Refusal);

        var listed = new HashSet<DocumentId>();
        PagePlace? after = null;
        do
        {
            var page = record.Ask(new ListDocuments(new DocumentFilter(), after, 200, Actor.Patient)).Value;
            Assert.InRange(page.Documents.Count, 1, 200);
            Assert.All(page.Documents, view => Assert.True(listed.Add(view.Entry.Id)));
            after = page.Next;
        }
        while (after is not null);
        Assert.Equal(documents, listed.Count);

        var cursor = 0L;
        while (record.Changes(Actor.Patient, cursor).Value is { Changes: [.., var last] } changes)
        {
            Assert.Equal(cursor + 1, changes.Changes[0].Item.Sequence);
            cursor = last.Item.Sequence;
        }

        Assert.True(cursor >= documents);
    }

    [Fact]
    public void A_record_holds_10_000_directives_refuses_one_more_and_still_revokes_at_once()
    {
        const int directives = 10_000;
        var record = TestRecord.Activated();
        for (var i = 0; i < directives; i++)
            Assert.Null(record.Permit(Professional(i)).Refusal);

        Assert.Equal(RefusalCode.Overloaded, record.Permit(Professional(directives)).Refusal?.Code);
        var document = record.Submit("one");
        Assert.Null(record.Read(Professional(directives - 1), document).Refusal);
        Assert.Null(record.Revoke(Professional(directives - 1)).Refusal);
        Assert.Equal(RefusalCode.ConsentRequired, record.Read(Professional(directives - 1), document).Refusal?.Code);
    }

    [Fact]
    public void An_inbox_that_follows_50_000_patients_is_read_in_order_without_a_gap()
    {
        const int patients = 50_000;
        const int page = 500;
        var now = new DateTimeOffset(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
        var turn = new TurnContext(now, DomainPolicy.Default);
        var inbox = new InboxState();
        var version = 0;
        var journal = new List<Delivery>();
        for (var from = 0; from < patients; from += page)
        {
            var items = Enumerable.Range(from, page).Select(i => new Delivery(
                i + 1, now, ChangeCode.DocumentAdded, Patient(i), DocumentId.Of(new Guid(i + 1, 1, 1, [1, 2, 3, 4, 5, 6, 7, 8]))));
            foreach (var change in new DeliverToInbox(0, from + page, [.. items]).Decide(inbox, turn).Events)
            {
                inbox.Apply(change, new EventStamp(++version, 0, version));
                journal.AddRange(((InboxDelivered)change).Items);
            }
        }

        var cursor = 0L;
        var told = new HashSet<PatientId>();
        while (cursor < inbox.Last)
        {
            // What nobody reads for long is in the journal alone, and what follows it at hand.
            var answer = new ReadInbox(cursor, 200).Decide(inbox, turn).AnswerFrom(inbox);
            var lines = answer.FirstKept > cursor + 1
                ? [.. journal.Take((int)answer.FirstKept - 1).Skip((int)cursor).Take(200)
                    .Select((delivery, i) => new InboxLine(cursor + 1 + i, delivery))]
                : answer.Lines;
            Assert.Equal(Enumerable.Range(0, lines.Count).Select(i => cursor + 1 + i), lines.Select(line => line.Sequence));
            Assert.All(lines, line => Assert.True(told.Add(line.Delivery.Patient)));
            cursor = lines[^1].Sequence;
        }

        Assert.Equal(patients, told.Count);
    }

    private static Actor Professional(int n) => Actor.Professional(Cast.Rpps(n), Cast.Physician, Cast.OfficeA);

    private static PatientId Patient(int n)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"1{n % 100:D2}{(n / 100 % 12) + 1:D2}75{(n / 1200 % 990) + 1:D3}{(n % 997) + 1:D3}");
        return PatientId.Parse(
            string.Create(CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10^{number}{InsNumber.Key(number):D2}"));
    }
}
