using System.ComponentModel;
using System.Diagnostics;

namespace HealthGrains.Campaigns;

/// <summary>A throw-away ext4 file system on a loop mount, whose power can be cut. Needs root; the caller runs in a mount
/// namespace of its own, so that no mount is seen by anybody else.</summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string _image;
    private bool _mounted;

    private LoopDisk(string image, string directory)
    {
        _image = image;
        Directory = directory;
    }

    public string Directory { get; }

    /// <exception cref="FaultUnavailableException">This machine cannot make one.</exception>
    public static LoopDisk Create(string workDirectory, int mebibytes)
    {
        var disk = new LoopDisk(Path.Combine(workDirectory, "disk.img"), Path.Combine(workDirectory, "disk"));
        using (var image = File.Create(disk._image))
            image.SetLength(mebibytes * 1024L * 1024L);
        System.IO.Directory.CreateDirectory(disk.Directory);
        Run("mkfs.ext4", "-q", "-F", disk._image);
        disk.Attach();
        return disk;
    }

    /// <summary>From this instant nothing unsynced can reach the disk.</summary>
    public void CutPower() => Posix.CutPower(Directory);

    /// <summary>Mounts again: the file system's journal replays.</summary>
    public void Remount()
    {
        Detach();
        Attach();
    }

    public void Dispose()
    {
        if (_mounted)
            Detach();
    }

    private void Attach()
    {
        Run("mount", "-t", "ext4", "-o", "loop", _image, Directory);
        _mounted = true;
    }

    private void Detach()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Run("umount", Directory);
                _mounted = false;
                return;
            }
            catch (FaultUnavailableException) when (attempt < 20)
            {
                // The killed server's files are closed by the kernel, a little later.
                new ManualResetEventSlim().Wait(100);
            }
        }
    }

    /// <exception cref="FaultUnavailableException">It is not here, or failed.</exception>
    internal static void Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }) ?? throw new FaultUnavailableException($"{program} did not start");
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new FaultUnavailableException($"{program}: {said.Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new FaultUnavailableException($"{program}: {missing.Message}", missing);
        }
    }
}

/// <summary>This machine cannot make the fault: a skipped row with its reason, not a pass.</summary>
internal sealed class FaultUnavailableException(string reason, Exception? inner = null) : Exception(reason, inner);
