using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Turns;
using HealthGrains.Orleans.Storage;
using HealthGrains.PostgreSql;
using HealthGrains.Store.Tests;
using HealthGrains.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Orleans.Tests;

/// <summary>What the same deposits cost a plain grain of Orleans that keeps its patient's documents as its state, and writes that
/// state whole at each deposit; and what they cost here. <c>HG_MEASURE_SECONDS</c> says how long; the figures are printed, and
/// what is asserted is that both kept every document.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class Whole_state_grain(PostgreSqlServer server, ITestOutputHelper output)
{
    private const int Callers = 64;
    private const int ContentBytes = 1_024;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("HG_MEASURE_SECONDS"), out var seconds) ? seconds : 2);

    [SuiteFact]
    public async Task Deposits_of_a_plain_grain_and_of_ours_are_all_kept()
    {
        foreach (var patients in new[] { 20, 2_000 })
        {
            var plain = await PlainAsync(patients);
            var ours = await OursAsync(patients);
            output.WriteLine($"{patients} patients, {ContentBytes} bytes: a plain grain {plain:0}/s, ours {ours:0}/s");
            Assert.True(plain > 0 && ours > 0);
        }
    }

    private async Task<double> PlainAsync(int patients)
    {
        var connection = await SchemaAsync();
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        var here = Silos.FreeEndpoint();
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo => silo
            .UseDevelopmentClustering(here)
            .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = ("plain", "plain"))
            .ConfigureEndpoints(IPAddress.Loopback, here.Port, gatewayPort: 0)
            .AddAdoNetGrainStorageAsDefault(storage => (storage.Invariant, storage.ConnectionString) = ("Npgsql", connection)));
        using var host = builder.Build();
        await host.StartAsync();
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var content = RandomNumberGenerator.GetBytes(ContentBytes);
        var (kept, rate) = await RunAsync(async number =>
        {
            await grains.GetGrain<IWholeStateGrain>(number % patients).DepositAsync(content);
        });
        var told = 0;
        for (var patient = 0; patient < patients; patient++)
            told += await grains.GetGrain<IWholeStateGrain>(patient).CountAsync();
        Assert.Equal(kept, told);
        await host.StopAsync();
        return rate;
    }

    private async Task<double> OursAsync(int patients)
    {
        var connection = await SchemaAsync();
        await OrleansTables.MigrateAsync(connection, CancellationToken.None);
        await using var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = connection });
        var feed = new ChangeFeed(TimeProvider.System);
        await using var engine = await OrleansEngine.StartAsync(
            new OrleansEngineOptions
            {
                Store = store,
                Keys = store.Keys,
                Grains = GrainCatalog.Models.Factory(
                    new GrainServices(store, feed, Snapshots.None, DomainPolicy.Default, TimeProvider.System) { StoreIsShared = true }),
                Feed = feed,
                Routes = false,
                Connection = connection,
                Silo = Silos.FreeEndpoint(),
            },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        var template = new TestRecord().Submission("measured", content: new string('x', ContentBytes));
        var (kept, rate) = await RunAsync(async number =>
        {
            var patient = GrainIds.Of(PatientId.Parse($"1.2.250.1.213.1.4.10^{Ins(number % patients)}"));
            var result = await engine.AskAsync(patient, Document(template, number), CancellationToken.None);
            Assert.Null(result.Refusal);
        });
        Assert.True((await store.ReadPositionsAsync(CancellationToken.None)).Sum() >= kept);
        return rate;
    }

    private static async Task<(int Kept, double Rate)> RunAsync(Func<int, Task> deposit)
    {
        var next = 0;
        var kept = 0;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(began) < Duration)
            {
                await deposit(Interlocked.Increment(ref next));
                Interlocked.Increment(ref kept);
            }
        })));
        return (kept, kept / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    private static SubmitDocument Document(SubmitDocument template, int number) => template with
    {
        NewId = DocumentId.Of(new Guid(number, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8])),
        Metadata = template.Metadata with { UniqueId = UniqueId.Parse($"2.999.9^{number}") },
        By = Cast.HospitalSystem,
    };

    // Test numbers with the key that the rules ask for: 97 minus the remainder of the first thirteen digits.
    private static string Ins(int patient)
    {
        var body = 2_790_351_210_000L + patient;
        return $"{body}{97 - (body % 97):00}";
    }

    private async Task<string> SchemaAsync()
    {
        var schema = $"measured_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {schema}");
        return new NpgsqlConnectionStringBuilder(server.Connection) { SearchPath = schema, MaxPoolSize = 60 }.ConnectionString;
    }
}

/// <summary>A patient as the first example of every introduction has it.</summary>
public interface IWholeStateGrain : IGrainWithIntegerKey
{
    Task DepositAsync(byte[] content);

    Task<int> CountAsync();
}

/// <summary>All documents of one patient, written whole.</summary>
[GenerateSerializer]
public sealed class WholeState
{
    [Id(0)]
    public List<byte[]> Documents { get; set; } = [];
}

/// <inheritdoc cref="IWholeStateGrain"/>
public sealed class WholeStateGrain([PersistentState("documents")] IPersistentState<WholeState> state) : Grain, IWholeStateGrain
{
    public Task DepositAsync(byte[] content)
    {
        state.State.Documents.Add(content);
        return state.WriteStateAsync();
    }

    public Task<int> CountAsync() => Task.FromResult(state.State.Documents.Count);
}
