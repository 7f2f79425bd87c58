using System.CommandLine;
using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.LoadTests.Scaling;

/// <summary><c>growth</c> measures what docs/scaling.md says is measured; <c>model</c> prints what it says is modelled.</summary>
internal static class ScalingVerbs
{
    private static readonly Option<string> Server = new("--server") { Description = "Address of the API", DefaultValueFactory = _ => "http://127.0.0.1:8081" };
    private static readonly Option<string> Metrics = new("--metrics") { Description = "The server's page of metrics", DefaultValueFactory = _ => "http://127.0.0.1:8080/metrics" };
    private static readonly Option<string> Data = new("--data") { Description = "The server's data directory, for its development key", Required = true };
    private static readonly Option<string> What = new("--of") { Description = "documents, recipients or patients", Required = true };
    private static readonly Option<int[]> Sizes = new("--sizes") { Description = "The steps, rising", Required = true, AllowMultipleArgumentsPerToken = true };
    private static readonly Option<int> Calls = new("--calls") { Description = "Calls of each figure", DefaultValueFactory = _ => 300 };
    private static readonly Option<ulong?> Seed = new("--seed") { Description = "Other people and ids for each; by default from the clock" };

    public static Command Model()
    {
        var model = new Command("model", "The tables of docs/scaling.md: cost, first limits, and how evenly shards and servers are loaded");
        model.SetAction(_ => Console.Out.Write(ScalingModel.Tables()));
        return model;
    }

    public static Command Growth(TimeProvider time)
    {
        var growth = new Command("growth", "Cost of one call while records, recipients or the store grow") { Server, Metrics, Data, What, Sizes, Calls, Seed };
        growth.SetAction(async (parsed, cancellation) =>
        {
            try
            {
                var seed = parsed.GetValue(Seed) ?? (ulong)time.GetUtcNow().ToUnixTimeSeconds();
                using var key = DevelopmentKey.FromPem(await File.ReadAllTextAsync(
                    Path.Combine(parsed.GetRequiredValue(Data), "development-key.pem"), cancellation));
                using var world = new World(seed, 20_000_000, key, null, "healthgrains", time);
                await using var channel = new RpcChannel(Values.Address("--server", parsed.GetRequiredValue(Server)), new RpcChannelOptions { Connections = 2 });
                var run = new Growth(
                    channel, world, new TextDocuments(world, seed, 1024), Values.Address("--metrics", parsed.GetRequiredValue(Metrics)),
                    parsed.GetValue(Calls), time, Console.Out);
                var sizes = parsed.GetRequiredValue(Sizes);
                await (parsed.GetRequiredValue(What) switch
                {
                    "documents" => run.DocumentsAsync(sizes, cancellation),
                    "recipients" => run.RecipientsAsync(sizes, cancellation),
                    "patients" => run.PatientsAsync(sizes, cancellation),
                    var other => throw new UsageException($"--of '{other}' is none of documents, recipients, patients."),
                });
                return 0;
            }
            catch (Exception wrong) when (wrong is UsageException or IOException)
            {
                Console.Error.WriteLine($"load-tests: {wrong.Message}");
                return 2;
            }
            catch (RpcException refused)
            {
                Console.Error.WriteLine($"load-tests: the run could not go on: {refused.Code}: {refused.Detail}");
                return 6;
            }
        });
        return growth;
    }
}
