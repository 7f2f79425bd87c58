using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Who acts for the patient, over the wire: invitations, what each may do, and what each is not told.</summary>
public sealed class DelegateTests : IAsyncLifetime
{
    private const string Child = "20150224";

    private static readonly PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test
    private TestClient _insurance = null!; // ! set before each test
    private TestClient _parent = null!; // ! set before each test
    private TestClient _carer = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _owner = _host.As(new Caller.Patient(Person));
        _doctor = _host.As(People.Doctor);
        _insurance = _host.As(People.Operator);
        _parent = _host.As(new Caller.Delegate("parent-1"));
        _carer = _host.As(new Caller.Delegate("carer-1"));
        await _owner.OpenRecordAsync(_patient);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await _hospital.SubmitAsync(People.Document(Person));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_caregiver_is_invited_accepts_reads_and_resigns()
    {
        await Waiting.RefusedAsync(() => _carer.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        var invited = await _owner.AddDelegateAsync(_patient, "carer-1");
        Assert.Equal((Wire.Delegate.Types.State.Pending, "1"), (invited.Delegate.State, invited.Delegate.DelegateId));
        await Waiting.RefusedAsync(() => _carer.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        Assert.True((await _owner.AddDelegateAsync(_patient, "carer-1")).Receipt.AlreadySo);

        Assert.Equal(Wire.Delegate.Types.State.Accepted, (await _carer.AnswerDelegationAsync(_patient)).Delegate.State);
        Assert.True((await _carer.AnswerDelegationAsync(_patient)).Receipt.AlreadySo);
        var record = await _carer.GetRecordAsync(_patient);
        Assert.Equal((Wire.GetRecordResponse.Types.CallerStatus.Delegate, 1), (record.CallerStatus, record.Documents));
        var (entry, bytes) = await _carer.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1" });
        Assert.Equal("2.999.7^1", entry?.UniqueId);
        Assert.NotEmpty(bytes);

        // The person sees who read, and that it was not the person.
        var traces = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces;
        Assert.Equal(("ReadContent", "carer-1", "ALLOW", 6), (traces[0].Action, traces[0].Actor.Id, traces[0].Outcome, traces[0].Step));

        Assert.Equal(Wire.Delegate.Types.State.Revoked, (await _carer.RevokeDelegateAsync(_patient, "1")).Delegate.State);
        await Waiting.RefusedAsync(() => _carer.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        Assert.True((await _carer.RevokeDelegateAsync(_patient, "1")).Receipt.AlreadySo);
        Assert.Equal(
            ["AJOUT_DOCUMENT", "PARTAGE_PROFIL_AIDANT", "ACCORD_PARTAGE_PROFIL", "REVOCATION_PAR_AIDANT"],
            (await _owner.ChangesAsync(_patient, 0)).Changes.Select(change => change.Code));
        Assert.Empty((await _owner.GetConsentsAsync(_patient)).Delegates);
        Assert.Single((await _owner.GetConsentsAsync(_patient, includeEnded: true)).Delegates);
    }

    [Fact]
    public async Task An_invitation_is_refused_and_the_patient_is_told()
    {
        await _owner.AddDelegateAsync(_patient, "carer-1");
        Assert.Equal(
            Wire.Delegate.Types.State.Refused,
            (await _carer.AnswerDelegationAsync(_patient, Wire.Decision.Deny)).Delegate.State);
        await Waiting.RefusedAsync(() => _carer.AnswerDelegationAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        await Waiting.RefusedAsync(
            () => _carer.AnswerDelegationAsync(_patient, Wire.Decision.Unspecified), RefusalCode.MetadataInvalid, "answer");
        Assert.Equal("REFUS_PARTAGE_PROFIL", (await _owner.ChangesAsync(_patient, 0)).Changes[^1].Code);

        // Another invitation is another delegation.
        Assert.Equal("2", (await _owner.AddDelegateAsync(_patient, "carer-1")).Delegate.DelegateId);
        await _carer.AnswerDelegationAsync(_patient);
        Assert.Equal("REVOCATION_PAR_AIDE", await EndedByPersonAsync());

        async Task<string> EndedByPersonAsync()
        {
            await _owner.RevokeDelegateAsync(_patient, "2");
            return (await _owner.ChangesAsync(_patient, 0)).Changes[^1].Code;
        }
    }

    [Fact]
    public async Task A_caregiver_keeps_documents_and_shares_closes_and_takes_away_nothing()
    {
        await HelpAsync("carer-1");
        await Waiting.RefusedAsync(() => _carer.AddDelegateAsync(_patient, "carer-2"), RefusalCode.DelegationForbidden, "patient");
        await Waiting.RefusedAsync(() => _carer.CloseRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        await Waiting.RefusedAsync(() => _carer.AuthorizeAsync(_patient, People.NurseId), RefusalCode.DelegationForbidden, "patient");
        await Waiting.RefusedAsync(() => _carer.BlockAsync(_patient, People.DoctorId), RefusalCode.DelegationForbidden, "patient");

        var own = Deposit("carer");
        var receipt = await _carer.SubmitAsync(own);
        Assert.Equal("2.999.7^carer", (await _owner.GetDocumentAsync(
            new Wire.GetDocumentRequest { Patient = _patient, DocumentId = receipt.DocumentId })).UniqueId);
        await Waiting.RefusedAsync(
            () => _carer.WithdrawAsync(new Wire.WithdrawRequest { Patient = _patient, UniqueId = "2.999.7^1" }),
            RefusalCode.NotAuthor);
        Assert.Equal(receipt.DocumentId, (await _carer.WithdrawAsync(
            new Wire.WithdrawRequest { Patient = _patient, UniqueId = "2.999.7^carer" })).DocumentId);
        await Waiting.RefusedAsync(
            () => _host.As(People.Delegate).SubmitAsync(own), RefusalCode.DelegationForbidden, "patient");
    }

    [Fact]
    public async Task At_most_three_caregivers_help_and_an_ended_one_makes_room()
    {
        for (var i = 1; i <= 3; i++)
            await _owner.AddDelegateAsync(_patient, $"carer-{i}");
        await Waiting.RefusedAsync(() => _owner.AddDelegateAsync(_patient, "carer-4"), RefusalCode.Overloaded, "delegate.kind");
        await _owner.RevokeDelegateAsync(_patient, "2");
        Assert.Equal("4", (await _owner.AddDelegateAsync(_patient, "carer-4")).Delegate.DelegateId);
    }

    [Fact]
    public async Task A_representative_acts_as_the_person_and_a_second_one_joins_by_invitation()
    {
        await _insurance.AddRepresentativeAsync(_patient, "parent-1", Child);
        Assert.Equal(Wire.GetRecordResponse.Types.CallerStatus.Delegate, (await _parent.GetRecordAsync(_patient)).CallerStatus);
        await _parent.AuthorizeAsync(_patient, People.NurseId);
        Assert.Equal(
            "parent-1", (await _owner.GetConsentsAsync(_patient)).Authorizations[^1].GrantedBy.Id);
        await _parent.BlockAsync(_patient, People.NurseId);
        Assert.Equal("parent-1", Assert.Single((await _parent.GetConsentsAsync(_patient)).Blocks).BlockedBy.Id);

        var other = _host.As(new Caller.Delegate("parent-2"));
        await _parent.AddDelegateAsync(_patient, "parent-2", Wire.Delegate.Types.Kind.LegalRepresentation);
        await Waiting.RefusedAsync(() => other.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        await other.AnswerDelegationAsync(_patient);
        await other.GetRecordAsync(_patient);
        await Waiting.RefusedAsync(
            () => _parent.AddDelegateAsync(_patient, "parent-3", Wire.Delegate.Types.Kind.LegalRepresentation),
            RefusalCode.Overloaded,
            "delegate.kind");

        // One parent does not put out the other; health insurance, or the parent, ends it.
        await Waiting.RefusedAsync(() => _parent.RevokeDelegateAsync(_patient, "2"), RefusalCode.DelegationForbidden, "delegate_id");
        await _insurance.RevokeDelegateAsync(_patient, "2");
        await Waiting.RefusedAsync(() => other.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
        Assert.False((await _parent.CloseRecordAsync(_patient)).AlreadySo);
    }

    [Fact]
    public async Task Only_a_minor_whose_birth_date_is_known_is_represented()
    {
        await Waiting.RefusedAsync(
            () => _insurance.AddRepresentativeAsync(_patient, "parent-1", ""), RefusalCode.MetadataInvalid, "birth_date");
        await Waiting.RefusedAsync(
            () => _insurance.AddRepresentativeAsync(_patient, "parent-1", "20151332"), RefusalCode.MetadataInvalid, "birth_date");
        await Waiting.RefusedAsync(
            () => _insurance.AddRepresentativeAsync(_patient, "parent-1", "19790315"), RefusalCode.MetadataInvalid, "delegate.kind");
        await Waiting.RefusedAsync(
            () => _owner.AddRepresentativeAsync(_patient, "parent-1", Child), RefusalCode.MetadataInvalid, "birth_date");
        await Waiting.RefusedAsync(
            () => _insurance.AddDelegateAsync(_patient, "carer-1"), RefusalCode.DelegationForbidden, "delegate.kind");
        await _insurance.AddRepresentativeAsync(_patient, "parent-1", Child);
        await Waiting.RefusedAsync(
            () => _insurance.AddRepresentativeAsync(_patient, "parent-2", "20150225"), RefusalCode.InsMismatch, "birth_date");
        var directives = Deposit("wishes");
        directives.Metadata.TypeCode = "EXPPAT_3";
        foreach (var side in new[] { _parent, _owner })
            await Waiting.RefusedAsync(() => side.SubmitAsync(directives), RefusalCode.MetadataInvalid, "metadata.type_code");
    }

    [Fact]
    public async Task What_is_hidden_from_parents_shows_in_none_of_what_they_read()
    {
        await _insurance.AddRepresentativeAsync(_patient, "parent-1", Child);
        await HelpAsync("carer-1");
        var secret = People.Document(Person, "secret", "secret");
        secret.SecretSession = true;
        secret.Metadata.Confidentiality.Add(Wire.Confidentiality.HiddenFromRepresentatives);
        var receipt = await _hospital.SubmitAsync(secret);
        await _doctor.ReadContentAsync(new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^secret" });
        await _doctor.ReadContentAsync(new Wire.ReadContentRequest
        {
            Patient = _patient, UniqueId = "2.999.7^1", Access = new Wire.AccessContext { SecretSession = true },
        });

        foreach (var reader in new[] { _parent, _carer })
        {
            Assert.Equal(1, (await reader.GetRecordAsync(_patient)).Documents);
            Assert.Equal("2.999.7^1", Assert.Single((await reader.ListAsync(
                new Wire.ListDocumentsRequest { Patient = _patient })).Documents).UniqueId);
            await Waiting.RefusedAsync(
                () => reader.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, DocumentId = receipt.DocumentId }),
                RefusalCode.DocumentNotFound);
            var changes = (await reader.ChangesAsync(_patient, 0)).Changes;
            Assert.Equal(Enumerable.Range(1, changes.Count).Select(n => (long)n), changes.Select(change => change.Sequence));
            Assert.DoesNotContain(changes, change => change.DocumentId == receipt.DocumentId);
            Assert.DoesNotContain(changes, change => change.Code is "CONSULT_DOCUMENT" or "ACCES_DMP_PS");
            var traces = (await reader.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces;
            Assert.DoesNotContain(traces, trace => trace.Actor.Id == People.DoctorId);
            Assert.Equal(Enumerable.Range(1, traces.Count).Select(n => (long)n), traces.Select(trace => trace.Sequence).Reverse());
        }

        Assert.Equal(
            [(true, "ALLOW"), (false, "ALLOW")],
            (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces
                .Where(trace => trace.Actor.Id == People.DoctorId).Select(trace => (trace.Secret, trace.Outcome)));
        var told = (await _owner.ChangesAsync(_patient, 0)).Changes;
        Assert.Equal(2, told.Count(change => change.Code == "CONSULT_DOCUMENT"));

        // Once a professional lifts the label, it is news to them, and who read it is told; the secret session stays secret.
        var version = (await _owner.GetDocumentAsync(
            new Wire.GetDocumentRequest { Patient = _patient, DocumentId = receipt.DocumentId })).EntryVersion;
        await _doctor.CallAsync<Wire.SetConfidentialityRequest, Wire.SetConfidentialityResponse>(
            "PatientRecords/SetConfidentiality",
            new Wire.SetConfidentialityRequest
            {
                Patient = _patient, DocumentId = receipt.DocumentId, EntryVersion = version,
                Confidentiality = { Wire.Confidentiality.Normal },
            });
        Assert.Contains((await _parent.ChangesAsync(_patient, 0)).Changes, change => change.DocumentId == receipt.DocumentId);
        var released = (await _parent.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces
            .Where(trace => trace.Actor.Id == People.DoctorId).ToList();
        Assert.Equal(["SetConfidentiality", "ReadContent"], released.Select(trace => trace.Action));
        Assert.All(released, trace => Assert.False(trace.Secret));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delegates_open_watch_ends_within_a_second_of_the_right(bool byItself)
    {
        var end = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        await _owner.AddDelegateAsync(_patient, "carer-1", end: byItself ? end : null);
        await _carer.AnswerDelegationAsync(_patient);
        await using var watch = _carer.Watch(_patient, 0);
        Assert.Equal("AJOUT_DOCUMENT", (await watch.NextAsync("the first document")).Code);
        var ending = watch.EndsWithAsync(RefusalCode.DelegationForbidden);
        if (!byItself)
            await _owner.RevokeDelegateAsync(_patient, "1");
        var revoked = TimeProvider.System.GetUtcNow();
        Assert.Empty(await ending);
        var ended = TimeProvider.System.GetUtcNow();
        Assert.InRange(ended, byItself ? end : revoked, (byItself ? end : revoked) + TimeSpan.FromSeconds(1));
        await Waiting.RefusedAsync(() => _carer.GetRecordAsync(_patient), RefusalCode.DelegationForbidden, "patient");
    }

    [Fact]
    public async Task A_professional_who_was_asked_exercises_the_patients_rights_and_reads_as_a_professional()
    {
        var nurse = _host.As(People.Nurse);
        await Waiting.RefusedAsync(() => nurse.GetConsentsAsync(_patient), RefusalCode.CallerKindForbidden);
        await _owner.AddDelegateAsync(_patient, People.NurseId, Wire.Delegate.Types.Kind.HealthcareProfessional);
        await nurse.AnswerDelegationAsync(_patient);
        Assert.Single((await nurse.GetConsentsAsync(_patient)).Authorizations);
        await nurse.RevokeAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(
            () => nurse.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient }), RefusalCode.ConsentRequired);

        // The same words in the token of a delegate are nobody.
        await Waiting.RefusedAsync(
            () => _host.As(new Caller.Delegate(People.NurseId)).GetConsentsAsync(_patient), RefusalCode.DelegationForbidden);
        await _owner.BlockAsync(_patient, People.NurseId);
        await Waiting.RefusedAsync(() => nurse.GetConsentsAsync(_patient), RefusalCode.CallerKindForbidden);
    }

    [Fact]
    public async Task What_no_delegation_can_say_is_refused()
    {
        foreach (var (subject, kind, field) in new[]
        {
            ("", Wire.Delegate.Types.Kind.Caregiving, "delegate.subject"),
            ("two words", Wire.Delegate.Types.Kind.Caregiving, "delegate.subject"),
            (new string('x', 10_000), Wire.Delegate.Types.Kind.Caregiving, "delegate.subject"),
            (_patient.Ins, Wire.Delegate.Types.Kind.Caregiving, "delegate.subject"),
            ("carer-1", Wire.Delegate.Types.Kind.HealthcareProfessional, "delegate.subject"),
            ("carer-1", Wire.Delegate.Types.Kind.Unspecified, "delegate.kind"),
        })
        {
            await Waiting.RefusedAsync(() => _owner.AddDelegateAsync(_patient, subject, kind), RefusalCode.MetadataInvalid, field);
        }

        await Waiting.RefusedAsync(
            () => _owner.AddDelegateAsync(_patient, "carer-1", end: TimeProvider.System.GetUtcNow().AddDays(-1)),
            RefusalCode.MetadataInvalid,
            "delegate.end");
        await Waiting.RefusedAsync(() => _owner.RevokeDelegateAsync(_patient, "7"), RefusalCode.TargetNotFound, "delegate_id");
        await Waiting.RefusedAsync(() => _owner.RevokeDelegateAsync(_patient, "first"), RefusalCode.TargetNotFound, "delegate_id");
    }

    [Fact]
    public async Task A_page_token_of_one_delegate_is_none_of_another()
    {
        await HelpAsync("carer-1");
        await HelpAsync("carer-2");
        for (var i = 2; i <= 4; i++)
            await _hospital.SubmitAsync(People.Document(Person, i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var page = await _carer.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 2 });
        await Waiting.RefusedAsync(
            () => _host.As(new Caller.Delegate("carer-2")).ListAsync(
                new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 2, PageToken = page.NextPageToken }),
            RefusalCode.MetadataInvalid,
            "page_token");
        await _owner.RevokeDelegateAsync(_patient, "1");
        await Waiting.RefusedAsync(
            () => _carer.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 2, PageToken = page.NextPageToken }),
            RefusalCode.DelegationForbidden);
    }

    private static Wire.SubmitRequest Deposit(string extension)
    {
        var deposit = People.Document(Person, extension, "Résultats du matin");
        deposit.InsQualified = false;
        deposit.InsQualifiedAt = null;
        deposit.Metadata.Authors.Clear();
        deposit.Metadata.Authors.Add(new Wire.Author { Name = "TEST Aidant", Kind = Wire.Author.Types.Kind.Patient });
        deposit.Metadata.LegalAuthenticator = deposit.Metadata.Authors[0].Clone();
        deposit.Metadata.TypeCode = "DOCPAT03";
        return deposit;
    }

    private async Task HelpAsync(string subject)
    {
        await _owner.AddDelegateAsync(_patient, subject);
        await _host.As(new Caller.Delegate(subject)).AnswerDelegationAsync(_patient);
    }
}
