using System.CommandLine;
using System.Runtime.InteropServices;
using HealthGrains.Host.Files;
using HealthGrains.Host.Verbs;

namespace HealthGrains.Host.CommandLine;

/// <summary>The command line: parses, runs the verb, and turns every end into one line and an exit code.</summary>
internal static class CommandRoot
{
    // Built once: options belong to one tree.
    private static readonly Lazy<RootCommand> Tree = new(Build);

    /// <summary>All verbs with their options.</summary>
    public static RootCommand Root => Tree.Value;

    private static RootCommand Build()
    {
        var serve = ServeVerb.Command();
        var root = new RootCommand("HealthGrains routes health documents to their patients and to those who may know.")
        {
            serve,
            DemoVerb.Command(),
            SubmitVerb.Command(),
            WatchVerb.Command(),
            InboxVerb.Command(),
            TokenVerb.Command(),
            GenerateVerb.Command(),
            VerifyVerb.Command(),
            StatusVerb.Command(),
            DeliveriesVerb.Command(),
            HealthVerb.Command(),
            ConsentVerb.Command(),
            ExplainVerb.Command(),
            MatrixVerb.Command(),
        };
        root.Options.Add(CommonOptions.Server);
        root.Options.Add(CommonOptions.Token);
        root.Options.Add(CommonOptions.TokenFile);
        root.Options.Add(CommonOptions.CaCert);
        root.Options.Add(CommonOptions.Json);
        root.Options.Add(CommonOptions.Verbose);
        return root;
    }

    /// <summary>Runs a command line to its end.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(string[] args, CliConsole console, TimeProvider time)
    {
        using var stopping = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, stopping));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, stopping));
        return (int)await RunAsync(args, console, time, stopping.Token);
    }

    internal static async Task<ExitCode> RunAsync(string[] args, CliConsole console, TimeProvider time, CancellationToken stopping)
    {
        var root = Root;
        var options = root.Parse(WithDefaultVerb(args, root));
        if (options.Errors.Count > 0)
        {
            console.Tell($"healthgrains: {options.Errors[0].Message} Try: healthgrains {CommandPath(options)}--help");
            return ExitCode.Usage;
        }

        // Verbs have no action of the library's; what has one is --help or --version.
        if (options.Action is not null || options.CommandResult.Command is not VerbCommand verb)
        {
            var exit = await options.InvokeAsync(new InvocationConfiguration { Output = console.Output, Error = console.Error }, stopping);
            await console.Output.FlushAsync(stopping);
            return (ExitCode)exit;
        }

        var verbose = options.GetValue(CommonOptions.Verbose);
        try
        {
            return await verb.Body(new VerbContext(options, console, time, stopping));
        }
        catch (CliException e)
        {
            console.Tell(ErrorLine.Of(e.Message, e.Next));
            if (verbose) console.Tell(e.ToString());
            return e.Exit;
        }
        catch (OutputClosedException e)
        {
            // Whoever took the first lines and left (head) got what he or she wanted.
            if (e.ReaderLeft) return ExitCode.Ok;
            console.Tell(ErrorLine.Of(e.Message, next: null));
            if (verbose) console.Tell(e.ToString());
            return ExitCode.Partial;
        }
        catch (Exception e)
        {
            // The border of the process: nothing goes further up.
            var (exit, message, next) = ErrorLine.Explain(e, stopping);
            console.Tell(ErrorLine.Of(message, next));
            if (verbose) console.Tell(e.ToString());
            return exit;
        }
    }

    // Without a verb the server starts; options alone are the server's.
    private static string[] WithDefaultVerb(string[] args, RootCommand root)
    {
        if (args.Length == 0) return ["serve"];
        if (args[0] is "--help" or "-h" or "-?" or "/?" or "/h" or "--version" || args[0].StartsWith('[')) return args;
        return args[0].StartsWith('-') && !args.Any(a => root.Subcommands.Any(c => c.Name == a)) ? ["serve", .. args] : args;
    }

    private static string CommandPath(ParseResult options)
    {
        var path = "";
        for (var result = options.CommandResult; result.Command is not RootCommand; result = (System.CommandLine.Parsing.CommandResult)result.Parent!)
            path = result.Command.Name + " " + path;
        return path;
    }

    // The first signal asks to end at a safe place. A second Ctrl-C is a person who means it; a supervisor that repeats
    // itself is patient until it kills.
    private static void Stop(PosixSignalContext context, CancellationTokenSource stopping)
    {
        if (stopping.IsCancellationRequested && context.Signal == PosixSignal.SIGINT) return;
        context.Cancel = true;
        stopping.Cancel();
    }
}
