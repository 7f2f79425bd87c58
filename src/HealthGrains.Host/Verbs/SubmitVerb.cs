using System.CommandLine;
using System.Globalization;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Submitting;
using HealthGrains.Rpc;

namespace HealthGrains.Host.Verbs;

/// <summary><c>submit PATH…</c>: sends files and directories, one line a result.</summary>
internal static class SubmitVerb
{
    private static readonly Argument<string[]> Paths = new("PATH")
    {
        Description = "Files and directories of CDA documents, or any files with the options that describe them",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> List = new("--list")
    {
        Description = "File of paths, one a line; a rejects file or the output of --json will do",
        HelpName = "FILE",
    };

    private static readonly Option<string> Rejects = new("--rejects")
    {
        Description = "File to write refused files to, as --json would; go on with --list FILE",
        HelpName = "FILE",
    };

    private static readonly Option<int?> InFlight = new("--in-flight")
    {
        Description = $"Submissions under way at once (default {HostLimits.InFlightDefault}, at most {HostLimits.InFlightMax})",
        HelpName = "N",
    };

    public static Command Command()
    {
        var command = new VerbCommand("submit", "Submit documents; what was accepted before is answered with its receipt", RunAsync)
        {
            Paths, List, Rejects, InFlight,
        };
        foreach (var option in SubmitOptions.All) command.Options.Add(option);
        return command;
    }

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        var paths = context.Get(Paths) ?? [];
        var list = context.Get(List);
        if (paths.Length == 0 && list is null)
            throw new CliException(ExitCode.Usage, "Which files? Name them, or a directory.", "healthgrains submit --help");
        var inFlight = context.Get(InFlight) ?? HostLimits.InFlightDefault;
        if (inFlight is < 1 or > HostLimits.InFlightMax)
            throw new CliException(ExitCode.Usage, $"--in-flight is 1 to {HostLimits.InFlightMax}.");
        var template = SubmitOptions.Template(context, paths);

        IEnumerable<string> named = list is null ? paths : paths.Concat(PathList.Read(list));
        await using var server = ServerConnection.Open(context);
        await using var rejects = context.Get(Rejects) is { } file ? PathList.Create(file) : null;
        var bulk = new BulkSubmission(server, template, context.Time, inFlight);
        var tally = new SubmitTally(context.Time);

        // The bar needs to know how many there are; counting names costs little, and only a bar is worth it.
        using var counting = CancellationTokenSource.CreateLinkedTokenSource(context.Stopping);
        if (context.Console.ErrorIsTerminal && list is null)
            _ = Task.Run(() => tally.CountAhead(FileWalk.Enumerate(paths), counting.Token), CancellationToken.None);

        try
        {
            await using var progress = ProgressLine.Start(context.Console, context.Time, tally.State);
            await foreach (var outcome in bulk.RunAsync(FileWalk.Enumerate(named), context.Stopping, CancellationToken.None))
            {
                tally.Add(outcome);
                if (outcome.Refusal is not null && rejects is not null) await rejects.WriteLineAsync(outcome.ToJson());
                if (context.Console.OutputIsTerminal) progress.StepAside();
                await context.Console.WriteLineAsync(context.Json ? outcome.ToJson() : outcome.ToText());
            }
        }
        catch (RpcException e) when (tally.Done > 0)
        {
            var (exit, message, next) = ErrorLine.Explain(e, context.Stopping);
            throw new CliException(
                exit, $"{message} {tally.Done} files have their answer; the rest may be repeated: known ones are answered again.",
                next ?? "the same command again", e);
        }
        finally
        {
            await counting.CancelAsync();
        }

        context.Console.Tell(tally.Summary());
        if (bulk.WasStopped)
        {
            context.Console.Tell(ErrorLine.Of(
                "Stopped as asked; everything sent has its answer above.", "the same command again (known ones are answered again)"));
            return ExitCode.Partial;
        }

        if (tally.Refused == 0) return ExitCode.Ok;
        if (tally.Done == tally.NotFound) return ExitCode.NotFound;
        if (context.Get(Rejects) is { } rejected)
            context.Console.Tell(ErrorLine.Of($"{tally.Refused} files were refused.", $"healthgrains submit --list {rejected}"));
        return ExitCode.Partial;
    }

    /// <summary>What came of the files so far.</summary>
    private sealed class SubmitTally(TimeProvider time)
    {
        private readonly long _started = time.GetTimestamp();
        private long _done;
        private long _known;
        private long _refused;
        private long _notFound;
        private long _bytes;
        private long _total = -1;

        public long Done => Interlocked.Read(ref _done);

        public long Refused => Interlocked.Read(ref _refused);

        public long NotFound => Interlocked.Read(ref _notFound);

        public void Add(SubmissionOutcome outcome)
        {
            Interlocked.Increment(ref _done);
            if (outcome.Refusal is { } refusal)
            {
                Interlocked.Increment(ref _refused);
                if (outcome.IsLocal && refusal.Code == "FILE_NOT_FOUND") Interlocked.Increment(ref _notFound);
                return;
            }

            if (outcome.Receipt!.AlreadyKnown) Interlocked.Increment(ref _known);
            Interlocked.Add(ref _bytes, outcome.Receipt.Size);
        }

        public void CountAhead(IEnumerable<FoundFile> files, CancellationToken cancellation)
        {
            long count = 0;
            foreach (var _ in files)
            {
                if (cancellation.IsCancellationRequested) return;
                count++;
            }

            Interlocked.Exchange(ref _total, count);
        }

        public ProgressState State()
        {
            var total = Interlocked.Read(ref _total);
            var of = total < 0 ? "" : $" of {HumanValues.Count(total)}";
            var refused = Refused == 0 ? "" : $", {HumanValues.Count(Refused)} refused";
            return new ProgressState(Done, total < 0 ? null : total, $"{HumanValues.Count(Done)}{of} files{refused}, {Rate()}");
        }

        public string Summary()
        {
            var known = Interlocked.Read(ref _known);
            var accepted = Done - Refused - known;
            return $"{HumanValues.Count(accepted)} accepted, {HumanValues.Count(known)} known before, {HumanValues.Count(Refused)} refused; "
                + $"{HumanValues.Size(Interlocked.Read(ref _bytes))} in {HumanValues.Duration(time.GetElapsedTime(_started))}, {Rate()}";
        }

        private string Rate()
        {
            var seconds = time.GetElapsedTime(_started).TotalSeconds;
            return string.Create(CultureInfo.InvariantCulture, $"{(seconds > 0 ? Done / seconds : 0):0}/s");
        }
    }
}
