using System.Runtime.CompilerServices;

namespace HealthGrains.Grains.Tests.Golden;

/// <summary>The golden files of format 1: hexadecimal digits, 32 bytes a line.</summary>
internal static class GoldenFiles
{
    private const int LineBytes = 32;

    private static string Directory => Path.Combine(AppContext.BaseDirectory, "Golden", "v1");

    public static IReadOnlyList<string> Names { get; } =
        [.. System.IO.Directory.GetFiles(Directory, "*.golden").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static byte[] Read(string name) => Convert.FromHexString(
        string.Concat(File.ReadAllLines(Path.Combine(Directory, name)).Select(line => line.Trim())));

    /// <summary>Writes the files that are not there yet, beside this source; one that is there is never touched.</summary>
    /// <returns>The names of what was written.</returns>
    public static IReadOnlyList<string> WriteMissing(
        IEnumerable<(string Name, byte[] Body)> all, [CallerFilePath] string here = "")
    {
        var written = new List<string>();
        foreach (var (name, body) in all)
        {
            var path = Path.Combine(Path.GetDirectoryName(here) ?? "", "v1", name);
            if (File.Exists(path))
                continue;
            File.WriteAllLines(path, body.Chunk(LineBytes).Select(Convert.ToHexStringLower));
            written.Add(name);
        }

        return written;
    }
}
