using System.Globalization;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Processor time that each program has used, seconds of user and system together, by role.</summary>
/// <remarks>Unlike a rate it hardly moves when other programs use the machine too. Source: <c>/proc/PID/stat</c> and, for the
/// processes of PostgreSQL (one thread each), <c>/proc/PID/schedstat</c> in nanoseconds. What ended meanwhile is in the times of
/// its parent. Elsewhere than on Linux nothing is known.</remarks>
internal static class ProcessorTimes
{
    public const string Client = "client";
    public const string Server = "server";
    public const string Backends = "database sessions";
    public const string WalWriter = "database WAL writer";
    public const string Other = "database, other";

    private const double TicksPerSecond = 100;
    private const double NanosecondsPerSecond = 1e9;

    /// <param name="server">Process of the server under test.</param>
    /// <param name="postmaster">First process of the database server, or null.</param>
    public static IReadOnlyDictionary<string, double> Read(int server, int? postmaster)
    {
        var times = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!OperatingSystem.IsLinux())
            return times;
        times[Client] = Stat(Environment.ProcessId)?.Own ?? 0;
        times[Server] = Stat(server)?.Own ?? 0;
        if (postmaster is not { } parent)
            return times;
        times[Backends] = times[WalWriter] = 0;
        var first = Stat(parent);
        times[Other] = first is { } known ? known.Own + known.Ended : 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || Stat(id) is not { } stat || stat.Parent != parent)
            {
                continue;
            }

            times[RoleOf(id)] += Nanoseconds(id) is { } exact ? exact / NanosecondsPerSecond : stat.Own;
        }

        return times;
    }

    /// <summary>What was used between two readings, for each of so many documents, microseconds.</summary>
    public static IReadOnlyDictionary<string, double> Each(
        IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after, long documents) =>
        after.ToDictionary(
            role => role.Key,
            role => Math.Round(Math.Max(0, role.Value - before.GetValueOrDefault(role.Key)) * 1e6 / Math.Max(1, documents), 2),
            StringComparer.Ordinal);

    private static string RoleOf(int id)
    {
        var title = Text($"/proc/{id}/cmdline") ?? "";
        return title.Contains("walwriter", StringComparison.Ordinal) ? WalWriter
            : title.Contains("[local]", StringComparison.Ordinal) || title.Contains("127.0.0.1", StringComparison.Ordinal) ? Backends
            : Other;
    }

    private static double? Nanoseconds(int id) =>
        Text($"/proc/{id}/schedstat") is { } text
        && double.TryParse(text.Split(' ')[0], CultureInfo.InvariantCulture, out var nanoseconds)
            ? nanoseconds
            : null;

    // Behind the name in parentheses: state, parent, …, and from the twelfth on user, system, user and system of ended children.
    private static (int Parent, double Own, double Ended)? Stat(int id)
    {
        if (Text($"/proc/{id}/stat") is not { } line)
            return null;
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        double Seconds(int index) => double.Parse(fields[index], CultureInfo.InvariantCulture) / TicksPerSecond;
        return (int.Parse(fields[1], CultureInfo.InvariantCulture), Seconds(11) + Seconds(12), Seconds(13) + Seconds(14));
    }

    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // A process that ended between the list and this.
            return null;
        }
    }
}
