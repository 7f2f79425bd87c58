using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace HealthGrains.Host.Files;

/// <summary>Small files that must be whole after a power cut: keys and the like.</summary>
/// <remarks>The bytes go to a temporary file, which is synced, linked to its name without replacing anything, and then the
/// directory is synced. fsync is called itself and its result is looked at, since the runtime's own calls swallow its
/// errors.</remarks>
internal static class DurableFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode OthersMask =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Makes a directory that only its owner may enter; one that exists is left as it is.</summary>
    public static void MakeDirectory(string path)
    {
        if (Directory.Exists(path)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OwnerDirectory);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } parent) SyncDirectory(parent);
    }

    /// <summary>Reads a secret of this server, or makes it on first use.</summary>
    /// <param name="path">Of mode 0600 once made.</param>
    /// <param name="make">Called when there is none yet.</param>
    /// <param name="bytesMax">A longer file is not ours.</param>
    /// <exception cref="IOException">It cannot be read or written, or is not synced for certain.</exception>
    /// <exception cref="UnsafeSecretException">Others than its owner may read or change it.</exception>
    public static byte[] ReadOrMakeSecret(string path, Func<byte[]> make, int bytesMax = 64 * 1024)
    {
        if (!File.Exists(path)) TryWriteNew(path, make());
        return ReadSecret(path, bytesMax);
    }

    /// <summary>Reads a secret that exists.</summary>
    /// <inheritdoc cref="ReadOrMakeSecret" path="/exception"/>
    public static byte[] ReadSecret(string path, int bytesMax = 64 * 1024)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);

        // Of the open file, not of the name, which could change its meaning between both.
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & OthersMask) != UnixFileMode.None)
            throw new UnsafeSecretException(path);
        if (file.Length > bytesMax) throw new IOException($"{path} is longer than {bytesMax} bytes; it is no file of this program.");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    // Two processes may start on one new directory: the first link wins, and both read the winner's file.
    private static void TryWriteNew(string path, byte[] bytes)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(temporary, options))
            {
                file.Write(bytes);
                Sync(file.SafeFileHandle, temporary);
            }

            try
            {
                File.Move(temporary, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                return;
            }

            // Where the rename failed, the runtime made a copy instead, which nobody has synced.
            using (var moved = File.OpenHandle(path, FileMode.Open, FileAccess.Read))
                Sync(moved, path);
            SyncDirectory(directory);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void Sync(SafeFileHandle handle, string path)
    {
        if (OperatingSystem.IsWindows()) return;
        if (NativeMethods.FSync(handle) != 0) throw NotSynced(path);
    }

    public static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = NativeMethods.Open(path, 0);
        if (descriptor < 0) throw NotSynced(path);
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        if (NativeMethods.FSync(handle) != 0) throw NotSynced(path);
    }

    private static IOException NotSynced(string path) =>
        new($"{path} could not be synced to the disk (error {Marshal.GetLastPInvokeError()}).");

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

/// <summary>A secret that others may read is no secret any more.</summary>
internal sealed class UnsafeSecretException(string path)
    : Exception($"{path} may be read or changed by others than its owner: chmod 600 it, or remove it to have a new one made.");
