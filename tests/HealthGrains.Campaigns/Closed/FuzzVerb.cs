using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace HealthGrains.Campaigns.Closed;

/// <summary><c>fuzz</c>: forged tokens and mutated messages against a server in a process of its own.</summary>
internal static class FuzzVerb
{
    /// <summary>More resident memory than this is unbounded: the store of the run is on disk, and what is in flight is small.</summary>
    private const long PeakMax = 1L << 30;

    public static Command Command()
    {
        var seed = new Option<int>("--seed") { Description = "The n-th token and message come from it.", DefaultValueFactory = _ => 1 };
        var tokens = new Option<int>("--tokens") { DefaultValueFactory = _ => 10_000 };
        var messages = new Option<int>("--messages") { DefaultValueFactory = _ => 200_000 };
        var plant = new Option<string?>("--plant") { Description = "unsigned or handler: a server with this hole, which must be found (exit 1)." };
        var command = new Command("fuzz", "Forged tokens and mutated messages: none let in, no crash, memory bounded, the next honest call answered");
        foreach (var option in new Option[] { seed, tokens, messages, plant })
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            var scratch = Directory.CreateTempSubdirectory("healthgrains-campaign-").FullName;
            try
            {
                return await RunAsync(
                    Path.Combine(scratch, "data"), parsed.GetValue(seed), parsed.GetValue(tokens), parsed.GetValue(messages), parsed.GetValue(plant), cancellation);
            }
            catch (Exception broken)
            {
                // Never 1: what broke the campaign is no defect that it found.
                Console.WriteLine($"fuzz: the campaign itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        string data, int seed, int tokens, int messages, string? plant, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"fuzz: seed {seed}, {tokens} tokens, {messages} messages, plant {plant ?? "none"}");
        var lines = new ServerLines();
        await using var server = await ServerProcess.StartAsync(
            ClosedHost.Server(plant), data, null, cancellation, ClosedHost.Unlimited, lines.Take);
        var clock = Stopwatch.StartNew();
        using var grammar = new TokenGrammar(seed, Path.Combine(data, "development-key.pem"), TimeProvider.System.GetUtcNow());
        var forged = new TokenAttack(grammar, server.Address);
        await forged.RunAsync(tokens, cancellation);
        var tokensIn = clock.Elapsed;

        clock.Restart();
        var mutated = new MessageAttack(new World(data, 40, 6), server.Address, seed);
        await mutated.RunAsync(messages, cancellation);
        var messagesIn = clock.Elapsed;

        var problems = forged.Problems.Concat(mutated.Problems).ToList();
        if (server.HasExited)
            problems.Add("the server has ended");
        var peak = server.HasExited ? 0 : ServerMemory.PeakOf(server.Id);
        if (peak > PeakMax)
            problems.Add($"the server held {peak / (1024 * 1024)} MiB");
        if (!server.HasExited && await server.StopAsync() is var exit && exit != 0)
            problems.Add($"the server ended with {exit} on SIGTERM");
        problems.AddRange(lines.Errors.Select(line => "the server logged: " + line));

        foreach (var problem in problems.Take(20))
            Console.WriteLine(problem);
        var statuses = string.Join(' ', mutated.Statuses.OrderBy(one => int.TryParse(one.Key, out var code) ? code : 99).Select(one => $"{one.Key}:{one.Value}"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"fuzz: {forged.Done} tokens of {forged.ClassesSeen} classes refused in {tokensIn.TotalSeconds:0.0} s; {mutated.Done} messages to {mutated.Served} methods in {messagesIn.TotalSeconds:0.0} s, statuses {statuses}; {mutated.Honest} honest calls answered; peak {peak / (1024 * 1024)} MiB; {problems.Count} problems"));
        return problems.Count > 0 ? 1 : 0;
    }
}
