using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HealthGrains.Host.Files;

/// <summary>How reading a file ended.</summary>
internal enum WholeFileState
{
    Read,
    NotFound,
    Unreadable,

    /// <summary>A directory, a pipe, a socket or a device.</summary>
    NotRegular,

    /// <summary>It grew or shrank while it was read: somebody is still writing it.</summary>
    Changed,

    TooLarge,
    Empty,
}

/// <summary>Reads a file whole, and only a file: a pipe without a writer would keep its reader waiting for ever.</summary>
internal static class WholeFile
{
    public static WholeFileState TryRead(string path, int bytesMax, out byte[] bytes)
    {
        bytes = [];
        try
        {
            using var handle = Open(path);
            using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);

            // Only what has a position is a file, or a directory.
            if (!file.CanSeek || (File.GetAttributes(handle) & FileAttributes.Directory) != FileAttributes.None) return WholeFileState.NotRegular;
            var length = file.Length;
            if (length > bytesMax) return WholeFileState.TooLarge;
            if (length == 0) return WholeFileState.Empty;
            var whole = new byte[length];
            if (file.ReadAtLeast(whole, whole.Length, throwOnEndOfStream: false) != whole.Length || file.Length != length)
                return WholeFileState.Changed;
            bytes = whole;
            return WholeFileState.Read;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return WholeFileState.NotFound;
        }
        catch (UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? WholeFileState.NotRegular : WholeFileState.Unreadable;
        }
        catch (IOException)
        {
            return WholeFileState.Unreadable;
        }
    }

    private static SafeFileHandle Open(string path)
    {
        if (OperatingSystem.IsWindows()) return File.OpenHandle(path);
        var flags = OperatingSystem.IsMacOS() ? NativeMethods.MacNonBlocking : NativeMethods.LinuxNonBlocking;
        var descriptor = NativeMethods.Open(path, flags);
        if (descriptor >= 0) return new SafeFileHandle(descriptor, ownsHandle: true);
        throw Marshal.GetLastPInvokeError() switch
        {
            NativeMethods.NoEntry or NativeMethods.NotADirectory => new FileNotFoundException(),
            NativeMethods.AccessDenied => new UnauthorizedAccessException(),
            var other => new IOException(Marshal.GetPInvokeErrorMessage(other)),
        };
    }

    private static class NativeMethods
    {
        // O_RDONLY | O_NONBLOCK | O_CLOEXEC.
        public const int LinuxNonBlocking = 0x800 | 0x80000;
        public const int MacNonBlocking = 0x4 | 0x1000000;
        public const int NoEntry = 2;
        public const int AccessDenied = 13;
        public const int NotADirectory = 20;

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
    }
}
