using System.Text;
using System.Text.Json;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Submitting;

/// <summary>Files of paths: one a line, plain or as the member <c>file</c> of a line of JSON.</summary>
internal static class PathList
{
    /// <summary>Reads line by line; empty lines are passed over.</summary>
    /// <exception cref="CliException">The list cannot be read, or a line is neither.</exception>
    public static IEnumerable<string> Read(string path)
    {
        if (!File.Exists(path)) throw new CliException(ExitCode.NotFound, $"--list {path} does not exist.");
        return Lines(path);
    }

    /// <summary>Starts a new list, of this user alone: names of files may tell more than they should.</summary>
    public static StreamWriter Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new StreamWriter(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options) { AutoFlush = true, NewLine = "\n" };
    }

    private static IEnumerable<string> Lines(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            yield return line[0] == '{' ? Named(line) : line;
        }
    }

    private static string Named(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("file", out var file) && file.ValueKind == JsonValueKind.String)
                return file.GetString()!;
        }
        catch (JsonException)
        {
            // Falls through to the same answer.
        }

        throw new CliException(ExitCode.Usage, "A line of --list is neither a path nor a line of JSON with 'file'.");
    }
}
