using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Documents;

/// <summary>The patient masks or unmasks many documents at once, and those that come.</summary>
public sealed class SetMaskingTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void All_documents_are_masked_but_what_waits_for_an_announcement()
    {
        _record.Permit(Cast.Gp);
        var (plain, hidden) = (_record.Submit("plain"), _record.Submit("hidden", HiddenFromPatient));
        var masked = _record.Submit("masked", MaskedFromProfessionals);
        var told = (_record.State.PatientFeed.Last, _record.State.ProfessionalFeed.Last);

        var change = _record.Ask(new SetMasking(true, null, null)).Value;

        Assert.Equal((1, false, false), (change.Changed, change.More, change.MasksFuture));
        Assert.True(Entry(plain).IsMasked);
        Assert.True(Entry(masked).IsMasked);
        Assert.Equal(HiddenFromPatient, Entry(hidden).Metadata.Confidentiality);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Gp, plain).Refusal?.Code);

        // A mask is news to nobody.
        Assert.Equal(told, (_record.State.PatientFeed.Last, _record.State.ProfessionalFeed.Last));
        Assert.Equal(0, _record.AskQuietly(new SetMasking(true, null, null)).Value.Changed);
    }

    [Fact]
    public void Lifting_every_mask_is_news_to_professionals_and_to_nobody_else()
    {
        _record.Permit(Cast.Gp);
        _record.Ask(new FollowPatient(Cast.Gp));
        _record.Submit("one", MaskedFromProfessionals);
        var two = _record.Submit("two", MaskedFromProfessionals | HiddenFromRepresentatives);
        var before = _record.State.PatientFeed.Last;

        Assert.Equal(2, _record.Ask(new SetMasking(false, null, null)).Value.Changed);

        Assert.Equal(HiddenFromRepresentatives, Entry(two).Metadata.Confidentiality);
        Assert.Equal(before, _record.State.PatientFeed.Last);
        Assert.Equal(2, _record.State.ProfessionalFeed.Last);
        Assert.All(
            _record.Events.OfType<ConfidentialityChanged>(),
            change => Assert.Equal([Cast.IdOf(Cast.Gp)], change.Recipients));
    }

    [Fact]
    public void Each_named_document_has_its_own_outcome()
    {
        var (one, hidden) = (_record.Submit("one"), _record.Submit("hidden", HiddenFromPatient));
        var (two, masked) = (_record.Submit("two"), _record.Submit("masked", MaskedFromProfessionals));
        var unknown = DocumentId.Of(Guid.AllBitsSet);

        var change = _record.Ask(new SetMasking(
            true,
            [
                new(one, 1), new(hidden, 1), new(two, 7), new(masked, 7), new(unknown, null), new(one, 1),
            ],
            null)).Value;

        Assert.Equal(1, change.Changed);
        Assert.Equal(
            [null, RefusalCode.DocumentNotFound, RefusalCode.StaleVersion, null, RefusalCode.DocumentNotFound, null],
            change.Outcomes.Select(outcome => outcome.Refusal?.Code));
        Assert.Equal((true, false), (Entry(one).IsMasked, Entry(two).IsMasked));
    }

    [Fact]
    public void A_long_record_takes_several_turns_and_what_comes_meanwhile_is_masked_too()
    {
        for (var i = 0; i < SetMasking.TogetherMax + 1; i++)
            _record.Submit($"document {i}");

        var first = _record.Ask(new SetMasking(true, null, true)).Value;
        Assert.Equal((SetMasking.TogetherMax, true, true), (first.Changed, first.More, first.MasksFuture));
        Assert.True(Entry(_record.Submit("meanwhile")).IsMasked);
        var second = _record.Ask(new SetMasking(true, null, true)).Value;
        Assert.Equal((1, false), (second.Changed, second.More));
        Assert.All(_record.State.Index.Entries, entry => Assert.True(entry.IsMasked));
    }

    [Fact]
    public void Future_documents_are_masked_until_the_patient_says_otherwise()
    {
        _record.Permit(Cast.Gp);
        _record.Ask(new FollowPatient(Cast.Gp));
        _record.Ask(new SetMasking(true, [], true));
        var masked = _record.Submit("masked by default");
        var told = Assert.IsType<DocumentSubmitted>(_record.Events[^1]);
        Assert.Empty(told.Recipients);
        Assert.True(Entry(masked).IsMasked);
        Assert.Equal(ChangeCode.DocumentAdded, _record.State.PatientFeed.After(0, 9)[^1].Code);

        // A retry of the sender, who knows nothing of it, is answered like the first time.
        Assert.True(_record.AskQuietly(_record.Submission("masked by default")).Value.AlreadyKnown);

        _record.Restart();
        Assert.True(_record.State.MasksFuture);
        _record.Ask(new SetMasking(false, [], false));
        Assert.False(Entry(_record.Submit("plain")).IsMasked);
        Assert.True(Entry(masked).IsMasked);
    }

    [Fact]
    public void What_waits_for_an_announcement_is_masked_when_it_becomes_visible_by_itself()
    {
        _record.Policy = _record.Policy with { InvisiblePatientMax = TimeSpan.FromDays(30) };
        _record.Ask(new SetMasking(true, [], true));
        var hidden = _record.Submit("hidden", HiddenFromPatient);
        Assert.False(Entry(hidden).IsMasked);

        _record.Pass(TimeSpan.FromDays(30));
        _record.Ask(new PerformDuties());

        Assert.Equal(MaskedFromProfessionals, Entry(hidden).Metadata.Confidentiality);
    }

    [Fact]
    public void What_waits_for_an_announcement_is_masked_when_a_professional_announces_it_too()
    {
        _record.Permit(Cast.Gp);
        _record.Permit(Cast.Specialist);
        _record.Ask(new SetMasking(true, [], true));
        var hidden = _record.Submit("hidden", HiddenFromPatient);

        Assert.Null(_record.Ask(new SetConfidentiality(hidden, 1, None, Cast.HospitalDoctor)).Refusal);

        Assert.Equal(MaskedFromProfessionals, Entry(hidden).Metadata.Confidentiality);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Specialist, hidden).Refusal?.Code);
        Assert.Contains(_record.State.PatientFeed.After(0, 9), told => (told.Code, told.Document) == (ChangeCode.DocumentAdded, hidden));
    }

    [Fact]
    public void Only_an_activated_open_record_can_be_masked()
    {
        Assert.Equal(
            RefusalCode.RecordNotActivated, TestRecord.Open().AskInVain(new SetMasking(true, null, null)).Code);
        _record.Close();
        Assert.Equal(RefusalCode.RecordClosed, _record.AskInVain(new SetMasking(true, null, null)).Code);
        Assert.Equal(RefusalCode.PatientUnknown, new TestRecord().AskInVain(new SetMasking(true, null, null)).Code);
    }

    private DocumentEntry Entry(DocumentId id) => _record.State.Index.Find(id)!;
}
