using System.CommandLine;

namespace HealthGrains.Host.CommandLine;

/// <summary>The options that every verb has.</summary>
internal static class CommonOptions
{
    public const string DefaultServer = "http://127.0.0.1:8081";
    public const string TokenVariable = "HEALTHGRAINS_TOKEN";
    public const string ServerVariable = "HEALTHGRAINS_SERVER";

    public static readonly Option<string> Server = new("--server")
    {
        Description = $"Address of the server's gRPC port (default {DefaultServer}, or {ServerVariable})",
        HelpName = "URL",
        Recursive = true,
    };

    public static readonly Option<string> Token = new("--token")
    {
        Description = $"Bearer token; better in {TokenVariable} or with --token-file, where other users do not see it",
        HelpName = "JWT",
        Recursive = true,
    };

    public static readonly Option<string> TokenFile = new("--token-file")
    {
        Description = "File that holds the bearer token",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<string> CaCert = new("--ca-cert")
    {
        Description = "PEM file of the authorities that the server's certificate must come from (https)",
        HelpName = "FILE",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "One line of JSON for each result",
        Recursive = true,
    };

    public static readonly Option<bool> Verbose = new("--verbose")
    {
        Description = "Also tell the details of an error",
        Recursive = true,
    };

    public static Option<string> Data() => new("--data")
    {
        Description = $"Data directory (default {Files.DataDirectory.DefaultName})",
        HelpName = "DIR",
    };

    /// <summary>The duration of an option's text.</summary>
    /// <exception cref="CliException">It is none.</exception>
    public static TimeSpan DurationOf(string name, string text) => HumanValues.TryDuration(text, out var duration)
        ? duration
        : throw new CliException(ExitCode.Usage, $"{name} '{text}' is no duration; write 30s, 15m, 8h or 7d.");
}
