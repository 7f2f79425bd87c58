using Google.Rpc;
using HealthGrains.Host.Files;
using HealthGrains.Rpc;

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
        RpcException rpc => OfCall(rpc),
        UnsafeSecretException => (ExitCode.Denied, error.Message, null),
        FormatException => (ExitCode.Usage, error.Message, null),
        UnauthorizedAccessException => (ExitCode.Denied, error.Message, null),
        FileNotFoundException or DirectoryNotFoundException => (ExitCode.NotFound, error.Message, null),
        IOException => (ExitCode.Unavailable, error.Message, null),
        _ => (ExitCode.Defect, $"A defect of this program ({error.GetType().Name}); nothing that was acknowledged is lost. --verbose has the rest.", null),
    };

    /// <summary>How a status of the server ends a command.</summary>
    public static ExitCode ExitOf(RpcStatusCode code) => code switch
    {
        RpcStatusCode.InvalidArgument or RpcStatusCode.OutOfRange => ExitCode.Usage,
        RpcStatusCode.NotFound => ExitCode.NotFound,
        RpcStatusCode.Unauthenticated or RpcStatusCode.PermissionDenied => ExitCode.Denied,
        RpcStatusCode.AlreadyExists or RpcStatusCode.FailedPrecondition or RpcStatusCode.Aborted or RpcStatusCode.DataLoss =>
            ExitCode.Conflict,
        _ => ExitCode.Unavailable,
    };

    private static (ExitCode Exit, string Message, string? Next) OfCall(RpcException error)
    {
        var code = error.FindDetail<ErrorInfo>()?.Reason ?? StatusName(error.Code);
        var message = $"{code}: {error.Detail}";
        if (!message.EndsWith('.')) message += ".";
        return error.Code switch
        {
            RpcStatusCode.Unavailable => (ExitCode.Unavailable, message + " It is safe to repeat the command.", "healthgrains serve"),
            RpcStatusCode.DeadlineExceeded or RpcStatusCode.ResourceExhausted =>
                (ExitCode.Unavailable, message + " It is safe to repeat the command, after a while.", null),
            RpcStatusCode.Unauthenticated => (ExitCode.Denied, message, "healthgrains token --help"),
            RpcStatusCode.Unimplemented => (ExitCode.Unavailable, message + " This server does not offer it.", null),
            RpcStatusCode.Cancelled => (ExitCode.Partial, message + " It is safe to repeat the command.", null),
            _ => (ExitOf(error.Code), message, null),
        };
    }

    // As gRPC writes them: ALREADY_EXISTS.
    private static string StatusName(RpcStatusCode code) =>
        string.Concat(code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? "_" + c : char.ToUpperInvariant(c).ToString()));
}
