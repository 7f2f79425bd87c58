using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HealthGrains.Campaigns;

/// <summary>The few system calls that .NET does not offer, or whose errors it swallows.</summary>
internal static partial class Posix
{
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    private const int ReadOnly = 0;
    private const uint ShutdownNow = 0x8004587D; // FS_IOC_SHUTDOWN, _IOR('X', 125, uint32_t)
    private const uint DropEverythingUnsynced = 2; // no flush of the journal either

    /// <exception cref="Win32Exception">The bytes may not be on disk.</exception>
    public static void Sync(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        if (FileSync(file) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "fsync failed");
    }

    public static void Signal(int process, int signal)
    {
        if (SendSignal(process, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "kill failed");
    }

    /// <summary>The same for a process that may be gone.</summary>
    public static void TrySignal(int process, int signal) => _ = SendSignal(process, signal);

    /// <summary>Cuts the power of one mounted file system (ext4, XFS): what is not synced is gone.</summary>
    public static void CutPower(string mountPoint)
    {
        var directory = Open(mountPoint, ReadOnly);
        if (directory < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "the mount point cannot be opened");
        try
        {
            var flags = DropEverythingUnsynced;
            if (Control(directory, ShutdownNow, ref flags) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError(), "the file system refused to shut down");
        }
        finally
        {
            _ = Close(directory);
        }
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(Microsoft.Win32.SafeHandles.SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int file, nuint request, ref uint argument);
}
