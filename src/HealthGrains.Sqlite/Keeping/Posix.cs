using System.Runtime.InteropServices;

namespace HealthGrains.Sqlite.Keeping;

/// <summary>Writes a small file so that it survives a power cut: all of the new content, or all of the old.</summary>
/// <remarks>The C library is called directly, because .NET's own flush returns normally when the sync fails, and because it
/// offers no sync of a directory, without which a rename may be forgotten. The numbers are those of Linux.</remarks>
internal static partial class Posix
{
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Truncate = 0x200;
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4;
    private const int NoSpace = 28;
    private const int Quota = 122;

    /// <summary>Makes a directory that nobody else on the machine can look into. One that is there keeps its mode.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The embedded store needs a POSIX file system.");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Replaces a file: writes beside it, syncs, renames, syncs the directory.</summary>
    /// <exception cref="PosixFailure">Some step failed; the old file is still there, unless it was the last step.</exception>
    public static void ReplaceFile(string path, ReadOnlySpan<byte> content)
    {
        // Other processes on the same store write the same file: each through a name of its own.
        var beside = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}.tmp";
        var file = Check(OpenFile(beside, WriteOnly | Create | Truncate | CloseOnExec, 0x180), "open", beside);
        try
        {
            WriteAll(file, content, beside);
            Check(Sync(file), "fsync", beside);
        }
        finally
        {
            _ = CloseFile(file);
        }

        Check(RenameFile(beside, path), "rename", beside);
        SyncDirectory(Path.GetDirectoryName(path) ?? ".");
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public static void SyncDirectory(string path)
    {
        var directory = Check(OpenFile(path, CloseOnExec, 0), "open", path);
        try
        {
            Check(Sync(directory), "fsync", path);
        }
        finally
        {
            _ = CloseFile(directory);
        }
    }

    private static void WriteAll(int file, ReadOnlySpan<byte> content, string path)
    {
        while (!content.IsEmpty)
        {
            var written = WriteFile(file, content, (nuint)content.Length);
            if (written < 0 && Marshal.GetLastPInvokeError() == Interrupted)
                continue;
            Check((int)written, "write", path);
            content = content[(int)written..];
        }
    }

    private static int Check(int result, string call, string path)
    {
        if (result >= 0)
            return result;
        var error = Marshal.GetLastPInvokeError();
        throw new PosixFailure(call, path, error, isFull: error is NoSpace or Quota && call != "fsync");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(int file, ReadOnlySpan<byte> bytes, nuint count);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseFile(int file);
}

/// <summary>A call of the operating system failed.</summary>
/// <param name="isFull">There was no room; later there may be. A failed sync is never that.</param>
internal sealed class PosixFailure(string call, string path, int error, bool isFull)
    : IOException($"{call} of '{path}' failed with errno {error}")
{
    public bool IsFull { get; } = isFull;
}
