using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.EndToEnd.Tests.Services;
using HealthGrains.Domain.Refusals;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>Two servers on one data directory: what one acknowledged, the other knows.</summary>
public sealed class TwoServersTests
{
    [Fact]
    public async Task What_one_server_acknowledged_the_other_tells_shows_and_obeys()
    {
        await using var one = await HostProcess.StartAsync();
        await using var other = await HostProcess.StartAsync(one.Data);
        await using var toOne = new RpcChannel(one.Grpc, null);
        await using var toOther = new RpcChannel(other.Grpc, null);
        var id = People.Patient(1);
        var patient = id.ToWire();
        var hospital = await HeadersAsync(one, "producer", "--organization", People.Hospital);
        var owner = await HeadersAsync(one, "patient", "--ins", patient.Ins, "--ins-oid", patient.Oid);
        var doctor = await HeadersAsync(
            one, "professional", "--id", People.DoctorId, "--role", "10", "--organization", People.Practice);

        await new TestClient(toOne, hospital).SubmitAsync(People.Document(id));
        await new TestClient(toOne, owner).OpenRecordAsync(patient);
        await new TestClient(toOne, owner).AuthorizeAsync(patient, People.DoctorId);
        await new TestClient(toOther, doctor).FollowAsync(patient);
        await using var watch = new TestClient(toOther, owner).Watch(patient, 0);
        Assert.Equal("2.999.7^1", (await watch.NextAsync("the first document")).Document.UniqueId);
        await using var inbox = new TestClient(toOther, doctor).WatchInbox(0);

        // Both know the record by now; what follows is written by one and asked of the other.
        await new TestClient(toOne, hospital).SubmitAsync(People.Document(id, "2", "two"));
        var listed = await new TestClient(toOther, owner).ListAsync(new Contracts.V1.ListDocumentsRequest { Patient = patient });
        Assert.Equal(2, listed.Documents.Count);
        Assert.Equal("2.999.7^2", (await watch.NextAsync("the second document")).Document.UniqueId);
        Assert.Equal(1, (await inbox.NextAsync("what the doctor is told")).Sequence);

        await using var doctorsWatch = new TestClient(toOther, doctor).Watch(patient, 0);
        await doctorsWatch.NextAsync("a document that the doctor may see");
        await doctorsWatch.NextAsync("another one");
        await new TestClient(toOne, owner).RevokeAsync(patient, People.DoctorId);
        await doctorsWatch.EndsWithAsync(RefusalCode.ConsentRequired);
        Assert.Empty((await new TestClient(toOther, owner).GetConsentsAsync(patient)).Authorizations);

        Assert.Equal(0, await other.StopAsync());
        Assert.Equal(0, await one.StopAsync());
        Directory.Delete(one.Data, recursive: true);
    }

    private static async Task<RpcMetadata> HeadersAsync(HostProcess server, params string[] who)
    {
        var run = await CliRun.Of(["token", .. who, "--data", server.Data]);
        Assert.Equal(ExitCode.Ok, run.Exit);
        return new RpcMetadata { { "authorization", "Bearer " + run.Output.Trim() } };
    }
}
