using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Senders;

/// <summary>One producer's ledger: counted once, and one unique id under two patients is never silent.</summary>
public sealed class LedgerTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private static readonly PatientId Other = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly PatientId Third = PatientId.Parse("1.2.250.1.213.1.4.10^180127512345642");

    private readonly LedgerState _ledger = new();
    private readonly Dictionary<UniqueId, KnownDocument> _firsts = [];
    private int _events;

    [Fact]
    public void A_page_delivered_again_is_counted_once_and_its_alarm_is_told_again_but_not_raised_again()
    {
        var page = Page(1, 9, Line(3, "a", Cast.Patient), Line(5, "a", Other));
        var told = Assert.Single(Ask(page).Value);

        // Who was not told what came of the first turn is told now.
        Assert.Equal(told, Assert.Single(Ask(page).Value));

        Assert.Equal(2, _ledger.Submitted);
        Assert.Single(_ledger.Alarms);
    }

    [Fact]
    public void One_unique_id_under_two_patients_raises_an_alarm_that_names_both()
    {
        Ask(Page(1, 9, Line(3, "a", Cast.Patient)));

        var alarm = Assert.Single(Ask(Page(2, 4, Line(3, "a", Other))).Value);

        Assert.Equal((Cast.Patient, Id(3)), (alarm.FirstPatient, alarm.FirstDocument));
        Assert.Equal((Other, Id(3)), (alarm.SecondPatient, alarm.SecondDocument));
        Assert.Equal(TestRecord.Unique("a"), alarm.UniqueId);
        Assert.Equal([alarm], Ask(new GetLedger()).Value.Alarms);
    }

    [Fact]
    public void Each_further_patient_raises_an_alarm_of_its_own()
    {
        Ask(Page(1, 9, Line(3, "a", Cast.Patient), Line(5, "a", Other), Line(6, "a", Third)));

        Assert.Equal([Other, Third], _ledger.Alarms.Select(alarm => alarm.SecondPatient));
        Assert.All(_ledger.Alarms, alarm => Assert.Equal(Cast.Patient, alarm.FirstPatient));
    }

    [Fact]
    public void A_withdrawal_and_another_document_of_the_same_patient_are_no_alarm()
    {
        Ask(Page(1, 9, Line(3, "a", Cast.Patient), Line(4, "b", Cast.Patient), Line(5, "a", Cast.Patient, LedgerLineKind.Withdrawn)));
        Ask(Page(2, 9, Line(5, "a", Other, LedgerLineKind.Withdrawn)));

        Assert.Empty(_ledger.Alarms);
        Assert.Equal(2, Ask(new GetLedger()).Value.Submitted);
    }

    [Fact]
    public void Of_a_longer_page_after_a_shorter_one_only_what_is_new_is_counted()
    {
        Ask(Page(1, 5, Line(3, "a", Cast.Patient)));
        Ask(Page(1, 9, Line(3, "a", Cast.Patient), Line(7, "b", Cast.Patient)));
        Ask(Page(1, 7, Line(7, "b", Cast.Patient)));

        Assert.Equal(2, _ledger.Submitted);
    }

    // The table that is asked before the turn: the first document of each id.
    private RecordSubmissions Page(int shard, long upTo, params LedgerLine[] lines) => new(
        shard,
        upTo,
        lines,
        [
            .. lines.Select(line => line.Kind != LedgerLineKind.Submitted ? (KnownDocument?)null
                : _firsts.TryGetValue(line.UniqueId, out var first) ? first
                : _firsts[line.UniqueId] = new KnownDocument(line.Patient, line.Document)),
        ]);

    private static LedgerLine Line(
        long position, string unique, PatientId patient, LedgerLineKind kind = LedgerLineKind.Submitted) =>
        new(position, Now, kind, TestRecord.Unique(unique), patient, Id(position), 0);

    private static DocumentId Id(long position) => DocumentId.Of(new Guid((int)position, 1, 1, [1, 1, 1, 1, 1, 1, 1, 1]));

    private TurnResult<T> Ask<T>(LedgerCommand<T> command)
    {
        var decision = command.Decide(_ledger, new TurnContext(Now, DomainPolicy.Default));
        foreach (var change in decision.Events)
            _ledger.Apply(change, new EventStamp(++_events, 0, _events));
        return decision.Refusal is { } refusal ? new(default, refusal) : new(decision.AnswerFrom(_ledger), null);
    }
}
