using System.Globalization;

namespace HealthGrains.Campaigns.Closed;

/// <summary>What a process holds, as Linux counts it.</summary>
internal static class ServerMemory
{
    /// <returns>Bytes: the most that was ever resident.</returns>
    public static long PeakOf(int process)
    {
        var line = File.ReadLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status")
            .First(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture) * 1024;
    }
}
