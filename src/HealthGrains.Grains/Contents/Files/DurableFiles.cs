using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HealthGrains.Grains.Contents.Files;

/// <summary>The calls that make files and names durable, each with its result checked.</summary>
/// <remarks>The C library is called directly: .NET's own flush returns normally when the sync failed, and it offers no sync of
/// a directory, without which a rename may be forgotten. The numbers are those of Linux.</remarks>
internal static class DurableFiles
{
    private const int CloseOnExec = 0x80000;

    /// <summary>Makes a directory that only its owner may enter, and its name durable. One that is there stays as it is.</summary>
    public static void MakeDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("The store of files needs a POSIX file system.");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        SyncDirectory(Path.GetDirectoryName(path) ?? "/");
    }

    /// <exception cref="NotSyncedException">What the disk holds is not known.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (NativeMethods.FSync(file) != 0)
            throw new NotSyncedException("fsync of a content", Marshal.GetLastPInvokeError());
    }

    /// <exception cref="NotSyncedException">Which names the disk holds is not known.</exception>
    public static void SyncDirectory(string path)
    {
        var descriptor = NativeMethods.Open(path, CloseOnExec);
        if (descriptor < 0)
            throw new NotSyncedException("open of a directory", Marshal.GetLastPInvokeError());
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (NativeMethods.FSync(handle) != 0)
            throw new NotSyncedException("fsync of a directory", Marshal.GetLastPInvokeError());
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int FSync(SafeFileHandle descriptor);

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
    }
}

/// <summary>A sync failed: the store stops, since a second one would lie.</summary>
internal sealed class NotSyncedException(string call, int error) : IOException($"{call} failed with errno {error}");
