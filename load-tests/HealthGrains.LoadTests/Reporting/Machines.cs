using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>What a figure needs beside it to mean something.</summary>
internal static class Machines
{
    public static Machine This(string commandLine) => new(
        Environment.MachineName,
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Line("/proc/cpuinfo", "model name"),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Commit(),
        commandLine);

    /// <summary>Arguments as they were given, but tokens.</summary>
    public static string WithoutSecrets(IEnumerable<string> args)
    {
        var shown = new List<string>();
        var hide = false;
        foreach (var arg in args)
        {
            var secret = arg.StartsWith("--token", StringComparison.Ordinal);
            shown.Add(hide ? "***" : secret && arg.Contains('=', StringComparison.Ordinal) ? arg.Split('=')[0] + "=***" : arg);
            hide = secret && !arg.Contains('=', StringComparison.Ordinal);
        }

        return string.Join(' ', shown);
    }

    private static string Line(string file, string name)
    {
        if (!File.Exists(file))
            return "";
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? "" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    // The commit of the working directory; a tool that runs elsewhere says so.
    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", "describe --always --dirty --abbrev=12")
            {
                RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
            });
            var said = git?.StandardOutput.ReadToEnd().Trim() ?? "";
            git?.WaitForExit();
            return said.Length > 0 ? said : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}

/// <summary>Numbers for people; invariant.</summary>
internal static class Show
{
    public static string Time(double microseconds) => microseconds switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.00} ms"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000:0.0} s"),
    };

    public static string Count(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Size(double bytes) => bytes switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0.0} MiB"),
        < 1L << 40 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.00} GiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 40):0.00} TiB"),
    };

    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{part * 100:0.0} %");
}
