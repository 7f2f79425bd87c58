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
/// <remarks>Every other round the server is stopped where it stands before its disk dies, as a host without power is: it answers
/// nobody any more, and each answer that a client has read must be on the disk, without a moment of grace. In the other rounds
/// it goes on running beside its dead disk, which shows whether it swallows an error; see <see cref="Instant"/>.</remarks>
internal sealed class PowerCutFault(string workDirectory) : IFault
{
    private const int DiskMebibytes = 512;

    private readonly LoopDisk _disk = LoopDisk.Create(workDirectory, DiskMebibytes);
    private int _strikes;

    public string Name => "power cut";

    public string DataDirectory => Path.Combine(_disk.Directory, "data");

    public async Task<Instant?> StrikeAsync(ServerProcess server)
    {
        if (_strikes++ % 2 == 0)
        {
            await server.FreezeAsync();
            _disk.CutPower();

            // What lies in the client's socket was answered before: it is read, and counts.
            await Task.Delay(Instant.AnswersOnTheirWay);
            await server.KillAsync();
            _disk.Remount();
            return null;
        }

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
