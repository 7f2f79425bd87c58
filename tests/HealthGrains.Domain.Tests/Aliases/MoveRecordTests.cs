using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Aliases;

/// <summary>A1 and A2 of <see cref="MoveRecord"/>, and what a record that has moved still answers.</summary>
public sealed class MoveRecordTests
{
    private static readonly PatientId Home = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly PatientId Third = PatientId.Parse("1.2.250.1.213.1.4.10^180127512345642");
    private static readonly MoveRecord Move = new(Home, Cast.Insurance);

    [Fact]
    public void A_blank_record_moves_once_and_says_so_again()
    {
        var record = new TestRecord();
        Assert.Equal(new RecordPlace(null, true, false), record.AskQuietly(new LocateRecord()).Value);
        Assert.Equal(MoveOutcome.Moved, record.Ask(Move).Value);
        Assert.Equal(new RecordMoved(record.Now, Cast.Insurance, Home), Assert.Single(record.Events));
        Assert.Equal(new RecordPlace(Home, true, false), record.AskQuietly(new LocateRecord()).Value);
        Assert.Equal(MoveOutcome.AlreadyThere, record.AskQuietly(Move).Value);
        Assert.Equal(MoveOutcome.Elsewhere, record.AskQuietly(Move with { To = Third }).Value);
    }

    [Fact]
    public void A_record_that_moved_says_where_to_ask_and_decides_nothing_itself()
    {
        var record = new TestRecord();
        record.Ask(Move);
        foreach (var refusal in new[]
        {
            record.AskInVain(new OpenRecord()),
            record.AskInVain(new CloseRecord("", false)),
            record.AskInVain(record.Submission("one")),
            record.AskInVain(new GetRecord(Cast.Gp)),
            record.AskInVain(new BlockProfessional(Cast.IdOf(Cast.Gp))),
            record.AskInVain(new SetAttendingPhysician(Cast.IdOf(Cast.Gp), Cast.Insurance)),
        })
        {
            Assert.Equal((RefusalCode.TemporarilyUnavailable, Home), (refusal.Code, refusal.MovedTo));
            Assert.True(refusal.Retryable);
            Assert.DoesNotContain(Home.Number, refusal.ToString(), StringComparison.Ordinal);
        }

        Assert.Single(record.Events);

        // What concerns the journal of this very number stays with it.
        Assert.Equal(0, record.AskQuietly(new PerformDuties()).Value.Events);
        Assert.Equal(UploadFate.Discarded, record.Ask(new DiscardUpload(UploadId.Of(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])))).Value);
        Assert.Equal(Home, record.State.MovedTo);
    }

    [Fact]
    public void A_record_that_holds_anything_does_not_move_and_never_will()
    {
        var opposed = new TestRecord();
        opposed.Ask(new CloseRecord("Je ne veux pas.", false));
        var physician = new TestRecord();
        physician.Ask(new SetAttendingPhysician(Cast.IdOf(Cast.Gp), Cast.Insurance));
        var closed = TestRecord.Activated();
        closed.Ask(new CloseRecord("", false));
        var destroyed = TestRecord.Activated();
        destroyed.Ask(new CloseRecord("", DeletionRequested: true));
        destroyed.Ask(new PerformDuties());
        Assert.Equal(RecordState.Destroyed, destroyed.State.Record.State);
        Assert.True(destroyed.Ask(new LocateRecord()).Value.IsDestroyed);
        foreach (var record in new[] { TestRecord.Open(), TestRecord.Activated(), opposed, closed, destroyed, physician })
        {
            // A physician of a record that is not there may be refused; then nothing was kept, and it may move.
            if (record.Events.Count == 0)
                continue;
            Assert.False(record.AskQuietly(new LocateRecord()).Value.IsBlank);
            Assert.Equal(MoveOutcome.NotBlank, record.AskQuietly(Move).Value);
        }
    }

    [Fact]
    public void An_abandoned_upload_and_a_refused_stranger_keep_nothing()
    {
        var record = new TestRecord();
        record.Ask(new DiscardUpload(UploadId.Of(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]))));
        record.AskInVain(new GetRecord(Cast.Gp));
        record.AskInVain(new ReadDocument(DocumentId.Of(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])), null, true, Cast.Gp));
        Assert.Equal(MoveOutcome.Moved, record.Ask(Move).Value);
    }
}
