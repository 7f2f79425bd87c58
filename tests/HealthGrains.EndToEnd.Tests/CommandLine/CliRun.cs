using System.Globalization;
using System.Text.Json;
using HealthGrains.Host.CommandLine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>A command line run in this process, with what it wrote.</summary>
internal sealed record CliRun(ExitCode Exit, string Output, string Error)
{
    /// <summary>The results, line by line.</summary>
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<CliRun> Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    public static async Task<CliRun> Of(CancellationToken stopping, params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var error = new StringWriter(CultureInfo.InvariantCulture);
        var console = new CliConsole(TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        var exit = await CommandRoot.RunAsync(arguments, console, TimeProvider.System, stopping).Within("running healthgrains", string.Join(' ', arguments.Take(2)));
        return new CliRun(exit, output.ToString(), error.ToString());
    }

    /// <summary>The members of each line of JSON.</summary>
    public IReadOnlyList<JsonElement> Json() => [.. Lines.Select(line =>
    {
        using var document = JsonDocument.Parse(line);
        Assert.Equal(JsonLine.Version, document.RootElement.GetProperty("v").GetInt32());
        return document.RootElement.Clone();
    })];

    /// <summary>An error is one line, whatever happened.</summary>
    public CliRun FailsWith(ExitCode exit, string saying)
    {
        Assert.True(Exit == exit, $"ended with {Exit} in place of {exit}: {Error}");
        var line = Assert.Single(Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.StartsWith("healthgrains: ", StringComparison.Ordinal));
        Assert.Contains(saying, line, StringComparison.Ordinal);
        return this;
    }
}
