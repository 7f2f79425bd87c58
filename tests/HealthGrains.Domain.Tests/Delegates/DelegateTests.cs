using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Delegates;

public sealed class DelegateTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Theory]
    [InlineData("20080302", "2026-03-02T00:00:00Z")]
    [InlineData("20080229", "2026-02-28T00:00:00Z")]
    [InlineData("20080300", "2026-03-01T00:00:00Z")]
    [InlineData("20080000", "2026-01-01T00:00:00Z")]
    [InlineData("20081302", null)]
    [InlineData("20070229", null)]
    [InlineData("2008030", null)]
    [InlineData("2008030x", null)]
    [InlineData("", null)]
    public void Majority_is_the_earliest_birthday_that_the_date_allows(string birthDate, string? majority) =>
        Assert.Equal(
            majority is null ? null : DateTimeOffset.Parse(majority, CultureInfo.InvariantCulture),
            Majority.Of(birthDate, 18));

    [Fact]
    public void A_representative_loses_the_record_at_midnight_of_the_birthday()
    {
        _record.Represent("parent", new DateTimeOffset(2008, 3, 3, 0, 0, 0, TimeSpan.Zero));
        var id = _record.Submit("report");
        _record.Now = new DateTimeOffset(2026, 3, 2, 23, 59, 59, TimeSpan.Zero);
        Assert.Null(_record.Read(Cast.Parent, id).Refusal);
        Assert.Equal(
            new DateTimeOffset(2026, 3, 3, 0, 0, 0, TimeSpan.Zero), _record.Changes(Cast.Parent).Value.PermittedUntil);
        _record.Now = _record.Now.AddSeconds(1);
        Assert.Equal(RefusalCode.DelegationForbidden, _record.Read(Cast.Parent, id).Refusal?.Code);
        Assert.Equal(RefusalCode.DelegationForbidden, _record.AskInVain(new CloseRecord("", false) { By = Cast.Parent }).Code);
    }

    [Fact]
    public void A_producers_document_says_when_the_person_was_born_and_the_patients_side_does_not()
    {
        var traits = new PatientTraits("TEST", "Noé", "M", "20150224");
        _record.Accept(_record.Submission("own", by: Actor.Patient) with { Traits = traits });
        Assert.Null(_record.State.BirthDate);
        Assert.Equal(
            RefusalCode.MetadataInvalid,
            _record.Invite("parent", kind: DelegationKind.LegalRepresentation).Refusal?.Code);
        _record.Accept(_record.Submission("report") with { Traits = traits });
        Assert.Equal("20150224", _record.State.BirthDate);
        Assert.Null(_record.Invite("parent", kind: DelegationKind.LegalRepresentation).Refusal);
    }

    [Fact]
    public void A_document_with_another_birth_date_than_health_insurance_states_is_another_persons()
    {
        _record.Represent("parent", _record.Now.AddYears(-10));
        Assert.Equal(RefusalCode.InsMismatch, _record.AskInVain(_record.Submission("report") with
        {
            Traits = new PatientTraits("TEST", "Noé", "M", "19790315"),
        }).Code);
    }

    [Fact]
    public void A_stranger_is_told_the_same_of_every_record_and_leaves_no_trace()
    {
        var stranger = Cast.Delegate("stranger");
        var absent = new TestRecord();
        var closed = TestRecord.Activated();
        closed.Close();
        foreach (var record in new[] { absent, TestRecord.Open(), closed, _record })
        {
            var before = record.Events.Count;
            foreach (var refusal in new[]
            {
                record.AskInVain(new GetRecord(stranger)),
                record.AskInVain(new ListDocuments(new DocumentFilter(), null, 50, stranger)),
                record.AskInVain(new ListAccesses(null, null, null, 50) { By = stranger }),
                record.AskInVain(new AnswerDelegation(true, stranger)),
                record.AskInVain(new RevokeDelegate(1, stranger)),
                record.AskInVain(record.Submission("report", by: stranger)),
                record.AskInVain(new OpenRecord { By = stranger }),
            })
            {
                Assert.Equal(PatientSide.NotEntitled, refusal);
            }

            Assert.Equal(before, record.Events.Count);
        }
    }

    [Fact]
    public void An_invitation_runs_out()
    {
        _record.Invite("carer");
        _record.Pass(_record.Policy.DelegateInvitation);
        Assert.Equal(PatientSide.NotEntitled, _record.AskInVain(new AnswerDelegation(true, Cast.Carer)));
        Assert.Equal(DelegationStatus.Expired, _record.AskQuietly(new RevokeDelegate(1, Actor.Patient)).Value.Status);
        Assert.Equal(2, _record.Invite("carer").Value.Delegation.Number);
    }

    [Fact]
    public void A_delegation_that_is_still_to_begin_gives_nothing()
    {
        _record.Ask(new AddDelegate("carer", "", DelegationKind.Caregiving, _record.Now.AddDays(2), null, Actor.Patient));
        _record.Accept(Cast.Carer);
        Assert.Equal(PatientSide.NotEntitled, _record.AskInVain(new GetRecord(Cast.Carer)));
        _record.Pass(TimeSpan.FromDays(2));
        Assert.Equal(CallerStanding.Delegate, _record.Ask(new GetRecord(Cast.Carer)).Value.Standing);
    }

    [Fact]
    public void Nobody_passes_on_what_was_delegated()
    {
        _record.Help("carer");
        foreach (var kind in Enum.GetValues<DelegationKind>())
        {
            Assert.Equal(
                RefusalCode.DelegationForbidden,
                _record.Invite("another", by: Cast.Carer, kind: kind).Refusal?.Code);
        }

        Assert.Equal(RefusalCode.DelegationForbidden, _record.End(1, Cast.Delegate("another")).Refusal?.Code);
    }

    [Fact]
    public void A_parent_may_become_a_caregiver_and_still_sees_nothing_of_the_secret_care()
    {
        _record.Represent("parent", _record.Now.AddYears(-18).AddDays(1));
        var id = _record.Submit("secret", ConfidentialityLabels.HiddenFromRepresentatives);
        _record.Pass(TimeSpan.FromDays(2));
        _record.Help("parent");
        Assert.Null(_record.Ask(new GetRecord(Cast.Parent)).Refusal);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Parent, id).Refusal?.Code);
        Assert.Null(_record.Read(Actor.Patient, id).Refusal);
    }

    [Fact]
    public void The_audiences_share_their_list_until_one_is_told_what_another_is_not()
    {
        _record.Submit("report");
        Assert.Same(_record.State.Feeds.Patient.After(0, 1)[0], _record.State.Feeds.Caregivers.After(0, 1)[0]);
        _record.Submit("secret", ConfidentialityLabels.HiddenFromRepresentatives);
        _record.Submit("next");
        Assert.Equal(3, _record.State.Feeds.Patient.Last);
        foreach (var audience in new[] { PatientAudience.Representatives, PatientAudience.Caregivers })
            Assert.Equal([1L, 2L], _record.State.Feeds.Of(audience).After(0, 9).Select(item => item.Sequence));
    }

    [Fact]
    public void A_delegates_read_is_traced_for_the_person_and_a_refusal_too()
    {
        _record.Help("carer");
        var hidden = _record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        var shown = _record.Submit("report");
        _record.Read(Cast.Carer, shown, content: true);
        _record.Read(Cast.Carer, hidden, content: true);
        _record.End(1);
        _record.Read(Cast.Carer, shown);

        var traces = _record.Accesses().Accesses;
        Assert.Equal(
            [
                (RefusalCode.DelegationForbidden, PatientSide.CallerStep, 1),
                (RefusalCode.DocumentNotFound, PatientSide.StatusStep, 0),
                (null, PatientSide.AllowStep, 1),
            ],
            traces.Select(trace => (trace.Trace.Refused, trace.Trace.Step, trace.Trace.Documents.Count)));
        Assert.All(traces, trace => Assert.Equal((Cast.Carer, ""), (trace.By, trace.Trace.MatrixVersion)));
    }

    [Fact]
    public void Who_else_helps_is_told_to_no_caregiver_and_to_no_professional()
    {
        _record.Help("carer");
        _record.Help("other");
        _record.Permit(Cast.Gp);
        var other = Cast.Delegate("other");
        var id = _record.Submit("report");
        _record.Read(other, id, content: true);
        Assert.Null(_record.Ask(new SetMasking(true, [new MaskingTarget(id, null)], null) { By = other }).Refusal);
        Assert.Null(_record.Ask(new SetMasking(false, [new MaskingTarget(id, null)], null) { By = other }).Refusal);
        _record.Submit("own", by: other, author: Cast.Gp);

        Assert.DoesNotContain(_record.AccessesOf(Cast.Carer), trace => trace.By == other);
        Assert.DoesNotContain(_record.Changes(Cast.Carer).Value.Changes, change => change.Item.By == other);
        Assert.DoesNotContain(_record.Changes(Cast.Gp).Value.Changes, change => change.Item.By == other);

        // The person, and whoever it was.
        Assert.Contains(_record.AccessesOf(Actor.Patient), trace => trace.By == other);
        Assert.Contains(_record.Changes(Actor.Patient).Value.Changes, change => change.Item.By == other);
        Assert.Contains(_record.AccessesOf(other), trace => trace.By == other);
        Assert.Contains(_record.Changes(other).Value.Changes, change => change.Item.By == other);
    }

    [Fact]
    public void What_a_representative_decided_names_the_representative_to_no_caregiver()
    {
        _record.Represent("parent", _record.Now.AddYears(-10));
        _record.Help("carer");
        _record.Ask(new AuthorizeProfessional(HolderKind.Professional, Cast.Gp.Id, null, null, "") { By = Cast.Parent });
        _record.Ask(new BlockProfessional(Cast.IdOf(Cast.Specialist)) { By = Cast.Parent });

        var toCarer = _record.Ask(new GetConsents(false) { By = Cast.Carer }).Value;
        Assert.NotEqual(Cast.Parent, Assert.Single(toCarer.Authorizations).GrantedBy);
        Assert.NotEqual(Cast.Parent, Assert.Single(toCarer.BlockedBy).Value);
        var toPatient = _record.Ask(new GetConsents(false)).Value;
        Assert.Equal(Cast.Parent, Assert.Single(toPatient.Authorizations).GrantedBy);
        Assert.Equal(Cast.Parent, Assert.Single(toPatient.BlockedBy).Value);
    }

    [Fact]
    public void A_newer_version_that_is_hidden_from_the_patient_is_named_by_no_refusal()
    {
        var first = _record.Submit("first", by: Actor.Patient);
        var second = _record.Submit("second", by: Actor.Patient, replaces: "first");
        _record.Permit(Cast.Gp);
        _record.Ask(new SetConfidentiality(second, 1, ConfidentialityLabels.HiddenFromPatient, Cast.Gp));
        var version = _record.Read(Cast.Gp, first).Value.Entry.EntryVersion;
        Assert.Null(_record.Ask(new SetConfidentiality(first, version, ConfidentialityLabels.None, Cast.Gp)).Refusal);
        foreach (var no in new[]
        {
            _record.Withdraw("first", by: Actor.Patient).Refusal,
            _record.Ask(_record.Submission("third", replaces: "first", by: Actor.Patient)).Refusal,
        })
        {
            Assert.Equal(RefusalCode.StaleVersion, no?.Code);
            Assert.Null(no?.Details);
        }
    }

    [Fact]
    public void A_trace_tells_a_hidden_document_from_none_by_nothing()
    {
        _record.Help("carer");
        var hidden = _record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        _record.Read(Cast.Carer, hidden);
        _record.Read(Cast.Carer, DocumentId.Of(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])));
        Assert.Single(_record.Accesses().Accesses.Select(trace => trace.Trace with { Documents = [] }).Distinct());
    }

    [Fact]
    public void A_trace_tells_representatives_nothing_of_a_masked_document_of_secret_care()
    {
        _record.Represent("parent", _record.Now.AddYears(-10));
        _record.Permit(Cast.Gp);
        var secret = _record.Submit(
            "secret", ConfidentialityLabels.HiddenFromRepresentatives | ConfidentialityLabels.MaskedFromProfessionals);
        _record.Read(Cast.Gp, secret);
        _record.Read(Cast.Gp, DocumentId.Of(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11])));
        Assert.Single(_record.AccessesOf(Cast.Parent).Where(trace => trace.By == Cast.Gp).Select(trace => trace.Trace with { Documents = [] }).Distinct());
    }

    [Fact]
    public void What_a_delegate_tries_in_vain_to_mask_is_traced_whichever_call_it_was()
    {
        _record.Help("carer");
        var hidden = _record.Submit("hidden", ConfidentialityLabels.HiddenFromPatient);
        _record.AskInVain(new SetConfidentiality(hidden, 1, ConfidentialityLabels.MaskedFromProfessionals, Cast.Carer));
        var shown = _record.Submit("report");
        _record.AskInVain(new SetConfidentiality(shown, 1, ConfidentialityLabels.HiddenFromPatient, Cast.Carer));
        _record.End(1);
        _record.AskInVain(new SetConfidentiality(shown, 1, ConfidentialityLabels.MaskedFromProfessionals, Cast.Carer));
        _record.AskInVain(new SetMasking(true, null, null) { By = Cast.Carer });
        Assert.Equal(
            [
                RefusalCode.DelegationForbidden, RefusalCode.DelegationForbidden, RefusalCode.CallerKindForbidden,
                RefusalCode.DocumentNotFound,
            ],
            _record.Accesses().Accesses.Select(trace => trace.Trace.Refused));
    }

    [Fact]
    public void A_professional_who_acts_for_the_patient_is_named_no_masked_document_by_the_traces()
    {
        _record.Invite(Cast.Specialist.Id, kind: DelegationKind.HealthcareProfessional);
        _record.Accept(Cast.Specialist);
        _record.Permit(Cast.Gp);
        _record.Permit(Cast.Specialist);
        var masked = _record.Submit("masked");
        var shown = _record.Submit("shown");
        _record.Read(Cast.Gp, masked, content: true);
        _record.Read(Cast.Gp, shown, content: true);
        Assert.Null(_record.Ask(new SetMasking(true, [new MaskingTarget(masked, null)], null)).Refusal);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Specialist, masked).Refusal?.Code);

        var named = _record.AccessesOf(Cast.Specialist).SelectMany(trace => trace.Trace.Documents).ToList();
        Assert.DoesNotContain(masked, named);
        Assert.Contains(shown, named);
        Assert.Contains(masked, _record.AccessesOf(Actor.Patient).SelectMany(trace => trace.Trace.Documents));
    }

    [Fact]
    public void A_professional_who_acts_for_the_patient_opens_no_way_to_what_is_masked()
    {
        _record.Invite(Cast.Specialist.Id, kind: DelegationKind.HealthcareProfessional);
        _record.Accept(Cast.Specialist);
        _record.Permit(Cast.Specialist);
        var masked = _record.Submit("masked", ConfidentialityLabels.MaskedFromProfessionals);
        foreach (var professional in new[] { Cast.Specialist, Cast.Gp })
        {
            Assert.Equal(
                RefusalCode.DelegationForbidden,
                _record.AskInVain(new SetAdministrator(Cast.IdOf(professional), true) { By = Cast.Specialist }).Code);
        }

        Assert.Equal(
            RefusalCode.DelegationForbidden,
            _record.AskInVain(new SetEmergencyAccess(null, true, true) { By = Cast.Specialist }).Code);
        Assert.Null(_record.Ask(new SetEmergencyAccess(false, null, false) { By = Cast.Specialist }).Refusal);
        var glass = new Entrance(AccessMode.Emergency, "coma", false);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Specialist, masked).Refusal?.Code);
        Assert.Equal(RefusalCode.DocumentNotFound, _record.Read(Cast.Specialist, masked, entrance: glass).Refusal?.Code);

        // Whom the person named is dismissed by whoever acts for the person.
        _record.Permit(Cast.Gp);
        _record.Administrator(Cast.Gp);
        Assert.Null(_record.Ask(new SetAdministrator(Cast.IdOf(Cast.Gp), false) { By = Cast.Specialist }).Refusal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_minor_whose_representative_was_known_before_the_record_is_reminded_too(bool byDeposit)
    {
        var record = new TestRecord();
        record.Represent("parent", new DateTimeOffset(2016, 5, 4, 0, 0, 0, TimeSpan.Zero));
        if (byDeposit)
            record.Submit("report");
        else
            Assert.Null(record.Ask(new OpenRecord { By = Cast.Parent }).Refusal);

        record.Now = new DateTimeOffset(2034, 5, 4, 0, 0, 0, TimeSpan.Zero);
        record.Ask(new PerformDuties());
        Assert.Single(record.State.PatientFeed.After(0, 10), item => item.Code == ChangeCode.MajorityReached);
    }

    [Fact]
    public void An_adults_document_is_hidden_from_no_parents()
    {
        _record.Accept(_record.Submission("first") with { Traits = new PatientTraits("TEST", "Ada", "F", "19790315") });
        Assert.Equal(
            RefusalCode.LabelCombination,
            _record.AskInVain(_record.Submission("secret", ConfidentialityLabels.HiddenFromRepresentatives)).Code);
        var id = _record.State.Index.Entries[0].Id;
        _record.Permit(Cast.Gp);
        Assert.Equal(
            RefusalCode.LabelCombination,
            _record.AskInVain(new SetConfidentiality(id, 1, ConfidentialityLabels.HiddenFromRepresentatives, Cast.Gp)).Code);
    }

    [Fact]
    public void Ten_thousand_directives_and_a_thousand_delegations_stay_bounded()
    {
        var holder = _record.Now;
        for (var i = 0; i < AuthorizeProfessional.ActiveMax; i++)
        {
            _record.Happened(new AuthorizationGranted(holder, Actor.Patient, new Authorization(
                i + 1, HolderKind.Professional, Cast.Rpps(i).ToString(), true, AuthorizationBasis.Patient, holder, null, false)));
        }

        Assert.Equal(RefusalCode.Overloaded, _record.Permit(Cast.OfficeA).Refusal?.Code);
        Assert.Null(_record.Administrator(Cast.Gp).Refusal);
        Assert.Null(_record.Block(Cast.Gp).Refusal);

        for (var i = 0; i < DelegateLimits.RecordMax; i++)
        {
            Assert.Null(_record.Invite("carer").Refusal);
            Assert.Null(_record.End(i + 1).Refusal);
        }

        Assert.Equal(RefusalCode.Overloaded, _record.Invite("carer").Refusal?.Code);
    }
}
