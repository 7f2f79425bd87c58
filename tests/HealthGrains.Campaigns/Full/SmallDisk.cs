namespace HealthGrains.Campaigns.Full;

/// <summary>A small file system in memory that can be filled and freed. Needs root; the caller runs in a mount namespace of its own, so
/// that no mount is seen by anybody else.</summary>
internal sealed class SmallDisk : IDisposable
{
    private bool _mounted;

    private SmallDisk(string directory) => Directory = directory;

    public string Directory { get; }

    private string Ballast => Path.Combine(Directory, "ballast");

    public long FreeBytes => new DriveInfo(Directory).AvailableFreeSpace;

    /// <exception cref="FaultUnavailableException">This machine cannot make one.</exception>
    public static SmallDisk Create(string directory, int mebibytes)
    {
        System.IO.Directory.CreateDirectory(directory);
        LoopDisk.Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=0777", "tmpfs", directory);
        return new SmallDisk(directory) { _mounted = true };
    }

    /// <summary>Leaves so many bytes free.</summary>
    public void Fill(long leaving)
    {
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var block = new byte[64 * 1024];
        while (FreeBytes - leaving is var excess and > 0)
        {
            try
            {
                ballast.Write(block, 0, (int)Math.Min(block.Length, Math.Max(4096, excess)));
            }
            catch (IOException)
            {
                // Somebody else took the last of it.
                return;
            }
        }
    }

    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        for (var attempt = 1; _mounted; attempt++)
        {
            try
            {
                LoopDisk.Run("umount", Directory);
                _mounted = false;
            }
            catch (FaultUnavailableException) when (attempt < 20)
            {
                // The killed server's files are closed by the kernel, a little later.
                new ManualResetEventSlim().Wait(100);
            }
        }
    }
}
