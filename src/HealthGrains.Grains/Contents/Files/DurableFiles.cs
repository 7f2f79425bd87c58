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

    /// <summary>Makes a file that only its owner may read, wherever a copy of it is put. One that is there is an error.</summary>
    public static FileStream CreateNew(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    /// <summary>Opens a file without the lock that the runtime takes for every reader: it would be refused while somebody
    /// appends, and what stands before the end never changes.</summary>
    /// <returns>Null when there is no such file.</returns>
    public static SafeFileHandle? TryOpenToRead(string path)
    {
        const int noEntry = 2;
        const int notDirectory = 20;
        var descriptor = NativeMethods.Open(path, CloseOnExec);
        if (descriptor >= 0)
            return new SafeFileHandle(descriptor, ownsHandle: true);
        var error = Marshal.GetLastPInvokeError();
        return error is noEntry or notDirectory ? null : throw new IOException($"open of a content failed with errno {error}");
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
