using System.CommandLine;

namespace HealthGrains.Campaigns.Breaking;

/// <summary>What a campaign of this folder's kind is asked for.</summary>
/// <param name="Seed">Everything random comes from it.</param>
/// <param name="IsLong">The long tier.</param>
/// <param name="Planted">The name of a bug that it must report, or null.</param>
/// <param name="Scratch">A directory that goes at the end.</param>
/// <param name="Parsed">Options of its own.</param>
internal sealed record BreakingOptions(int Seed, bool IsLong, string? Planted, string Scratch, ParseResult Parsed)
{
    /// <summary>The product as it is shipped: the program and its first argument.</summary>
    public IReadOnlyList<string> Program { get; } = ["dotnet", Path.Combine(AppContext.BaseDirectory, "healthgrains.dll")];

    /// <summary>The server as it is shipped, or with a planted bug.</summary>
    public IReadOnlyList<string> Server(string? plant) => plant is null
        ? [.. Program, "serve"]
        : ["dotnet", Path.Combine(AppContext.BaseDirectory, "campaigns.dll"), "serve-planted", "--plant", plant];
}

/// <summary>A verb that runs rounds: seed, long tier, planted bugs, results as lines and page, and the exit codes that all campaigns
/// have.</summary>
internal static class BreakingVerb
{
    public static Command Of(
        string name,
        string description,
        IReadOnlyList<string> plants,
        IReadOnlyList<Option> more,
        Func<BreakingOptions, RoundBook, CancellationToken, Task<string>> run)
    {
        var seed = new Option<int>("--seed") { Description = "Everything random comes from it.", DefaultValueFactory = _ => 1 };
        var isLong = new Option<bool>("--long") { Description = "The long tier, with a page of the results." };
        var results = new Option<string?>("--out") { Description = "A directory for the rounds as JSON and as one page." };
        var planted = new Option<string?>("--planted") { Description = "A bug that the campaign must report." };
        planted.AcceptOnlyFromAmong([.. plants]);
        var command = new Command(name, description);
        foreach (var option in new Option[] { seed, isLong, results, planted }.Concat(more))
            command.Options.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            // Short, because it may hold a socket.
            var scratch = Directory.CreateTempSubdirectory("hg-").FullName;
            try
            {
                var options = new BreakingOptions(
                    parsed.GetValue(seed), parsed.GetValue(isLong), parsed.GetValue(planted), scratch, parsed);
                Console.Error.WriteLine($"{name}: seed {options.Seed}");
                var book = new RoundBook(name, options.Seed);
                var headline = await run(options, book, cancellation);
                Console.WriteLine($"{name}: {headline}, {book.Rounds} rounds, {book.Failed} failed, {book.Voids} void");
                if ((parsed.GetValue(results) ?? (options.IsLong ? "campaign-results" : null)) is { } directory)
                    await book.WriteAsync(directory, headline);
                return book.ExitCode;
            }
            catch (FaultUnavailableException unavailable)
            {
                Console.WriteLine($"{name}: skipped, this machine cannot make the fault: {unavailable.Message}");
                return 4;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                Console.WriteLine($"{name}: interrupted; its servers and mounts are gone");
                return 5;
            }
            catch (Exception broken)
            {
                // Never 1: what broke the campaign is no defect that it found, and a control must not pass for it.
                Console.WriteLine($"{name}: the campaign itself broke: {broken}");
                return 5;
            }
            finally
            {
                Directory.Delete(scratch, recursive: true);
            }
        });
        return command;
    }
}
