using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Mode = HealthGrains.Contracts.V1.AccessContext.Types.Mode;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Explanations over the wire: for the patient whole, for a professional without what is hidden.</summary>
public sealed class ExplainAccessTests : IAsyncLifetime
{
    private static readonly Domain.Identity.PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test
    private string _document = "";

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _owner = _host.As(new Caller.Patient(Person));
        _doctor = _host.As(People.Doctor);
        await _owner.OpenRecordAsync(_patient);
        _document = (await _host.As(People.HospitalSystem).SubmitAsync(People.Document(Person))).DocumentId;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_professional_is_told_what_to_ask_for_and_what_is_explained_is_what_a_read_gets()
    {
        var refused = await ExplainAsync(_doctor, new Wire.ExplainAccessRequest { DocumentId = _document });
        Assert.Equal("CONSENT_REQUIRED", refused.Outcome);
        Assert.Equal(["AUTHORIZATION", "EMERGENCY_MODE"], refused.AskFor);
        Assert.Equal(["context", "record", "block", "authorisation"], refused.Steps.Select(step => step.Rule));
        Assert.Equal([true, true, true, false], refused.Steps.Select(step => step.Passed));
        Assert.Equal((AccessMatrix.Shipped.Version, 0L), (refused.MatrixVersion, refused.ConsentVersion));
        await Waiting.RefusedAsync(ReadAsync, RefusalCode.ConsentRequired);

        var permit = await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var allowed = await ExplainAsync(_doctor, new Wire.ExplainAccessRequest { DocumentId = _document });
        Assert.Equal(("ALLOW", permit.Authorization.AuthorizationId), (allowed.Outcome, allowed.AuthorizationId));
        Assert.Equal([1, 2, 3, 4, 5, 6, 8, 7, 9], allowed.Steps.Select(step => step.Step_));
        Assert.Empty(allowed.AskFor);
        await ReadAsync();
    }

    [Fact]
    public async Task An_emergency_that_is_only_tried_is_told_to_nobody()
    {
        var access = new Wire.AccessContext { Mode = Mode.Emergency, Reason = "coma" };
        var before = await _host.VersionOfAsync(Person);

        Assert.Equal("ALLOW_EMERGENCY", (await ExplainAsync(_doctor, new Wire.ExplainAccessRequest { Access = access })).Outcome);
        access.Reason = "";
        var silent = await ExplainAsync(_doctor, new Wire.ExplainAccessRequest { Access = access });

        Assert.Equal(("EMERGENCY_REASON_REQUIRED", "REASON"), (silent.Outcome, Assert.Single(silent.AskFor)));

        // Each leaves its trace and opens no session.
        Assert.Equal(before + 2, await _host.VersionOfAsync(Person));
        Assert.DoesNotContain((await _owner.ChangesAsync(_patient, 0)).Changes, change => change.Code == "ACCES_BRIS_GLACE");
    }

    [Fact]
    public async Task A_masked_document_a_withdrawn_one_and_none_are_explained_in_the_same_bytes()
    {
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var gone = (await _host.As(People.HospitalSystem).SubmitAsync(People.Document(Person, "2"))).DocumentId;
        await _host.As(People.HospitalSystem).WithdrawAsync(People.Withdrawal(Person, "2"));
        await _owner.CallAsync<Wire.SetConfidentialityRequest, Wire.SetConfidentialityResponse>(
            "PatientRecords/SetConfidentiality",
            new Wire.SetConfidentialityRequest
            {
                Patient = _patient, DocumentId = _document, EntryVersion = 1,
                Confidentiality = { Wire.Confidentiality.MaskedFromProfessionals },
            });

        var answers = new List<ByteString>();
        foreach (var id in new[] { _document, gone, Guid.AllBitsSet.ToString() })
        {
            var answer = await ExplainAsync(_doctor, new Wire.ExplainAccessRequest { DocumentId = id });
            Assert.Equal(("DOCUMENT_NOT_FOUND", "PATIENT"), (answer.Outcome, Assert.Single(answer.AskFor)));
            answer.At = null;
            answers.Add(answer.ToByteString());
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal(answers[0], answers[2]);

        // The patient is told of the mask, and of what would lift it.
        var seen = await ExplainAsync(_owner, new Wire.ExplainAccessRequest
        {
            DocumentId = _document,
            Professional = new Wire.Professional { Id = People.DoctorId },
            Labels = new Wire.TriedLabels { DocumentId = _document, Confidentiality = { Wire.Confidentiality.Normal } },
        });
        Assert.Equal(("DOCUMENT_NOT_FOUND", "masked", "ALLOW"), (seen.Outcome, seen.Steps[^1].Rule, seen.OutcomeAfter));
    }

    [Fact]
    public async Task The_patient_sees_who_can_see_a_document_and_who_would_lose_it()
    {
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await _owner.AuthorizeAsync(_patient, People.NurseId);
        await _owner.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
        {
            Patient = _patient, Holder = new Wire.Holder { OrganizationId = People.OtherHospital }, HolderName = "Clinique",
        });
        await ReadAsync();
        await _owner.BlockAsync(_patient, "899700000039");
        var before = await _host.VersionOfAsync(Person);

        var answer = await ExplainAsync(_owner, new Wire.ExplainAccessRequest
        {
            DocumentId = _document, Block = new Wire.BlockProfessionalRequest { ProfessionalId = People.DoctorId },
        });

        var by = answer.Viewers.ToDictionary(
            viewer => viewer.ProfessionalId + viewer.OrganizationId + (viewer.HasEmergency ? viewer.Emergency.ToString() : ""));
        Assert.Equal(("ALLOW", "ACCESS_BLOCKED"), (by[People.DoctorId].Outcome, by[People.DoctorId].OutcomeAfter));
        Assert.Equal("The patient has blocked this professional.", by[People.DoctorId].BecauseAfter);
        Assert.Equal(("ALLOW", "ALLOW", true), (by[People.NurseId].Outcome, by[People.NurseId].OutcomeAfter, by[People.NurseId].ProfessionAssumed));
        Assert.False(by[People.DoctorId].ProfessionAssumed);
        Assert.Equal("ACCESS_BLOCKED", by["899700000039"].Outcome);
        Assert.Equal(("ALLOW", "Clinique"), (by[People.OtherHospital].Outcome, by[People.OtherHospital].Name));
        Assert.Equal("CONSENT_REQUIRED", by[People.Author().Id].Outcome);
        Assert.Equal("ALLOW_EMERGENCY", by["Emergency"].OutcomeAfter);
        Assert.Equal("ALLOW_EMERGENCY", by["RegulationCentre"].OutcomeAfter);
        Assert.Equal(before, await _host.VersionOfAsync(Person));
        await ReadAsync();
    }

    [Fact]
    public async Task A_professional_asks_about_nobody_else_and_tries_nothing()
    {
        await Waiting.RefusedAsync(
            () => ExplainAsync(_doctor, new Wire.ExplainAccessRequest { Professional = new Wire.Professional { Id = People.NurseId } }),
            RefusalCode.CallerKindForbidden,
            "professional");
        await Waiting.RefusedAsync(
            () => ExplainAsync(_doctor, new Wire.ExplainAccessRequest { Close = new Wire.CloseRecordRequest() }),
            RefusalCode.CallerKindForbidden);
        await Waiting.RefusedAsync(
            () => ExplainAsync(_owner, new Wire.ExplainAccessRequest { Revoke = new Wire.RevokeAuthorizationRequest { AuthorizationId = "9" } }),
            RefusalCode.TargetNotFound);
        await Waiting.RefusedAsync(
            () => ExplainAsync(_owner, new Wire.ExplainAccessRequest { DocumentId = "7" }), RefusalCode.MetadataInvalid, "document_id");
    }

    private Task<Wire.ExplainAccessResponse> ExplainAsync(TestClient client, Wire.ExplainAccessRequest request)
    {
        request.Patient = _patient;
        return client.CallAsync<Wire.ExplainAccessRequest, Wire.ExplainAccessResponse>("Consents/ExplainAccess", request);
    }

    private Task ReadAsync() =>
        _doctor.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, DocumentId = _document });
}
