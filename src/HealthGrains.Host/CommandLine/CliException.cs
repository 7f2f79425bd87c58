namespace HealthGrains.Host.CommandLine;

/// <summary>A command that cannot go on, told to its user in one line.</summary>
/// <param name="exit">How the process ends.</param>
/// <param name="message">What happened, to which document, and whether it is safe to repeat.</param>
/// <param name="next">The command that comes next; null if there is none.</param>
internal sealed class CliException(ExitCode exit, string message, string? next = null, Exception? inner = null)
    : Exception(message, inner)
{
    public ExitCode Exit { get; } = exit;

    public string? Next { get; } = next;
}
