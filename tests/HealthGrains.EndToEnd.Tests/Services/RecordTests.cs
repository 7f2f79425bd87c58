using Google.Protobuf.WellKnownTypes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class RecordTests : IAsyncLifetime
{
    private readonly PatientId _patientId = People.Patient(1);
    private readonly Wire.Patient _patient = People.Patient(1).ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _owner = _host.As(new Caller.Patient(_patientId));
        _doctor = _host.As(People.Doctor);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_whole_flow_of_a_document()
    {
        await Waiting.RefusedAsync(() => _owner.GetRecordAsync(_patient), RefusalCode.PatientUnknown, "patient");
        var receipt = await _hospital.SubmitAsync(People.Document(_patientId));
        var record = await _owner.GetRecordAsync(_patient);
        Assert.Equal(Wire.RecordState.OpenNotActivated, record.State);
        Assert.Equal(Wire.GetRecordResponse.Types.CallerStatus.Owner, record.CallerStatus);
        await Waiting.RefusedAsync(() => ListAsync(_owner), RefusalCode.RecordNotActivated, "patient");

        Assert.False((await _owner.OpenRecordAsync(_patient)).AlreadySo);
        Assert.True((await _owner.OpenRecordAsync(_patient)).AlreadySo);
        record = await _owner.GetRecordAsync(_patient);
        Assert.Equal(Wire.RecordState.OpenActivated, record.State);
        Assert.Equal(1, record.Documents);
        Assert.Equal(1, record.Sequence);

        var listed = Assert.Single((await ListAsync(_owner)).Documents);
        Assert.Equal(receipt.DocumentId, listed.DocumentId);
        Assert.Equal("Compte rendu", listed.Metadata.Title);
        Assert.Equal(Wire.DocumentStatus.Approved, listed.Status);
        Assert.True(listed.Permissions.ReadContent);
        Assert.False(listed.Permissions.Withdraw);

        // A professional: no right, then one, then none any more.
        var standing = await _doctor.GetRecordAsync(_patient);
        Assert.Equal(Wire.GetRecordResponse.Types.CallerStatus.NotAuthorized, standing.CallerStatus);
        Assert.Equal(0, standing.Documents);
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.ConsentRequired);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        Assert.Equal(
            Wire.GetRecordResponse.Types.CallerStatus.Authorized, (await _doctor.GetRecordAsync(_patient)).CallerStatus);
        Assert.Single((await ListAsync(_doctor)).Documents);
        var (entry, bytes) = await _doctor.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient, DocumentId = receipt.DocumentId });
        Assert.Equal("Hémoglobine 12,5 g/dL", System.Text.Encoding.UTF8.GetString(bytes));
        Assert.Equal(receipt.DocumentId, entry!.DocumentId);

        await _owner.RevokeAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(
            () => _doctor.ReadContentAsync(new Wire.ReadContentRequest { Patient = _patient, DocumentId = receipt.DocumentId }),
            RefusalCode.ConsentRequired);

        // The patient sees who tried what.
        var traces = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces;
        Assert.Equal(["CONSENT_REQUIRED", "ALLOW"], traces.Where(t => t.Action == "ReadContent").Select(t => t.Outcome));
        Assert.Contains(traces, t => t.Action == "ListDocuments" && t.Outcome == "CONSENT_REQUIRED");
        Assert.All(traces, t => Assert.Equal(People.DoctorId, t.Actor.Id));

        var changes = (await _owner.ChangesAsync(_patient, 0)).Changes;
        Assert.Equal(Enumerable.Range(1, changes.Count).Select(n => (long)n), changes.Select(c => c.Sequence));
        Assert.Contains(changes, c => c.Code == "CONSULT_DOCUMENT" && c.DocumentId == receipt.DocumentId);
    }

    [Fact]
    public async Task A_patient_is_told_the_same_of_every_other_record()
    {
        await _hospital.SubmitAsync(People.Document(People.Patient(2)));
        foreach (var other in new[] { People.Patient(2).ToWire(), People.Patient(3).ToWire() })
        {
            await Waiting.RefusedAsync(() => _owner.GetRecordAsync(other), RefusalCode.DelegationForbidden, "patient");
            await Waiting.RefusedAsync(
                () => _owner.ListAsync(new Wire.ListDocumentsRequest { Patient = other }), RefusalCode.DelegationForbidden, "patient");
            await Waiting.RefusedAsync(() => _owner.OpenRecordAsync(other), RefusalCode.DelegationForbidden, "patient");
            await Waiting.RefusedAsync(
                () => _owner.AuthorizeAsync(other, People.DoctorId), RefusalCode.DelegationForbidden, "patient");
            await Waiting.RefusedAsync(() => _host.As(People.Delegate).GetRecordAsync(other), RefusalCode.DelegationForbidden, "patient");
        }

        Assert.Equal(0, await _host.VersionOfAsync(People.Patient(3)));
    }

    [Fact]
    public async Task The_realm_of_the_person_is_checked_for_readers_too()
    {
        var real = new Wire.Patient { Ins = _patient.Ins, Oid = "1.2.250.1.213.1.4.8" };
        await Waiting.RefusedAsync(() => _doctor.GetRecordAsync(real), RefusalCode.InsRealmMismatch, "patient");
        await Waiting.RefusedAsync(() => _doctor.GetRecordAsync(new Wire.Patient()), RefusalCode.InsMissing, "patient");
    }

    [Fact]
    public async Task A_blocked_professional_and_a_refused_structure_are_told_so()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var blocked = await _owner.BlockAsync(_patient, People.DoctorId);
        Assert.Single(blocked.Ended);
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.AccessBlocked);
        await Waiting.RefusedAsync(
            () => _owner.AuthorizeAsync(_patient, People.DoctorId), RefusalCode.AccessBlocked, "holder");
        await _owner.UnblockAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.ConsentRequired);

        var structure = new Wire.Holder { OrganizationId = People.Practice };
        await _owner.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest { Patient = _patient, Holder = structure });
        Assert.Single((await ListAsync(_doctor)).Documents);
        await _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest { Patient = _patient, Holder = structure, Deny = true });
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.AccessDenied);

        // A block does not stop deposits.
        await _hospital.SubmitAsync(People.Document(_patientId, "2", "two"));
    }

    [Fact]
    public async Task A_closed_record_is_read_by_nobody()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await _owner.CloseRecordAsync(_patient);
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.RecordClosed);
        await Waiting.RefusedAsync(() => ListAsync(_owner), RefusalCode.RecordClosed, "patient");
        var mine = await _owner.GetRecordAsync(_patient);
        Assert.Equal("Je préfère.", mine.ClosingReason);
        Assert.NotNull(mine.ClosedAt);
        Assert.Equal("", (await _doctor.GetRecordAsync(_patient)).ClosingReason);
    }

    [Fact]
    public async Task What_an_emergency_is_not_served_for_says_so()
    {
        await OpenWithDocumentAsync();
        var emergency = new Wire.AccessContext { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = "coma" };
        var version = await _host.VersionOfAsync(_patientId);
        await UnservedAsync(() => _doctor.CallAsync<Wire.FollowRequest, Wire.FollowResponse>(
            "Inbox/Follow", new Wire.FollowRequest { Patient = _patient, Access = emergency }));
        await Waiting.RefusedAsync(
            () => _doctor.CallAsync<Wire.FollowRequest, Wire.FollowResponse>(
                "Inbox/Follow",
                new Wire.FollowRequest { Patient = _patient, Access = new Wire.AccessContext { SecretSession = true } }),
            RefusalCode.MetadataInvalid,
            "access.secret_session");
        Assert.Equal(version, await _host.VersionOfAsync(_patientId));

        static async Task UnservedAsync(Func<Task> call) =>
            Assert.Equal(RpcStatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(call)).Code);
    }

    [Fact]
    public async Task A_professional_with_several_situations_names_one()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
        {
            Patient = _patient,
            Holder = new Wire.Holder { OrganizationId = People.Practice },
        });
        var busy = _host.As(People.Professional(People.DoctorId, "10", People.Practice, People.Hospital));
        await Waiting.RefusedAsync(() => ListAsync(busy), RefusalCode.ContextIncomplete);
        Assert.Single((await busy.ListAsync(In(People.Practice))).Documents);
        await Waiting.RefusedAsync(() => busy.ListAsync(In(People.Hospital)), RefusalCode.ConsentRequired);
        await Waiting.RefusedAsync(() => busy.ListAsync(In(People.OtherHospital)), RefusalCode.ContextIncomplete);
        await Waiting.RefusedAsync(() => busy.ReadInboxAsync(0), RefusalCode.ContextIncomplete);

        Wire.ListDocumentsRequest In(string structure) => new()
        {
            Patient = _patient,
            Access = new Wire.AccessContext { OrganizationId = structure },
        };
    }

    [Fact]
    public async Task What_is_hidden_is_not_told_from_what_does_not_exist()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var masked = People.Document(_patientId, "masked", "masked");
        masked.Metadata.Confidentiality.Add(Wire.Confidentiality.MaskedFromProfessionals);
        var maskedId = (await _hospital.SubmitAsync(masked)).DocumentId;
        var hidden = People.Document(_patientId, "hidden", "hidden");
        hidden.Metadata.Confidentiality.Add(Wire.Confidentiality.HiddenFromPatient);
        var hiddenId = (await _hospital.SubmitAsync(hidden)).DocumentId;

        var absent = await RefusalOf(_doctor, "00000000-0000-4000-8000-000000000001");
        Assert.Equal(absent, await RefusalOf(_doctor, maskedId));
        Assert.Equal(absent, await RefusalOf(_owner, hiddenId));
        var seen = await _doctor.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, DocumentId = hiddenId });
        Assert.Contains("NOT_VISIBLE_TO_PATIENT", seen.Warnings);
        await Waiting.RefusedAsync(
            () => _owner.WithdrawAsync(People.Withdrawal(_patientId, "hidden")), RefusalCode.TargetNotFound, "unique_id");

        async Task<string> RefusalOf(TestClient client, string id)
        {
            var error = await Waiting.RefusedAsync(
                () => client.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, DocumentId = id }),
                RefusalCode.DocumentNotFound);
            return $"{error.Code} {error.Detail} {string.Join(';', error.Details)}";
        }
    }

    [Fact]
    public async Task A_document_is_named_by_a_good_id()
    {
        await OpenWithDocumentAsync();
        await Waiting.RefusedAsync(
            () => _owner.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient }), RefusalCode.MetadataInvalid, "document_id");
        await Waiting.RefusedAsync(
            () => _owner.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, DocumentId = "../../etc" }),
            RefusalCode.MetadataInvalid,
            "document_id");
        await Waiting.RefusedAsync(
            () => _owner.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient, UniqueId = "x y" }),
            RefusalCode.MetadataInvalid,
            "unique_id");
        foreach (var offset in new[] { -1L, 1_000_000 })
        {
            await Waiting.RefusedAsync(
                () => _owner.ReadContentAsync(
                    new Wire.ReadContentRequest { Patient = _patient, UniqueId = "2.999.7^1", Offset = offset }),
                RefusalCode.MetadataInvalid,
                "offset");
        }
    }

    [Fact]
    public async Task Pages_follow_each_other_and_their_tokens_work_for_one_question_only()
    {
        await OpenWithDocumentAsync();
        for (var i = 2; i <= 5; i++)
            await _hospital.SubmitAsync(People.Document(_patientId, i.ToString(), $"text {i}"));
        await _owner.AuthorizeAsync(_patient, People.DoctorId);

        var seen = new List<string>();
        var request = new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 2 };
        var token = "";
        do
        {
            request.PageToken = token;
            var page = await _owner.ListAsync(request);
            Assert.InRange(page.Documents.Count, 1, 2);
            seen.AddRange(page.Documents.Select(document => document.UniqueId));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(["2.999.7^5", "2.999.7^4", "2.999.7^3", "2.999.7^2", "2.999.7^1"], seen.OrderDescending());
        Assert.Equal(5, seen.Distinct().Count());

        request.PageToken = "";
        token = (await _owner.ListAsync(request)).NextPageToken;
        await RefusedAsync(_doctor, r => r.PageToken = token);
        await RefusedAsync(_owner, r => { r.PageToken = token; r.TypeCodes.Add("11502-2"); });
        await RefusedAsync(_owner, r => { r.PageToken = token; r.Relevance = Wire.ListDocumentsRequest.Types.Relevance.Relevant; });
        await RefusedAsync(_owner, r => r.PageToken = token[..^2] + (token[^2] == 'A' ? "BB" : "AA"));
        await RefusedAsync(_owner, r => r.PageToken = "Q" + token[1..]);
        await RefusedAsync(_owner, r => r.PageToken = token[..^4]);
        await RefusedAsync(_owner, r => r.PageToken = token + token);
        await RefusedAsync(_owner, r => r.PageToken = "not a token");
        await RefusedAsync(_owner, r => r.PageToken = new string('A', 100_000));

        // Another page size is no other question.
        request.PageToken = token;
        request.PageSize = 200;
        Assert.Equal(3, (await _owner.ListAsync(request)).Documents.Count);
        request.PageSize = -1;
        await Waiting.RefusedAsync(() => _owner.ListAsync(request), RefusalCode.MetadataInvalid, "page_size");

        Task RefusedAsync(TestClient client, Action<Wire.ListDocumentsRequest> change)
        {
            var other = new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 2 };
            change(other);
            return Waiting.RefusedAsync(() => client.ListAsync(other), RefusalCode.MetadataInvalid, "page_token");
        }
    }

    [Fact]
    public async Task Documents_with_the_longest_metadata_are_listed_in_shorter_pages()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        const int documents = 40;
        for (var i = 0; i < documents; i++)
        {
            var request = People.Document(_patientId, $"long{i}", $"long {i}");
            var author = People.Author();
            author.Name = new string('é', 256);
            author.OrganizationName = new string('€', 256);
            request.Metadata.Authors.Clear();
            request.Metadata.Authors.Add(Enumerable.Repeat(author, 50));
            request.Metadata.Comments = new string('€', 1000);
            request.Metadata.EventCodes.Add(Enumerable.Repeat(new string('€', 256), 100));
            request.Metadata.ReferenceIds.Add(Enumerable.Repeat(new string('€', 256), 100));
            await _hospital.SubmitAsync(request);
        }

        var listed = new List<string>();
        var pages = 0;
        var token = "";
        do
        {
            var page = await ListAsync(_doctor, r => { r.PageSize = 200; r.PageToken = token; });
            listed.AddRange(page.Documents.Select(document => document.UniqueId));
            token = page.NextPageToken;
            pages++;
        }
        while (token.Length > 0);
        Assert.Equal(documents + 1, listed.Distinct().Count());
        Assert.Equal(documents + 1, listed.Count);
        Assert.InRange(pages, 2, 10);

        var changes = 0;
        Wire.ChangesSinceResponse since;
        do
        {
            since = await _doctor.ChangesAsync(_patient, changes, 200);
            changes += since.Changes.Count;
        }
        while (since.HasMore);
        Assert.Equal(documents + 1, changes);
    }

    [Fact]
    public async Task Page_2_after_a_revocation_is_refused()
    {
        await OpenWithDocumentAsync();
        await _hospital.SubmitAsync(People.Document(_patientId, "2", "two"));
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        var request = new Wire.ListDocumentsRequest { Patient = _patient, PageSize = 1 };
        request.PageToken = (await _doctor.ListAsync(request)).NextPageToken;
        Assert.NotEqual("", request.PageToken);
        await _owner.RevokeAsync(_patient, People.DoctorId);
        await Waiting.RefusedAsync(() => _doctor.ListAsync(request), RefusalCode.ConsentRequired);
    }

    [Fact]
    public async Task Filters_filter_and_have_bounds()
    {
        await OpenWithDocumentAsync();
        var other = People.Document(_patientId, "2", "two");
        other.Metadata.TypeCode = "57833-6";
        other.Metadata.CreatedAt = People.Ago(TimeSpan.FromDays(1000));
        other.Metadata.ServiceStart = People.Ago(TimeSpan.FromDays(1000));
        await _hospital.SubmitAsync(other);
        Assert.Equal("2.999.7^2", Assert.Single((await ListAsync(_owner, r => r.ClassCodes.Add("42"))).Documents).UniqueId);
        Assert.Equal("2.999.7^1", Assert.Single((await ListAsync(_owner, r => r.TypeCodes.Add("11502-2"))).Documents).UniqueId);
        Assert.Single((await ListAsync(_owner, r => r.CreatedAfter = People.Ago(TimeSpan.FromDays(10)))).Documents);
        Assert.Single((await ListAsync(_owner, r => r.CreatedBefore = People.Ago(TimeSpan.FromDays(10)))).Documents);
        var relevant = await ListAsync(_owner, r => r.Relevance = Wire.ListDocumentsRequest.Types.Relevance.Relevant);
        Assert.Single(relevant.Documents);
        Assert.Equal(1, relevant.LeftOut);
        await _hospital.WithdrawAsync(People.Withdrawal(_patientId, "2"));
        Assert.Empty((await ListAsync(_owner, r => r.Statuses.Add(Wire.DocumentStatus.Deleted))).Documents);

        await RefusedAsync("type_codes", r => r.TypeCodes.Add(Enumerable.Repeat("x", 101)));
        await RefusedAsync("class_codes", r => r.ClassCodes.Add(Enumerable.Repeat("x", 21)));
        await RefusedAsync("statuses[0]", r => r.Statuses.Add((Wire.DocumentStatus)99));
        await RefusedAsync("relevance", r => r.Relevance = (Wire.ListDocumentsRequest.Types.Relevance)99);
        await RefusedAsync("created_after", r => r.CreatedAfter = new Timestamp { Seconds = long.MinValue });

        Task RefusedAsync(string field, Action<Wire.ListDocumentsRequest> change) =>
            Waiting.RefusedAsync(() => ListAsync(_owner, change), RefusalCode.MetadataInvalid, field);
    }

    [Fact]
    public async Task Cursors_beyond_the_end_and_below_the_beginning_are_refused()
    {
        await OpenWithDocumentAsync();
        foreach (var cursor in new[] { 2L, long.MaxValue, -1, long.MinValue })
            await Waiting.RefusedAsync(() => _owner.ChangesAsync(_patient, cursor), RefusalCode.MetadataInvalid, "after_sequence");
        var page = await _owner.ChangesAsync(_patient, 1);
        Assert.Empty(page.Changes);
        Assert.Equal(1, page.NextSequence);
        Assert.False(page.HasMore);
    }

    [Fact]
    public async Task Accesses_come_by_pages_newest_first()
    {
        await OpenWithDocumentAsync();
        for (var i = 0; i < 5; i++)
            await _doctor.GetRecordAsync(_patient);
        await Waiting.RefusedAsync(() => ListAsync(_doctor), RefusalCode.ConsentRequired);

        var request = new Wire.ListAccessesRequest { Patient = _patient, PageSize = 4 };
        var first = await _owner.AccessesAsync(request);
        Assert.Equal(4, first.Traces.Count);
        Assert.Equal("ListDocuments", first.Traces[0].Action);
        request.PageToken = first.NextPageToken;
        var second = await _owner.AccessesAsync(request);
        Assert.Equal(2, second.Traces.Count);
        Assert.Equal("", second.NextPageToken);
        Assert.True(first.Traces.Concat(second.Traces).Select(t => t.Sequence).SequenceEqual([6, 5, 4, 3, 2, 1]));

        var general = await _owner.AccessesAsync(
            new Wire.ListAccessesRequest { Patient = _patient, Group = Wire.AccessTrace.Types.Group.General, PageSize = 3 });
        Assert.Equal(3, general.Traces.Count);
        Assert.All(general.Traces, t => Assert.Equal("GetRecord", t.Action));
        var none = await _owner.AccessesAsync(
            new Wire.ListAccessesRequest { Patient = _patient, Group = Wire.AccessTrace.Types.Group.ServiceTiers, PageSize = 1 });
        Assert.Empty(none.Traces);
        Assert.Equal("", none.NextPageToken);
        var medical = await _owner.AccessesAsync(
            new Wire.ListAccessesRequest { Patient = _patient, Group = Wire.AccessTrace.Types.Group.MedicalDocument, PageSize = 1 });
        Assert.Equal("ListDocuments", Assert.Single(medical.Traces).Action);
        Assert.Equal("", medical.NextPageToken);
        request.Group = Wire.AccessTrace.Types.Group.General;
        await Waiting.RefusedAsync(() => _owner.AccessesAsync(request), RefusalCode.MetadataInvalid, "page_token");
    }

    [Fact]
    public async Task Consents_are_told_as_they_are_and_repeat_without_effect()
    {
        await OpenWithDocumentAsync();
        var given = await _owner.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
        {
            Patient = _patient,
            Holder = new Wire.Holder { ProfessionalId = People.DoctorId },
            End = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(30)),
            HolderName = "Dr TEST",
        });
        Assert.True(given.Authorization.IsActive);
        Assert.False(given.Receipt.AlreadySo);
        await _owner.BlockAsync(_patient, People.NurseId);
        Assert.True((await _owner.BlockAsync(_patient, People.NurseId)).Receipt.AlreadySo);
        await _doctor.FollowAsync(_patient);

        var state = await _owner.GetConsentsAsync(_patient);
        Assert.Equal(given.Authorization.AuthorizationId, Assert.Single(state.Authorizations).AuthorizationId);
        Assert.Equal("Dr TEST", state.Authorizations[0].HolderName);
        Assert.Equal(People.NurseId, Assert.Single(state.Blocks).ProfessionalId);
        Assert.Equal(People.DoctorId, Assert.Single(state.Followers).ProfessionalId);

        var ended = await _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest
        {
            Patient = _patient,
            AuthorizationId = given.Authorization.AuthorizationId,
        });
        Assert.False(Assert.Single(ended.Ended).IsActive);
        Assert.True((await _owner.RevokeAsync(_patient, People.DoctorId)).Receipt.AlreadySo);
        Assert.Empty((await _owner.GetConsentsAsync(_patient)).Authorizations);
        Assert.Single((await _owner.GetConsentsAsync(_patient, includeEnded: true)).Authorizations);
    }

    [Fact]
    public async Task Bad_changes_of_consent_are_refused_by_field()
    {
        await OpenWithDocumentAsync();
        var version = await _host.VersionOfAsync(_patientId);
        await AuthorizeRefusedAsync("holder", r => r.Holder = null);
        await AuthorizeRefusedAsync("holder.professional_id", r => r.Holder.ProfessionalId = "899700218895");
        await AuthorizeRefusedAsync("holder.professional_id", r => r.Holder.ProfessionalId = "3990000002/system");
        await AuthorizeRefusedAsync("holder.organization_id", r => r.Holder.OrganizationId = "1990000003");
        await AuthorizeRefusedAsync("basis", r => r.Basis = Wire.Authorization.Types.Basis.CareTeam);
        await AuthorizeRefusedAsync("holder_name", r => r.HolderName = "a\u202Eb");
        await AuthorizeRefusedAsync("start", r => r.Start = new Timestamp { Nanos = -1 });
        await AuthorizeRefusedAsync("end", r => r.End = People.Ago(TimeSpan.FromDays(1)));
        await Waiting.RefusedAsync(
            () => _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest { Patient = _patient }),
            RefusalCode.MetadataInvalid,
            "authorization_id");
        foreach (var unknown in new[] { "7", "-1", "x", "99999999999" })
        {
            await Waiting.RefusedAsync(
                () => _owner.RevokeAsync(new Wire.RevokeAuthorizationRequest { Patient = _patient, AuthorizationId = unknown }),
                RefusalCode.TargetNotFound,
                "authorization_id");
        }

        await Waiting.RefusedAsync(() => _owner.BlockAsync(_patient, "x"), RefusalCode.MetadataInvalid, "professional_id");
        await Waiting.RefusedAsync(
            () => _owner.CallAsync<Wire.OpenRecordRequest, Wire.OpenRecordResponse>(
                "Consents/OpenRecord", new Wire.OpenRecordRequest { Patient = _patient }),
            RefusalCode.MetadataInvalid,
            "terms_version");
        Assert.Equal(version, await _host.VersionOfAsync(_patientId));

        Task AuthorizeRefusedAsync(string field, Action<Wire.AuthorizeProfessionalRequest> change)
        {
            var request = new Wire.AuthorizeProfessionalRequest
            {
                Patient = _patient,
                Holder = new Wire.Holder { ProfessionalId = People.DoctorId },
            };
            change(request);
            return Waiting.RefusedAsync(() => _owner.AuthorizeAsync(request), RefusalCode.MetadataInvalid, field);
        }
    }

    [Fact]
    public async Task No_line_of_the_log_names_the_patient()
    {
        await OpenWithDocumentAsync();
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
        await using (var watch = _doctor.Watch(_patient, 0))
        {
            await watch.NextAsync("the first change");
            await _owner.RevokeAsync(_patient, People.DoctorId);
            await watch.EndsWithAsync(RefusalCode.ConsentRequired);
        }

        Assert.NotEmpty(_host.Lines);
        Assert.DoesNotContain(_host.Lines, line => line.Contains(_patientId.Number, StringComparison.Ordinal));
    }

    private async Task OpenWithDocumentAsync()
    {
        await _hospital.SubmitAsync(People.Document(_patientId));
        await _owner.OpenRecordAsync(_patient);
    }

    private Task<Wire.ListDocumentsResponse> ListAsync(TestClient client, Action<Wire.ListDocumentsRequest>? change = null)
    {
        var request = new Wire.ListDocumentsRequest { Patient = _patient };
        change?.Invoke(request);
        return client.ListAsync(request);
    }
}
