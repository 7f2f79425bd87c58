using HealthGrains.Host.Files;

namespace HealthGrains.Host.CommandLine;

/// <summary>One line for every way in which a command can fail: what happened, whether to repeat, what comes next.</summary>
internal static class ErrorLine
{
    public static string Of(string message, string? next) =>
        next is null ? $"healthgrains: {message}" : $"healthgrains: {message} Next: {next}";

    /// <summary>Explains what a verb did not explain itself.</summary>
    public static (ExitCode Exit, string Message, string? Next) Explain(Exception error, CancellationToken stopping) => error switch
    {
        OperationCanceledException when stopping.IsCancellationRequested =>
            (ExitCode.Partial, "Stopped as asked. It is safe to repeat the command.", null),
        UnsafeSecretException => (ExitCode.Denied, error.Message, null),
        FormatException => (ExitCode.Usage, error.Message, null),
        UnauthorizedAccessException => (ExitCode.Denied, error.Message, null),
        FileNotFoundException or DirectoryNotFoundException => (ExitCode.NotFound, error.Message, null),
        IOException => (ExitCode.Unavailable, error.Message, null),
        _ => (ExitCode.Defect, $"A defect of this program ({error.GetType().Name}); nothing that was acknowledged is lost. --verbose has the rest.", null),
    };
}
