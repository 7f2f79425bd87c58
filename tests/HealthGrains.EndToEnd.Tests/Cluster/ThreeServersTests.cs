#if ENGINE_ORLEANS
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HealthGrains.Domain.Refusals;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.EndToEnd.Tests.Services;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Store.Tests;
using HealthGrains.Testing;
using HealthGrains.Testing.Clocks;
using Npgsql;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Cluster;

/// <summary>Three servers as processes, one cluster on one PostgreSQL: what one acknowledged all know, and one of them may die.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class ThreeServersTests(PostgreSqlServer database)
{
    private const int Patients = 24;

    // What a dead server's patients may wait.
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(10);

    [SuiteFact]
    public async Task What_one_server_acknowledged_the_others_tell_show_and_obey()
    {
        await using var cluster = await ClusterAsync(database);
        var servers = cluster.Servers;
        await using var toOne = new RpcChannel(servers[0].Grpc, null);
        await using var toOther = new RpcChannel(servers[1].Grpc, null);
        await using var toThird = new RpcChannel(servers[2].Grpc, null);
        var id = People.Patient(1);
        var patient = id.ToWire();
        var hospital = await cluster.HeadersAsync("producer", "--organization", People.Hospital);
        var owner = await cluster.HeadersAsync("patient", "--ins", patient.Ins, "--ins-oid", patient.Oid);
        var doctor = await cluster.HeadersAsync(
            "professional", "--id", People.DoctorId, "--role", "10", "--organization", People.Practice);

        await new TestClient(toOne, hospital).SubmitAsync(People.Document(id));
        await new TestClient(toOther, owner).OpenRecordAsync(patient);
        await new TestClient(toThird, owner).AuthorizeAsync(patient, People.DoctorId);
        await new TestClient(toOther, doctor).FollowAsync(patient);

        // Watchers on each server: those of two of them are woken across silos.
        var watches = new[] { toOne, toOther, toThird }.Select(to => new TestClient(to, owner).Watch(patient, 0)).ToArray();
        foreach (var watch in watches)
            Assert.Equal("2.999.7^1", (await watch.NextAsync("the first document")).Document.UniqueId);
        await using var inbox = new TestClient(toThird, doctor).WatchInbox(0);

        await new TestClient(toOne, hospital).SubmitAsync(People.Document(id, "2", "two"));
        foreach (var watch in watches)
            Assert.Equal("2.999.7^2", (await watch.NextAsync("the second document")).Document.UniqueId);
        Assert.Equal(1, (await inbox.NextAsync("what the doctor is told")).Sequence);

        await using var doctorsWatch = new TestClient(toOther, doctor).Watch(patient, 0);
        await doctorsWatch.NextAsync("a document that the doctor may see");
        await doctorsWatch.NextAsync("another one");
        await new TestClient(toOne, owner).RevokeAsync(patient, People.DoctorId);
        await doctorsWatch.EndsWithAsync(RefusalCode.ConsentRequired);
        Assert.Empty((await new TestClient(toThird, owner).GetConsentsAsync(patient)).Authorizations);
        foreach (var watch in watches)
            await watch.DisposeAsync();
        foreach (var server in servers.Reverse())
            Assert.Equal(0, await server.StopAsync());
    }

    [SuiteFact]
    public async Task A_killed_servers_patients_answer_again_and_nothing_acknowledged_is_lost()
    {
        await using var cluster = await ClusterAsync(database);
        await using var channel = new RpcChannel(cluster.Servers[0].Grpc, null);
        var hospital = await cluster.HeadersAsync("producer", "--organization", People.Hospital);
        var client = new TestClient(channel, hospital);
        for (var number = 1; number <= Patients; number++)
            await client.SubmitAsync(People.Document(People.Patient(number), $"{number}", "before"));

        await cluster.Servers[2].KillAsync();
        var longest = TimeSpan.Zero;
        await Task.WhenAll(Enumerable.Range(1, Patients).Select(AskAgainAsync)).Within("asking again");

        Assert.True(longest < SilenceMax, $"A patient did not answer for {longest}.");
        for (var number = 1; number <= Patients; number++)
        {
            var patient = People.Patient(number).ToWire();
            var owner = await cluster.HeadersAsync("patient", "--ins", patient.Ins, "--ins-oid", patient.Oid);
            await new TestClient(channel, owner).OpenRecordAsync(patient);
            var listed = await new TestClient(channel, owner).ListAsync(new Contracts.V1.ListDocumentsRequest { Patient = patient });
            Assert.Equal(
                new[] { $"2.999.7^{number}", $"2.999.7^{number + 1000}" }.Order(StringComparer.Ordinal),
                listed.Documents.Select(document => document.Metadata.UniqueId).Order(StringComparer.Ordinal));
        }

        async Task AskAgainAsync(int number)
        {
            // As a client does: the same document until there is an answer.
            var since = Stopwatch.GetTimestamp();
            while (true)
            {
                try
                {
                    await client.SubmitAsync(People.Document(People.Patient(number), $"{number + 1000}", "after"));
                    break;
                }
                catch (RpcException e) when (e.Code is RpcStatusCode.Unavailable or RpcStatusCode.Unknown or RpcStatusCode.Aborted)
                {
                    Assert.True(Stopwatch.GetElapsedTime(since) < BoundedAwait.AtMost, $"Still {e.Code}.");
                }
            }

            lock (cluster)
                longest = longest > Stopwatch.GetElapsedTime(since) ? longest : Stopwatch.GetElapsedTime(since);
        }
    }

    private static async Task<Running> ClusterAsync(PostgreSqlServer database)
    {
        var schema = $"cluster_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(database.Connection, $"CREATE SCHEMA {schema}");
        var connection = new NpgsqlConnectionStringBuilder(database.Connection) { SearchPath = schema }.ConnectionString;
        var data = HostProcess.NewDirectory();
        var servers = new List<HostProcess>();
        for (var number = 0; number < 3; number++)
        {
            servers.Add(await HostProcess.StartAsync(
                data, "--store", "postgresql", "--postgresql", connection, "--engine", "orleans",
                "--silo", FreeEndpoint(), "--cluster", schema));
        }

        return new Running([.. servers], data);
    }

    private static string FreeEndpoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!; // ! it is bound
    }

    /// <summary>The servers of one cluster; they share a data directory for the key of their tokens.</summary>
    private sealed class Running(HostProcess[] servers, string data) : IAsyncDisposable
    {
        public HostProcess[] Servers => servers;

        public async Task<RpcMetadata> HeadersAsync(params string[] who)
        {
            var run = await CliRun.Of(["token", .. who, "--data", data]);
            Assert.Equal(ExitCode.Ok, run.Exit);
            return new RpcMetadata { { "authorization", "Bearer " + run.Output.Trim() } };
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }
}
#endif
