using System.CommandLine;

namespace HealthGrains.Host.CommandLine;

/// <summary>What a verb runs with.</summary>
/// <param name="Options">What was typed.</param>
/// <param name="Console">Where it writes.</param>
/// <param name="Time">Its clock.</param>
/// <param name="Stopping">Ctrl-C or SIGTERM: end at the next safe place.</param>
internal sealed record VerbContext(ParseResult Options, CliConsole Console, TimeProvider Time, CancellationToken Stopping)
{
    public bool Json => Options.GetValue(CommonOptions.Json);

    public T? Get<T>(Option<T> option) => Options.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Options.GetValue(argument);

    /// <summary>True if the option was typed.</summary>
    public bool Has(Option option) => Options.GetResult(option) is { Implicit: false };
}

/// <summary>Runs one verb to its end.</summary>
internal delegate Task<ExitCode> VerbBody(VerbContext context);

/// <summary>A command that knows what to run.</summary>
internal sealed class VerbCommand(string name, string description, VerbBody body) : Command(name, description)
{
    public VerbBody Body { get; } = body;
}
