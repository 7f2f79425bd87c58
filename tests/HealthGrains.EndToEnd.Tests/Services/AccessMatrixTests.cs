using Google.Protobuf.Reflection;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Every RPC that is served, by every kind of caller, on a record of their own and on somebody else's.</summary>
public sealed class AccessMatrixTests : IAsyncLifetime
{
    private const string Served = "served";
    private const string Unserved = "UNIMPLEMENTED";

    // The own record of the patient is the one where the doctor may read and follows; the other is as full and as open.
    private static readonly PatientId Own = People.Patient(1);
    private static readonly PatientId Other = People.Patient(2);

    private static readonly (string Name, Caller Caller)[] Callers =
    [
        ("patient", new Caller.Patient(Own)),
        ("doctor", People.Doctor),
        ("author's system", People.HospitalSystem),
        ("another system", People.OtherHospitalSystem),
        ("representative", new Caller.Delegate("parent-1")),
        ("caregiver", new Caller.Delegate("carer-1")),
        ("former caregiver", new Caller.Delegate("carer-2")),
        ("invited caregiver", new Caller.Delegate("carer-3")),
        ("stranger", People.Delegate),
        ("operator", People.Operator),
    ];

    /// <summary>One good call of each method, on a record. Calls end, and end what they opened.</summary>
    private static readonly Dictionary<string, Func<TestClient, PatientId, Task>> Calls = new()
    {
        ["DocumentExchange.Submit"] = (client, patient) => client.SubmitAsync(People.Document(patient)),
        ["DocumentExchange.SubmitMany"] = SubmitManyAsync,
        ["DocumentExchange.Upload"] = (client, patient) => client.UploadAsync(patient.ToWire(), [1, 2, 3]),
        ["DocumentExchange.TrackDelivery"] = (client, patient) =>
            client.CallAsync<Wire.TrackDeliveryRequest, Wire.DeliveryReport>(
                "DocumentExchange/TrackDelivery",
                new Wire.TrackDeliveryRequest { Patient = patient.ToWire(), UniqueId = "2.999.7^1" }),
        ["DocumentExchange.Withdraw"] = (client, patient) => client.WithdrawAsync(People.Withdrawal(patient, "unknown")),
        ["PatientRecords.GetRecord"] = (client, patient) => client.GetRecordAsync(patient.ToWire()),
        ["PatientRecords.ListDocuments"] = (client, patient) =>
            client.ListAsync(new Wire.ListDocumentsRequest { Patient = patient.ToWire() }),
        ["PatientRecords.GetDocument"] = (client, patient) =>
            client.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = patient.ToWire(), UniqueId = "2.999.7^1" }),
        ["PatientRecords.ReadContent"] = (client, patient) =>
            client.ReadContentAsync(new Wire.ReadContentRequest { Patient = patient.ToWire(), UniqueId = "2.999.7^1" }),
        ["PatientRecords.ChangesSince"] = (client, patient) => client.ChangesAsync(patient.ToWire(), 0),
        ["PatientRecords.Watch"] = async (client, patient) =>
        {
            await using var watch = client.Watch(patient.ToWire(), 0);
            await watch.NextAsync("the first change");
        },
        ["PatientRecords.SetConfidentiality"] = (client, patient) =>
            client.CallAsync<Wire.SetConfidentialityRequest, Wire.SetConfidentialityResponse>(
                "PatientRecords/SetConfidentiality",
                new Wire.SetConfidentialityRequest
                {
                    Patient = patient.ToWire(), DocumentId = Guid.AllBitsSet.ToString(), EntryVersion = 1,
                    Confidentiality = { Wire.Confidentiality.MaskedFromProfessionals },
                }),
        ["PatientRecords.SetMasking"] = (client, patient) =>
            client.CallAsync<Wire.SetMaskingRequest, Wire.SetMaskingResponse>(
                "PatientRecords/SetMasking",
                new Wire.SetMaskingRequest { Patient = patient.ToWire(), All = true, Visible = Wire.Decision.Permit }),
        ["Consents.GetPreferences"] = (client, patient) =>
            client.CallAsync<Wire.GetPreferencesRequest, Wire.GetPreferencesResponse>(
                "Consents/GetPreferences", new Wire.GetPreferencesRequest { Patient = patient.ToWire() }),
        ["Consents.SetPreferences"] = (client, patient) =>
            client.CallAsync<Wire.SetPreferencesRequest, Wire.SetPreferencesResponse>(
                "Consents/SetPreferences",
                new Wire.SetPreferencesRequest
                {
                    Patient = patient.ToWire(),
                    Notifications = new Wire.NotificationPreferences { Screening = Wire.Decision.Deny },
                }),
        ["PatientRecords.ListAccesses"] = (client, patient) =>
            client.AccessesAsync(new Wire.ListAccessesRequest { Patient = patient.ToWire() }),
        ["DocumentExchange.Reconcile"] = async (client, _) =>
        {
            await foreach (var line in client.Stream<Wire.ReconcileRequest, Wire.ReconcileLine>(
                "DocumentExchange/Reconcile", new Wire.ReconcileRequest(), CancellationToken.None))
            {
                Assert.True(line.Totals is not null || line.UniqueId.Length > 0);
            }
        },
        ["PatientRecords.ExportRecord"] = async (client, patient) =>
        {
            await foreach (var chunk in client.Stream<Wire.ExportRecordRequest, Wire.ExportChunk>(
                "PatientRecords/ExportRecord", new Wire.ExportRecordRequest { Patient = patient.ToWire() }, CancellationToken.None))
            {
                Assert.NotEqual(Wire.ExportChunk.PartOneofCase.None, chunk.PartCase);
            }
        },
        ["Consents.GetConsents"] = (client, patient) => client.GetConsentsAsync(patient.ToWire()),
        ["Consents.OpenRecord"] = (client, patient) => client.OpenRecordAsync(patient.ToWire()),
        ["Consents.CloseRecord"] = (client, patient) => client.CloseRecordAsync(patient.ToWire()),
        ["Consents.AuthorizeProfessional"] = (client, patient) => client.AuthorizeAsync(patient.ToWire(), People.NurseId),
        ["Consents.RevokeAuthorization"] = (client, patient) => client.RevokeAsync(patient.ToWire(), People.NurseId),
        ["Consents.BlockProfessional"] = (client, patient) => client.BlockAsync(patient.ToWire(), People.NurseId),
        ["Consents.UnblockProfessional"] = (client, patient) => client.UnblockAsync(patient.ToWire(), People.NurseId),
        ["Consents.SetEmergencyAccess"] = (client, patient) =>
            client.CallAsync<Wire.SetEmergencyAccessRequest, Wire.SetEmergencyAccessResponse>(
                "Consents/SetEmergencyAccess",
                new Wire.SetEmergencyAccessRequest
                {
                    Patient = patient.ToWire(), Emergency = new Wire.EmergencyAccess { BreakTheGlass = Wire.Decision.Deny },
                }),
        ["Consents.SetPurposeConsent"] = (client, patient) =>
            client.CallAsync<Wire.SetPurposeConsentRequest, Wire.SetPurposeConsentResponse>(
                "Consents/SetPurposeConsent",
                new Wire.SetPurposeConsentRequest
                {
                    Patient = patient.ToWire(),
                    Consent = new Wire.PurposeConsent { Purpose = "SECONDARY_USE", Decision = Wire.Decision.Deny },
                }),
        ["Consents.SetAdministrator"] = (client, patient) =>
            client.CallAsync<Wire.SetAdministratorRequest, Wire.SetAdministratorResponse>(
                "Consents/SetAdministrator",
                new Wire.SetAdministratorRequest { Patient = patient.ToWire(), ProfessionalId = People.NurseId }),
        ["Consents.SetAttendingPhysician"] = (client, patient) =>
            client.SetAttendingPhysicianAsync(patient.ToWire(), People.DoctorId),
        ["Consents.AddDelegate"] = (client, patient) => client.AddDelegateAsync(patient.ToWire(), "carer-4"),
        ["Consents.RevokeDelegate"] = (client, patient) => client.RevokeDelegateAsync(patient.ToWire(), "3"),
        ["Consents.ExplainAccess"] = (client, patient) =>
            client.CallAsync<Wire.ExplainAccessRequest, Wire.ExplainAccessResponse>(
                "Consents/ExplainAccess", new Wire.ExplainAccessRequest { Patient = patient.ToWire() }),
        ["Consents.AnswerDelegation"] = (client, patient) => client.AnswerDelegationAsync(patient.ToWire()),
        ["Inbox.Follow"] = (client, patient) => client.FollowAsync(patient.ToWire()),
        ["Inbox.Unfollow"] = (client, patient) => client.UnfollowAsync(patient.ToWire()),
        ["Inbox.ReadInbox"] = (client, _) => client.ReadInboxAsync(0),
        ["Inbox.Acknowledge"] = (client, _) => client.AcknowledgeAsync(0),
        ["Inbox.WatchInbox"] = async (client, _) =>
        {
            await using var watch = client.WatchInbox(0);
            await watch.NextAsync("the first item");
        },
        ["Operations.GetStatus"] = (client, _) =>
            client.CallAsync<Wire.GetStatusRequest, Wire.GetStatusResponse>("Operations/GetStatus", new Wire.GetStatusRequest()),
        ["Operations.ListStalledDeliveries"] = (client, _) =>
            client.CallAsync<Wire.ListStalledDeliveriesRequest, Wire.ListStalledDeliveriesResponse>(
                "Operations/ListStalledDeliveries", new Wire.ListStalledDeliveriesRequest()),
        ["Operations.RedriveDeliveries"] = (client, _) =>
            client.CallAsync<Wire.RedriveDeliveriesRequest, Wire.RedriveDeliveriesResponse>(
                "Operations/RedriveDeliveries", new Wire.RedriveDeliveriesRequest()),
        ["Operations.VerifyRecord"] = (client, patient) => client.CallAsync<Wire.VerifyRecordRequest, Wire.VerifyRecordResponse>(
            "Operations/VerifyRecord", new Wire.VerifyRecordRequest { Patient = patient.ToWire() }),
        ["Operations.AnnounceRecord"] = (client, patient) =>
            client.CallAsync<Wire.AnnounceRecordRequest, Wire.AnnounceRecordResponse>(
                "Operations/AnnounceRecord", new Wire.AnnounceRecordRequest { Patient = patient.ToWire() }),
        ["Operations.AddAlias"] = (client, patient) => client.CallAsync<Wire.AddAliasRequest, Wire.AddAliasResponse>(
            "Operations/AddAlias",
            new Wire.AddAliasRequest { Previous = patient.ToWire(), Current = People.Patient(patient == Own ? 98 : 99).ToWire() }),
        ["Operations.TailLog"] = async (client, _) =>
        {
            await foreach (var entry in client.Stream<Wire.TailLogRequest, Wire.LogEntry>(
                "Operations/TailLog", new Wire.TailLogRequest { UntilNow = true }, CancellationToken.None))
            {
                Assert.NotEqual("", entry.Journal);
            }
        },
    };

    private ServiceHost _host = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        var doctor = _host.As(People.Doctor);
        foreach (var patient in new[] { Own, Other })
        {
            var owner = _host.As(new Caller.Patient(patient));
            await owner.OpenRecordAsync(patient.ToWire());
            await owner.AuthorizeAsync(patient.ToWire(), People.DoctorId);
            await doctor.FollowAsync(patient.ToWire());
            await _host.As(People.HospitalSystem).SubmitAsync(People.Document(patient));
        }

        var own = Own.ToWire();
        await _host.As(People.Operator).AddRepresentativeAsync(own, "parent-1", "20150224");
        foreach (var carer in new[] { "carer-1", "carer-2", "carer-3" })
            await _host.As(new Caller.Delegate("parent-1")).AddDelegateAsync(own, carer);
        await _host.As(new Caller.Delegate("carer-1")).AnswerDelegationAsync(own);
        await _host.As(new Caller.Delegate("carer-2")).AnswerDelegationAsync(own);
        await _host.As(new Caller.Patient(Own)).RevokeDelegateAsync(own, "3");

        await using (var delivered = doctor.WatchInbox(0))
        {
            await delivered.NextAsync("the first item");
            await delivered.NextAsync("the second item");
        }

        await _host.As(new Caller.Patient(Other)).RevokeAsync(Other.ToWire(), People.DoctorId);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public static TheoryData<string> Methods() => [.. Calls.Keys];

    [Fact]
    public async Task Every_method_of_the_contract_is_in_the_matrix_or_not_served()
    {
        var methods = new[]
        {
            Wire.DocumentExchangeReflection.Descriptor,
            Wire.PatientRecordsReflection.Descriptor,
            Wire.ConsentsReflection.Descriptor,
            Wire.InboxReflection.Descriptor,
            Wire.OperationsReflection.Descriptor,
        }.SelectMany(file => file.Services).SelectMany(service => service.Methods).ToList();
        Assert.Empty(Calls.Keys.Except(methods.Select(Name)));
        foreach (var method in methods.Where(method => !Calls.ContainsKey(Name(method))))
        {
            foreach (var (name, caller) in Callers)
            {
                var error = await Assert.ThrowsAsync<RpcException>(() => _host.As(caller)
                    .CallAsync<Wire.GetRecordRequest, Wire.GetRecordResponse>(
                        $"{method.Service.Name}/{method.Name}", new Wire.GetRecordRequest()));
                Assert.True(error.Code == RpcStatusCode.Unimplemented, $"{method.FullName} as {name}: {error.Code}");
            }
        }

        static string Name(MethodDescriptor method) => $"{method.Service.Name}.{method.Name}";
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Each_caller_gets_what_is_theirs_and_the_right_refusal_for_the_rest(string method)
    {
        foreach (var patient in new[] { Other, Own })
        {
            foreach (var (name, caller) in Callers)
            {
                var before = await _host.VersionOfAsync(patient);
                var answer = await AnswerAsync(method, caller, patient);
                var expected = Expected(method, caller, patient);
                Assert.True(expected == answer, $"{method} by {name} on {(patient == Own ? "own" : "other")}: {answer}, not {expected}");

                // A refusal leaves at most the trace of the refused professional or delegate.
                if (expected != Served)
                    Assert.InRange(await _host.VersionOfAsync(patient), before, before + (caller is Caller.Professional or Caller.Delegate ? 1 : 0));
            }
        }
    }

    [Fact]
    public async Task A_professional_without_a_right_learns_of_a_record_that_it_is_there_and_no_more()
    {
        var record = await _host.As(People.Doctor).GetRecordAsync(Other.ToWire());
        Assert.Equal(Wire.GetRecordResponse.Types.CallerStatus.NotAuthorized, record.CallerStatus);
        Assert.Equal((0, 0L, ""), (record.Documents, record.Sequence, record.ClosingReason));
        Assert.Null(record.AuthorizedUntil);
    }

    private static string Expected(string method, Caller caller, PatientId patient)
    {
        if ((MethodAccess.Of($"healthgrains.v1.{method}")!.Value & MethodAccess.Set(caller.Kind)) == CallerKinds.None)
            return nameof(RefusalCode.CallerKindForbidden);
        var own = patient == Own;
        return (caller, method) switch
        {
            // Health insurance records representatives; whom the family invites is the family's.
            (Caller.Operator, "Consents.AddDelegate") => nameof(RefusalCode.DelegationForbidden),
            (Caller.Operator, "Consents.RevokeDelegate") => nameof(RefusalCode.TargetNotFound),
            (Caller.Operator, _) => Served,
            (Caller.Delegate someone, _) => own ? ExpectedOf(someone.Subject, method) : nameof(RefusalCode.DelegationForbidden),
            (Caller.Professional, _) when ForPatient.Contains(method) => nameof(RefusalCode.CallerKindForbidden),
            (Caller.Professional, "Consents.AnswerDelegation") => nameof(RefusalCode.DelegationForbidden),

            // The patient may send, but the hospital wrote it: its authors are no patients, and it is known already.
            (Caller.Patient, "DocumentExchange.Withdraw") when own => nameof(RefusalCode.TargetNotFound),

            // Nobody has the document that the call names.
            (Caller.Patient or Caller.Professional, "PatientRecords.SetConfidentiality") when own =>
                nameof(RefusalCode.DocumentNotFound),
            (Caller.Patient, _) => own ? Served : nameof(RefusalCode.DelegationForbidden),

            // Whoever deposits may bring bytes; what they serve for is decided at the submission.
            (Caller.Producer, "DocumentExchange.Upload") => Served,

            // Each producer has a ledger of its own.
            (Caller.Producer, "DocumentExchange.Reconcile") => Served,

            // Of what another system sent, a producer learns nothing, not even that it is there.
            (Caller.Producer system, "DocumentExchange.TrackDelivery") =>
                system.Organization.ToString() == People.Hospital ? Served : nameof(RefusalCode.TargetNotFound),
            (Caller.Producer, "DocumentExchange.Withdraw") => nameof(RefusalCode.TargetNotFound),
            (Caller.Producer system, _) => system.Organization.ToString() == People.Hospital
                ? Served
                : nameof(RefusalCode.StructureMismatch),

            // That a record exists may be known, to stop being told needs no right, and an inbox is one's own.
            (Caller.Professional, "PatientRecords.GetRecord" or "Inbox.Unfollow" or "Consents.ExplainAccess") => Served,
            (Caller.Professional, "Inbox.ReadInbox" or "Inbox.Acknowledge" or "Inbox.WatchInbox") => Served,
            _ => own ? Served : nameof(RefusalCode.ConsentRequired),
        };
    }

    // What a professional does in the patient's name only who was asked to.
    private static readonly string[] ForPatient =
    [
        "PatientRecords.ListAccesses", "Consents.GetConsents", "Consents.AuthorizeProfessional", "Consents.RevokeAuthorization",
        "Consents.BlockProfessional", "Consents.UnblockProfessional", "Consents.SetEmergencyAccess", "Consents.RevokeDelegate",
    ];

    private static readonly string[] Caregivers =
    [
        "DocumentExchange.Submit", "DocumentExchange.Withdraw", "PatientRecords.GetRecord", "PatientRecords.ListDocuments",
        "PatientRecords.GetDocument", "PatientRecords.ReadContent", "PatientRecords.ChangesSince", "PatientRecords.Watch",
        "PatientRecords.SetConfidentiality", "PatientRecords.ListAccesses", "Consents.GetConsents", "Consents.AnswerDelegation",
        "Consents.ExplainAccess",
        "PatientRecords.SetMasking", "Consents.GetPreferences",
    ];

    private static string ExpectedOf(string subject, string method)
    {
        var may = subject switch
        {
            "parent-1" => true,
            "carer-1" => Caregivers.Contains(method),
            "carer-2" => method == "Consents.RevokeDelegate", // It is over already, and may be said again.
            "carer-3" => method == "Consents.AnswerDelegation",
            _ => false,
        };
        return (may, method) switch
        {
            (false, _) => nameof(RefusalCode.DelegationForbidden),
            (_, "DocumentExchange.Withdraw") => nameof(RefusalCode.TargetNotFound),
            (_, "PatientRecords.SetConfidentiality") => nameof(RefusalCode.DocumentNotFound),
            _ => Served,
        };
    }

    private async Task<string> AnswerAsync(string method, Caller caller, PatientId patient)
    {
        try
        {
            await Calls[method](_host.As(caller), patient).Within(method);
            return Served;
        }
        catch (RpcException refused) when (refused.FindDetail<Google.Rpc.ErrorInfo>() is { } info)
        {
            return RefusalCodes.TryParse(info.Reason, out var code) ? code.ToString() : info.Reason;
        }
        catch (RpcException failed)
        {
            return failed.Code == RpcStatusCode.Unimplemented ? Unserved : failed.Code.ToString();
        }
    }

    private static async Task SubmitManyAsync(TestClient client, PatientId patient)
    {
        await using var call = client.SubmitMany();
        try
        {
            await call.WriteAsync(People.Document(patient));
        }
        catch (RpcException over) when (over.Code == RpcStatusCode.Cancelled)
        {
            // Refused before it was read: the status comes from reading.
        }

        call.FinishRequests();
        Assert.True(await call.MoveNextAsync());
        if (call.Current.Refusal is { } refusal)
        {
            throw new RpcException(
                RpcStatusCode.FailedPrecondition, "", [new Google.Rpc.ErrorInfo { Reason = refusal.Code }]);
        }
    }
}
