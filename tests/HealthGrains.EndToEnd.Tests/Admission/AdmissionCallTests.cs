using System.Diagnostics.Metrics;
using Google.Rpc;
using HealthGrains.Domain.Refusals;
using HealthGrains.EndToEnd.Tests.Services;
using HealthGrains.Rpc;
using HealthGrains.Services;
using HealthGrains.Services.Admission;
using HealthGrains.Services.Authentication;
using Microsoft.Extensions.Logging;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Admission;

/// <summary>Admission over the wire: who is refused, what it is told, and what is never refused.</summary>
public sealed class AdmissionCallTests
{
    private static readonly Domain.Identity.PatientId Person = People.Patient(1);
    private static readonly Wire.Patient Patient = Person.ToWire();

    // Nothing comes back while a test runs.
    private static readonly CallRate Three = new(0.0001, 3);

    [Fact]
    public async Task A_patients_own_reads_do_not_keep_the_patient_from_revoking()
    {
        await using var host = await HostAsync(new AdmissionRules { Patient = Three });
        var owner = host.As(new Caller.Patient(Person));
        await owner.OpenRecordAsync(Patient);
        for (var i = 0; i < 3; i++) await owner.GetRecordAsync(Patient);
        var refused = await Waiting.RefusedAsync(() => owner.GetRecordAsync(Patient), RefusalCode.Overloaded);
        Assert.Equal("patient", Assert.Single(refused.FindDetail<QuotaFailure>()!.Violations).Subject);
        Assert.True(refused.FindDetail<RetryInfo>()!.RetryDelay.ToTimeSpan() > TimeSpan.FromHours(1));
        await Waiting.RefusedAsync(() => owner.GetConsentsAsync(Patient), RefusalCode.Overloaded);

        await owner.AuthorizeAsync(Patient, People.DoctorId);
        await owner.RevokeAsync(Patient, People.DoctorId);
        await Waiting.RefusedAsync(() => owner.RevokeAsync(Patient, People.DoctorId), RefusalCode.Overloaded);

        // One patient's rate is nobody else's.
        await host.As(new Caller.Patient(People.Patient(2))).OpenRecordAsync(People.Patient(2).ToWire());
    }

    [Fact]
    public async Task A_patients_own_reads_do_not_keep_the_patient_from_masking_and_reading_settings_costs_no_change()
    {
        await using var host = await HostAsync(new AdmissionRules { Patient = Three });
        var owner = host.As(new Caller.Patient(Person));
        await owner.OpenRecordAsync(Patient);
        Task Settings() => owner.CallAsync<Wire.GetPreferencesRequest, Wire.GetPreferencesResponse>(
            "Consents/GetPreferences", new Wire.GetPreferencesRequest { Patient = Patient });
        for (var i = 0; i < 3; i++) await Settings();
        await Waiting.RefusedAsync(Settings, RefusalCode.Overloaded);
        for (var i = 0; i < 2; i++)
        {
            await owner.CallAsync<Wire.SetMaskingRequest, Wire.SetMaskingResponse>(
                "PatientRecords/SetMasking",
                new Wire.SetMaskingRequest { Patient = Patient, All = true, Visible = Wire.Decision.Deny });
        }
    }

    [Fact]
    public async Task A_professionals_rate_does_not_keep_an_emergency_out()
    {
        await using var host = await HostAsync(new AdmissionRules { Professional = Three });
        await host.As(new Caller.Patient(Person)).OpenRecordAsync(Patient);
        var doctor = host.As(People.Doctor);
        for (var i = 0; i < 3; i++) await doctor.GetRecordAsync(Patient);
        var refused = await Waiting.RefusedAsync(() => doctor.GetRecordAsync(Patient), RefusalCode.Overloaded);
        Assert.Equal("professional", Assert.Single(refused.FindDetail<QuotaFailure>()!.Violations).Subject);
        await doctor.CallAsync<Wire.GetRecordRequest, Wire.GetRecordResponse>("PatientRecords/GetRecord", new Wire.GetRecordRequest
        {
            Patient = Patient,
            Access = new Wire.AccessContext { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = "coma" },
        });
    }

    [Fact]
    public async Task An_organisation_beyond_its_rate_is_refused_at_the_door_and_another_one_is_not()
    {
        await using var host = await HostAsync(new AdmissionRules { Organization = Three });
        var hospital = host.As(People.HospitalSystem);
        for (var i = 0; i < 3; i++) await hospital.SubmitAsync(People.Document(Person, $"{i}"));
        var refused = await Waiting.RefusedAsync(() => hospital.SubmitAsync(People.Document(Person, "3")), RefusalCode.Overloaded);
        Assert.Equal(RpcStatusCode.ResourceExhausted, refused.Code);
        Assert.Equal("organization", Assert.Single(refused.FindDetail<QuotaFailure>()!.Violations).Subject);
        Assert.NotNull(refused.FindDetail<RetryInfo>());
        await Waiting.RefusedAsync(
            () => host.As(People.OtherHospitalSystem).SubmitAsync(People.Document(Person, "4")), RefusalCode.StructureMismatch);
    }

    [Fact]
    public async Task A_bulk_stream_is_slowed_down_and_then_refused()
    {
        await using var host = await HostAsync(new AdmissionRules { Organization = new CallRate(20, 2) });
        await using var stream = host.As(People.HospitalSystem).SubmitMany();
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 40; i++) await stream.WriteAsync(People.Document(Person, $"{i}"));
        stream.FinishRequests();
        var results = new List<Wire.SubmitResult>();
        await foreach (var result in stream.ReadAllAsync()) results.Add(result);

        // The call took one of the two; a second later about twenty more have come, and the rest was told to come back.
        Assert.Equal(40, results.Count);
        Assert.InRange(results.Count(result => result.Receipt is not null), 10, 30);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(400));
        Assert.All(results.Where(result => result.Refusal is not null), result => Assert.Equal("OVERLOADED", result.Refusal.Code));
    }

    [Fact]
    public async Task Whoever_looks_up_too_many_patients_is_refused_and_operators_are_told()
    {
        using var meter = new Meter("AdmissionCallTests");
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (ReferenceEquals(instrument.Meter, meter) && instrument.Name == "healthgrains.lookups.alarms")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref counted, value));
        listener.Start();
        await using var host = await HostAsync(new AdmissionRules { PatientsPerHour = 5 }, meter);
        host.ErrorsAnnounced = true;
        var doctor = host.As(People.Doctor);

        // Each way of naming a patient counts, and so does a guess that meets nobody.
        Func<Wire.Patient, Task>[] ways =
        [
            patient => doctor.GetRecordAsync(patient),
            patient => doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = patient }),
            patient => doctor.ChangesAsync(patient, 0),
            patient => doctor.FollowAsync(patient),
            patient => doctor.ReadContentAsync(new Wire.ReadContentRequest { Patient = patient, DocumentId = "x" }),
        ];
        for (var i = 0; i < 5; i++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => ways[i](People.Patient(i).ToWire()));
            Assert.NotEqual(RpcStatusCode.ResourceExhausted, error.Code);
        }

        foreach (var way in ways)
        {
            var refused = await Waiting.RefusedAsync(() => way(People.Patient(6).ToWire()), RefusalCode.Overloaded);
            Assert.Equal("lookups", Assert.Single(refused.FindDetail<QuotaFailure>()!.Violations).Subject);
        }

        await Waiting.RefusedAsync(() => doctor.CallAsync<Wire.GetRecordRequest, Wire.GetRecordResponse>(
            "PatientRecords/GetRecord",
            new Wire.GetRecordRequest
            {
                Patient = People.Patient(7).ToWire(),
                Access = new Wire.AccessContext { Mode = Wire.AccessContext.Types.Mode.Emergency, Reason = "curious" },
            }), RefusalCode.Overloaded);
        var known = await Assert.ThrowsAsync<RpcException>(() => doctor.GetRecordAsync(People.Patient(2).ToWire()));
        Assert.NotEqual(RpcStatusCode.ResourceExhausted, known.Code);

        Assert.Equal(1, counted);
        var line = Assert.Single(host.Lines, line => line.StartsWith("PatientsEnumerated", StringComparison.Ordinal));
        Assert.DoesNotContain(People.DoctorId, line, StringComparison.Ordinal);
        var status = await host.As(People.Operator).CallAsync<Wire.GetStatusRequest, Wire.GetStatusResponse>(
            "Operations/GetStatus", new Wire.GetStatusRequest());
        var alarm = Assert.Single(status.LookupAlarms);
        Assert.Equal((People.DoctorId, 6L), (alarm.ProfessionalId, alarm.Refused));
    }

    [Fact]
    public async Task Under_load_a_greedy_organisation_meets_its_share_and_a_revocation_does_not()
    {
        var wait = TimeSpan.Zero;
        await using var host = await HostAsync(new AdmissionRules(), expectedWait: () => wait);
        var owner = host.As(new Caller.Patient(Person));
        await owner.OpenRecordAsync(Patient);
        var hospital = host.As(People.HospitalSystem);

        // The desk is asked directly here: so many calls under way at once are not made over a wire in a test.
        var desk = host.Dependencies.Admission!;
        var submit = new CallUrgency("DocumentExchange", "Submit", Wire.SubmitRequest.Descriptor);
        var visits = Enumerable.Range(0, 100).Select(_ => desk.Enter(People.HospitalSystem, submit, null)).ToList();
        using var small = desk.Enter(People.OtherHospitalSystem, submit, null);
        await hospital.SubmitAsync(People.Document(Person, "1"));

        wait = AdmissionLimits.FairShareFrom;
        var refused = await Waiting.RefusedAsync(() => hospital.SubmitAsync(People.Document(Person, "2")), RefusalCode.Overloaded);
        Assert.Equal("share", Assert.Single(refused.FindDetail<QuotaFailure>()!.Violations).Subject);
        await Waiting.RefusedAsync(
            () => host.As(People.OtherHospitalSystem).SubmitAsync(People.Document(Person, "4")), RefusalCode.StructureMismatch);
        await hospital.WithdrawAsync(People.Withdrawal(Person));
        await owner.BlockAsync(Patient, People.DoctorId);

        visits.ForEach(visit => visit.Dispose());
        await hospital.SubmitAsync(People.Document(Person, "2"));
    }

    private static Task<ServiceHost> HostAsync(AdmissionRules rules, Meter? meter = null, Func<TimeSpan>? expectedWait = null) =>
        ServiceHost.StartAsync(change: dependencies =>
        {
            var instruments = new ServicesInstruments(meter ?? new Meter("HealthGrains.EndToEnd.Tests"));
            return dependencies with
            {
                Instruments = instruments,
                Admission = new AdmissionDesk(
                    rules, dependencies.Time, expectedWait ?? (static () => TimeSpan.Zero),
                    dependencies.Loggers.CreateLogger("HealthGrains.Services"), instruments),
            };
        });
}
