using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns;

/// <summary>A plain measurement: sustained rates of Submit and SubmitMany beside the rate of empty calls in the same run.</summary>
/// <remarks>Closed model, client and server on one machine: figures to compare with each other, not to quote alone.</remarks>
internal static class Rates
{
    private const int Callers = 128;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(CampaignOptions options, TimeSpan each, CancellationToken cancellation)
    {
        var data = Path.Combine(options.WorkDirectory, "data");
        await using var server = await ServerProcess.StartAsync(options.Server, data, null, cancellation);
        await using var ledger = new Ledger(Path.Combine(options.WorkDirectory, "ledger.txt"));
        var world = new World(data, options.Patients, options.Professionals);
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { Connections = 2 });
        await world.PrepareAsync(channel, cancellation);
        var requests = new Load(world, ledger, options.Seed, options.ContentBytes);

        await EmptyCallsAsync(channel, WarmUp, cancellation);
        var empty = await EmptyCallsAsync(channel, each, cancellation);

        // Each kind of call is warmed up alike: the runtime compiles what is called often a second time.
        await SubmitAsync(channel, requests, world, WarmUp, cancellation);
        var submit = await SubmitAsync(channel, requests, world, each, cancellation);
        var many = await SubmitManyAsync(channel, requests, world, each, cancellation);
        var emptyAgain = await EmptyCallsAsync(channel, each, cancellation);
        var ceiling = (empty + emptyAgain) / 2;
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            measurement = "rates",
            content_bytes = options.ContentBytes,
            patients = options.Patients,
            seconds_each = each.TotalSeconds,
            empty_calls_per_second = Math.Round(ceiling),
            submit_per_second = Math.Round(submit),
            submit_many_per_second = Math.Round(many),
            submit_to_empty = Math.Round(submit / ceiling, 3),
            submit_many_to_empty = Math.Round(many / ceiling, 3),
            processors = Environment.ProcessorCount,
        }));
        return 0;
    }

    private static Task<double> EmptyCallsAsync(RpcChannel channel, TimeSpan each, CancellationToken cancellation) =>
        MeasureAsync(each, async () =>
            await channel.UnaryAsync<Grpc.Health.V1.HealthCheckRequest, Grpc.Health.V1.HealthCheckResponse>(
                "/grpc.health.v1.Health/Check", new Grpc.Health.V1.HealthCheckRequest(), null, cancellation));

    private static Task<double> SubmitAsync(
        RpcChannel channel, Load requests, World world, TimeSpan each, CancellationToken cancellation) =>
        MeasureAsync(each, async () =>
        {
            await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
                "/healthgrains.v1.DocumentExchange/Submit", requests.NextRequest(), world.AsProducer(), cancellation);
        });

    private static async Task<double> SubmitManyAsync(
        RpcChannel channel, Load requests, World world, TimeSpan each, CancellationToken cancellation)
    {
        const int streams = 4;
        long accepted = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async _ =>
        {
            var options = world.AsProducer() with { Timeout = null };
            await using var call = channel.Duplex<SubmitRequest, SubmitResult>(
                "/healthgrains.v1.DocumentExchange/SubmitMany", options, cancellation);
            var writing = Task.Run(
                async () =>
                {
                    for (var number = 0; clock.Elapsed < each; number++)
                    {
                        var request = requests.NextRequest();
                        request.CorrelationId = number.ToString(CultureInfo.InvariantCulture);
                        await call.WriteAsync(request);
                    }

                    call.FinishRequests();
                },
                cancellation);
            await foreach (var result in call.ReadAllAsync())
            {
                if (result.OutcomeCase != SubmitResult.OutcomeOneofCase.Receipt)
                    throw new InvalidOperationException($"Refused: {result.Refusal.Code}");
                Interlocked.Increment(ref accepted);
            }

            await writing;
        }));
        return accepted / clock.Elapsed.TotalSeconds;
    }

    private static async Task<double> MeasureAsync(TimeSpan each, Func<Task> call)
    {
        long calls = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            while (clock.Elapsed < each)
            {
                await call();
                Interlocked.Increment(ref calls);
            }
        }));
        return calls / clock.Elapsed.TotalSeconds;
    }
}
