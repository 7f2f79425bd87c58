using System.Diagnostics;

namespace HealthGrains.Campaigns;

/// <summary>kill -9: proves recovery, not durability, because the page cache survives the process.</summary>
internal sealed class KillFault(string dataDirectory) : IFault
{
    public string Name => "kill -9";

    public string DataDirectory { get; } = dataDirectory;

    public async Task<Instant?> StrikeAsync(ServerProcess server)
    {
        await server.KillAsync();
        return null;
    }

    public void Dispose()
    {
    }
}

/// <summary>SIGTERM: no fault but the orderly end, under load. It must exit with 0, and what it answered last must be there.</summary>
internal sealed class StopFault(string dataDirectory) : IFault
{
    public string Name => "SIGTERM";

    public string DataDirectory { get; } = dataDirectory;

    public async Task<Instant?> StrikeAsync(ServerProcess server)
    {
        var exit = await server.StopAsync();
        if (exit != 0)
            throw new InvalidOperationException($"After SIGTERM the server ended with {exit}.");
        return null;
    }

    public void Dispose()
    {
    }
}

/// <summary>A power cut: the file system loses all that was not synced, then the server is killed and the disk comes back.</summary>
internal sealed class PowerCutFault(string workDirectory) : IFault
{
    private const int DiskMebibytes = 512;

    private readonly LoopDisk _disk = LoopDisk.Create(workDirectory, DiskMebibytes);

    public string Name => "power cut";

    public string DataDirectory => Path.Combine(_disk.Directory, "data");

    public async Task<Instant?> StrikeAsync(ServerProcess server)
    {
        var began = Stopwatch.GetTimestamp();
        _disk.CutPower();
        var ended = Stopwatch.GetTimestamp();

        // Writers meet EIO now: an acknowledgement well after this instant is a swallowed error, and it is in the ledger.
        await Task.Delay(Instant.AnswersOnTheirWay * 3);
        await server.KillAsync();
        _disk.Remount();
        return new Instant(began, ended);
    }

    public void Dispose() => _disk.Dispose();
}
