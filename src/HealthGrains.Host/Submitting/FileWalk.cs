namespace HealthGrains.Host.Submitting;

/// <summary>One path of a submission: a file to read, or why there is none.</summary>
/// <param name="Path">As it was named or found.</param>
/// <param name="Problem">Null for a file to read.</param>
internal readonly record struct FoundFile(string Path, FileProblem? Problem);

/// <summary>Why a path is not sent.</summary>
/// <param name="Code">FILE_NOT_FOUND, FILE_UNREADABLE, FILE_NOT_REGULAR, FILE_CHANGED, FILE_TOO_LARGE, FILE_EMPTY, LINK_NOT_FOLLOWED.</param>
/// <param name="Message">One sentence.</param>
internal sealed record FileProblem(string Code, string Message);

/// <summary>The files below some paths, found one by one, so that a million of them need no memory.</summary>
/// <remarks>Links to files are read; links to directories inside a directory are not followed, so no loop catches us. What
/// cannot be entered is a result like any other: nothing is left out in silence.</remarks>
internal static class FileWalk
{
    public static IEnumerable<FoundFile> Enumerate(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
            {
                foreach (var found in Below(path)) yield return found;
            }
            else
            {
                yield return new FoundFile(path, null);
            }
        }
    }

    private static IEnumerable<FoundFile> Below(string root)
    {
        var open = new Stack<OpenDirectory>();
        try
        {
            if (TryOpen(root, open) is { } unreadable) yield return unreadable;
            while (open.Count > 0)
            {
                var directory = open.Peek();
                if (!TryNext(directory.Entries, out var entry, out var problem))
                {
                    open.Pop().Entries.Dispose();
                    if (problem is not null) yield return new FoundFile(directory.Path, problem);
                    continue;
                }

                // Named as it was asked for: a relative path stays one.
                var path = Path.Combine(directory.Path, entry.Name);
                if ((entry.Attributes & FileAttributes.Directory) == FileAttributes.None)
                {
                    yield return new FoundFile(path, null);
                }
                else if ((entry.Attributes & FileAttributes.ReparsePoint) != FileAttributes.None)
                {
                    yield return new FoundFile(path, new FileProblem(
                        "LINK_NOT_FOLLOWED", "A link to a directory; name the directory itself to submit it."));
                }
                else if (open.Count >= HostLimits.DirectoryDepthMax)
                {
                    yield return new FoundFile(path, new FileProblem(
                        "FILE_UNREADABLE", $"Deeper than {HostLimits.DirectoryDepthMax} directories."));
                }
                else if (TryOpen(path, open) is { } closed)
                {
                    yield return closed;
                }
            }
        }
        finally
        {
            while (open.Count > 0) open.Pop().Entries.Dispose();
        }
    }

    private static FoundFile? TryOpen(string directory, Stack<OpenDirectory> open)
    {
        try
        {
            open.Push(new OpenDirectory(directory, new DirectoryInfo(directory).EnumerateFileSystemInfos("*", Everything).GetEnumerator()));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new FoundFile(directory, new FileProblem("FILE_UNREADABLE", "The directory cannot be read."));
        }
    }

    private static bool TryNext(IEnumerator<FileSystemInfo> entries, out FileSystemInfo entry, out FileProblem? problem)
    {
        entry = null!;
        problem = null;
        try
        {
            if (!entries.MoveNext()) return false;
            entry = entries.Current;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = new FileProblem("FILE_UNREADABLE", "A directory below cannot be read to its end.");
            return false;
        }
    }

    private readonly record struct OpenDirectory(string Path, IEnumerator<FileSystemInfo> Entries);

    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
    };
}
