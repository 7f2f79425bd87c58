using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>A change of labels: who may make it, what it hides at once, and to whom a document is new by it.</summary>
public sealed class SetConfidentialityTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void A_mask_is_obeyed_by_the_next_read_and_lifting_it_is_news_to_followers()
    {
        _record.Permit(Cast.Gp);
        _record.Ask(new FollowPatient(Cast.Gp));
        var id = _record.Submit("report");

        var masked = Set(id, 1, MaskedFromProfessionals).Value;
        Assert.Equal((2, MaskedFromProfessionals), (masked.Entry.EntryVersion, masked.Entry.Metadata.Confidentiality));
        Assert.Equal(AccessDecision.DocumentNotFound, _record.Read(Cast.Gp, id).Refusal);
        Assert.Empty(_record.List(Cast.Gp).Value.Documents);
        Assert.Equal([null], _record.Changes(Cast.Gp).Value.Changes.Select(change => change.Item.Document));

        Set(id, 2, None);
        Assert.Null(_record.Read(Cast.Gp, id).Refusal);
        var changes = _record.Events.OfType<ConfidentialityChanged>().ToList();
        Assert.Empty(changes[0].Recipients);
        Assert.Equal([Cast.IdOf(Cast.Gp)], changes[1].Recipients);
        Assert.Equal(
            [ChangeCode.DocumentAdded, ChangeCode.DocumentAdded],
            _record.Changes(Cast.Gp).Value.Changes.Select(change => change.Item.Code));
    }

    [Fact]
    public void A_stale_version_says_which_is_in_force_and_a_repetition_is_answered_the_same()
    {
        var id = _record.Submit("report");
        Set(id, 1, MaskedFromProfessionals);

        Assert.Equal(2, _record.AskQuietly(Command(id, 1, MaskedFromProfessionals, Actor.Patient)).Value.Entry.EntryVersion);
        var stale = _record.AskInVain(Command(id, 1, None, Actor.Patient));
        Assert.Equal((RefusalCode.StaleVersion, "2"), (stale.Code, stale.Details?["head_entry_version"]));
    }

    [Fact]
    public void The_patient_masks_and_changes_no_other_label()
    {
        var id = _record.Submit("report", HiddenFromRepresentatives);
        Assert.Equal(RefusalCode.CallerKindForbidden, _record.AskInVain(Command(id, 1, None, Actor.Patient)).Code);
        Assert.Equal(
            RefusalCode.CallerKindForbidden,
            _record.AskInVain(Command(id, 1, HiddenFromRepresentatives | HiddenFromPatient, Actor.Patient)).Code);
        Assert.Null(Set(id, 1, HiddenFromRepresentatives | MaskedFromProfessionals).Refusal);
    }

    [Fact]
    public void A_professional_hides_and_announces_and_the_patient_learns_then_who_read_meanwhile()
    {
        _record.Permit(Cast.Gp);
        var id = _record.Submit("report");
        Assert.Equal(["NOT_VISIBLE_TO_PATIENT"], Set(id, 1, HiddenFromPatient, Cast.Gp).Value.Warnings);
        _record.Read(Cast.Gp, id, content: true);
        Assert.Equal(AccessDecision.DocumentNotFound, _record.Read(Actor.Patient, id).Refusal);
        Assert.Empty(_record.Accesses().Accesses);
        var before = _record.State.PatientFeed.Last;

        Set(id, 2, None, Cast.Gp);

        Assert.Null(_record.Read(Actor.Patient, id).Refusal);
        Assert.Equal(
            [AccessAction.SetLabels, AccessAction.ReadContent, AccessAction.SetLabels],
            _record.Accesses().Accesses.Select(access => access.Trace.Action));
        Assert.Equal(
            (ChangeCode.DocumentAdded, id),
            (_record.State.PatientFeed.After(before, 1)[0].Code, _record.State.PatientFeed.After(before, 1)[0].Document));
    }

    [Fact]
    public void Earlier_traces_do_not_name_what_was_hidden_since()
    {
        _record.Permit(Cast.Gp);
        var id = _record.Submit("report");
        _record.Read(Cast.Gp, id, content: true);
        Set(id, 1, HiddenFromPatient, Cast.Gp);

        Assert.All(_record.Accesses().Accesses, access => Assert.Empty(access.Trace.Documents));
        Assert.DoesNotContain(_record.Changes(Actor.Patient).Value.Changes, change => change.Item.Document == id);
        _record.Withdraw("report");
        Assert.DoesNotContain(_record.Changes(Actor.Patient).Value.Changes, change => change.Item.Document == id);
    }

    [Fact]
    public void A_professional_needs_the_right_to_read_or_to_have_written_it()
    {
        var id = _record.Submit("report", author: Cast.Gp);
        Assert.Equal(RefusalCode.ConsentRequired, _record.AskInVain(Command(id, 1, HiddenFromPatient, Cast.Specialist)).Code);
        Assert.Equal(AccessAction.SetLabels, _record.State.Accesses[^1].Trace.Action);
        Assert.Null(Set(id, 1, MaskedFromProfessionals, Cast.Gp).Refusal);
        Assert.Equal(
            RefusalCode.LabelCombination,
            _record.AskInVain(Command(id, 2, MaskedFromProfessionals | HiddenFromPatient, Cast.Gp)).Code);
        _record.Block(Cast.Gp);
        Assert.Equal(RefusalCode.AccessBlocked, _record.AskInVain(Command(id, 2, None, Cast.Gp)).Code);
    }

    [Fact]
    public void A_mask_covers_the_older_versions_too_and_lifting_it_does_not_uncover_them()
    {
        _record.Permit(Cast.Gp);
        var first = _record.Submit("first");
        var second = _record.Submit("second", replaces: "first");

        Set(second, 1, MaskedFromProfessionals);
        Assert.Equal(AccessDecision.DocumentNotFound, _record.Read(Cast.Gp, first).Refusal);
        Set(second, 2, None);
        Assert.Null(_record.Read(Cast.Gp, second).Refusal);
        Assert.Equal(AccessDecision.DocumentNotFound, _record.Read(Cast.Gp, first).Refusal);
    }

    private Turns.TurnResult<DocumentView> Set(DocumentId id, int version, ConfidentialityLabels labels, Actor? by = null) =>
        _record.Ask(Command(id, version, labels, by ?? Actor.Patient));

    private static SetConfidentiality Command(DocumentId id, int version, ConfidentialityLabels labels, Actor by) =>
        new(id, version, labels, by);
}
