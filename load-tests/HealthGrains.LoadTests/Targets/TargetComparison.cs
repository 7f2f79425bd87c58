using HealthGrains.LoadTests.Reporting;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Compares two tables line by line: the value, and the processor time of a document.</summary>
/// <remarks>Noise is taken from the runs: a change counts when it is above a tenth and the runs of the two tables do not overlap.</remarks>
internal static class TargetComparison
{
    private const double PartMin = 0.10;

    public static IReadOnlyList<Compared> Of(TargetTable first, TargetTable second)
    {
        var figures = new List<Compared>();
        foreach (var line in first.Lines)
        {
            if (second.Lines.FirstOrDefault(other => other.Name == line.Name) is not { } other)
                continue;
            figures.Add(By($"{line.Name}, {line.Unit}", line, other, run => run.Value, more: line.AtMost is null));
            if (line.Cpu.Count > 0 && other.Cpu.Count > 0)
                figures.Add(By($"{line.Name}, processor µs a document", line, other, run => run.Cpu?.Values.Sum() ?? double.NaN, more: false));
            if (line.AllocatedBytes is not null && other.AllocatedBytes is not null)
                figures.Add(By($"{line.Name}, bytes allocated a document", line, other, run => run.AllocatedBytes ?? double.NaN, more: false));
        }

        return figures;
    }

    private static Compared By(string name, TargetLine first, TargetLine second, Func<TargetRun, double> figure, bool more)
    {
        double[] a = [.. first.Runs.Select(figure).Where(double.IsFinite).Order()], b = [.. second.Runs.Select(figure).Where(double.IsFinite).Order()];
        if (a.Length == 0 || b.Length == 0)
            return new Compared(name, 0, 0, double.NaN, false, false);
        var (was, now) = (Middle(a), Middle(b));
        var apart = a[^1] < b[0] || b[^1] < a[0];
        return new Compared(name, was, now, was == 0 ? double.NaN : now / was, apart && Math.Abs(now - was) > PartMin * Math.Abs(was), now > was == more);
    }

    private static double Middle(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
