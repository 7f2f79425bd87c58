using HealthGrains.LoadTests.CommandLine;
using HealthGrains.LoadTests.Targets;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>Results that are kept in the repository, with machine and commit: what a new one is compared with.</summary>
internal static class Baselines
{
    /// <summary>The newest baseline for the kind of a result: of the same machine if there is one, else of another.</summary>
    /// <param name="json">The new result: a table of targets or a run.</param>
    /// <param name="directory">Given by the user, or null for <c>load-tests/baselines</c> above the working directory.</param>
    /// <exception cref="UsageException">There is none.</exception>
    public static string Find(string json, string? directory)
    {
        var folder = directory ?? Above() ?? throw new UsageException("There is no load-tests/baselines above the working directory: give the other file, or --baselines.");
        var (kind, machine, _) = Of(json);
        return Directory.GetFiles(folder, "*.json")
            .Select(file => (File: file, Of: Of(File.ReadAllText(file))))
            .Where(candidate => candidate.Of.Kind == kind)
            .OrderByDescending(candidate => IsSame(candidate.Of.Machine, machine)).ThenByDescending(candidate => candidate.Of.At)
            .Select(candidate => candidate.File)
            .FirstOrDefault() ?? throw new UsageException($"{folder} has no baseline of '{kind}'.");
    }

    /// <summary>Why two results should not be compared as equals, or null.</summary>
    public static string? Difference(string first, string second)
    {
        var (a, b) = (Of(first).Machine, Of(second).Machine);
        return IsSame(a, b) ? null : $"other machines: {a.Processors} × {a.Processor}, and {b.Processors} × {b.Processor}; compare the parts of the ceilings, not the rates";
    }

    private static bool IsSame(Machine a, Machine b) => (a.Processors, a.Processor) == (b.Processors, b.Processor);

    private static (string Kind, Machine Machine, DateTimeOffset At) Of(string json)
    {
        if (TargetTable.IsTable(json))
        {
            var table = TargetTable.FromJson(json);
            return (TargetTable.TheKind, table.Machine, table.At);
        }

        var run = RunResult.FromJson(json);
        return (run.Scenario, run.Machine, run.At);
    }

    private static string? Above()
    {
        for (var folder = new DirectoryInfo(Directory.GetCurrentDirectory()); folder is not null; folder = folder.Parent)
        {
            var baselines = Path.Combine(folder.FullName, "load-tests", "baselines");
            if (Directory.Exists(baselines))
                return baselines;
        }

        return null;
    }
}
