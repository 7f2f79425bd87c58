using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>The way of one document, told to who sent it: numbers and times, never a name.</summary>
public sealed class TrackDeliveryTests
{
    private readonly PatientId _patient = People.Patient(1);

    [Fact]
    public async Task A_document_is_routed_delivered_and_read_and_nobody_is_named()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        var doctor = host.As(People.Doctor);
        var nurse = host.As(People.Nurse);
        await FollowedAsync(host, (doctor, People.DoctorId), (nurse, People.NurseId));
        var receipt = await producer.SubmitAsync(People.Document(_patient));

        var first = await UntilAsync(producer, report => report.Classes.All(line => line.Notified == line.Recipients));
        Assert.Equal(Wire.DeliveryState.Notified, first.State);
        Assert.Equal(receipt.DocumentId, first.DocumentId);
        Assert.Equal(receipt.AcceptedAt, first.AcceptedAt);
        Assert.Equal(receipt.AcceptedAt.ToDateTimeOffset() + DomainPolicy.Default.DeliveryDeadline, first.Deadline.ToDateTimeOffset());
        Assert.False(first.Overdue);
        Assert.Equal(
            [(Wire.RecipientClass.PatientSide, 1, 1, 0, 0), (Wire.RecipientClass.Professionals, 2, 2, 0, 0), (Wire.RecipientClass.Sender, 1, 1, 0, 0)],
            first.Classes.Select(Numbers));
        var professionals = first.Classes[1];
        Assert.Equal(professionals.LastNotifiedAt, first.RoutedAt);
        Assert.True(professionals.LastNotifiedAt >= first.AcceptedAt);
        Assert.Null(professionals.LastDeliveredAt);

        await doctor.AcknowledgeAsync(1);
        var one = await TrackAsync(producer);
        Assert.Equal((Wire.RecipientClass.Professionals, 2, 2, 1, 0), Numbers(one.Classes[1]));
        Assert.NotNull(one.Classes[1].LastDeliveredAt);
        Assert.Equal(Wire.DeliveryState.Notified, one.State);

        await nurse.AcknowledgeAsync(1);
        Assert.Equal(Wire.DeliveryState.Delivered, (await TrackAsync(producer)).State);

        await doctor.ReadContentAsync(new Wire.ReadContentRequest { Patient = _patient.ToWire(), DocumentId = receipt.DocumentId });
        var read = await TrackAsync(producer);
        Assert.Equal((Wire.RecipientClass.Professionals, 2, 2, 2, 1), Numbers(read.Classes[1]));
        Assert.NotNull(read.Classes[1].FirstReadAt);
        await nurse.ReadContentAsync(new Wire.ReadContentRequest { Patient = _patient.ToWire(), DocumentId = receipt.DocumentId });
        Assert.Equal(Wire.DeliveryState.Read, (await TrackAsync(producer)).State);

        var said = read.ToString();
        foreach (var secret in (string[])[People.DoctorId, People.NurseId, _patient.Number, "TEST"])
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_nobody_to_tell_the_record_is_the_delivery()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        await producer.SubmitAsync(People.Document(_patient));

        var report = await UntilAsync(producer, report => report.Classes[^1].Notified == 1);
        Assert.Equal(Wire.DeliveryState.Notified, report.State);
        Assert.Equal(
            [(Wire.RecipientClass.PatientSide, 1, 1, 0, 0), (Wire.RecipientClass.Sender, 1, 1, 0, 0)],
            report.Classes.Select(Numbers));
        Assert.Equal(report.AcceptedAt, report.RoutedAt);
    }

    [Fact]
    public async Task What_is_not_taken_in_before_the_deadline_is_overdue()
    {
        await using var host = await ServiceHost.StartAsync(DomainPolicy.Default with { DeliveryDeadline = TimeSpan.Zero });
        var producer = host.As(People.HospitalSystem);
        var doctor = host.As(People.Doctor);
        await FollowedAsync(host, (doctor, People.DoctorId));
        await producer.SubmitAsync(People.Document(_patient));
        Assert.True((await UntilAsync(producer, report => report.Classes[1].Notified == 1)).Overdue);

        await doctor.AcknowledgeAsync(1);
        Assert.False((await TrackAsync(producer)).Overdue);
    }

    [Fact]
    public async Task Nobody_tracks_what_another_sent_or_what_is_not_there()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        await producer.SubmitAsync(People.Document(_patient));
        await Waiting.RefusedAsync(
            () => TrackAsync(host.As(People.OtherHospitalSystem)), RefusalCode.TargetNotFound, "unique_id");
        await Waiting.RefusedAsync(() => TrackAsync(producer, "other"), RefusalCode.TargetNotFound, "unique_id");
        await Waiting.RefusedAsync(() => TrackAsync(producer, " "), RefusalCode.MetadataInvalid, "unique_id");
    }

    private async Task FollowedAsync(ServiceHost host, params (TestClient Client, string Id)[] professionals)
    {
        var owner = host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        foreach (var (client, id) in professionals)
        {
            await owner.AuthorizeAsync(_patient.ToWire(), id);
            await client.FollowAsync(_patient.ToWire());
        }
    }

    private Task<Wire.DeliveryReport> TrackAsync(TestClient producer, string extension = "1") =>
        producer.CallAsync<Wire.TrackDeliveryRequest, Wire.DeliveryReport>(
            "DocumentExchange/TrackDelivery",
            new Wire.TrackDeliveryRequest { Patient = _patient.ToWire(), UniqueId = $"2.999.7^{extension}" });

    // Routing goes on beside the calls: asked until it has come there, and not longer than any wait.
    private async Task<Wire.DeliveryReport> UntilAsync(TestClient producer, Func<Wire.DeliveryReport, bool> isThere)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            var report = await TrackAsync(producer);
            if (isThere(report))
                return report;
            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20), $"The delivery stands at {report}.");
            await Task.Yield();
        }
    }

    private static (Wire.RecipientClass Class, int Recipients, int Notified, int Delivered, int Read) Numbers(
        Wire.ClassDelivery line) =>
        (line.RecipientClass, line.Recipients, line.Notified, line.Delivered, line.Read);
}
