using System.Diagnostics;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Linear;

/// <summary>The server that is there now, who calls it, and what was counted.</summary>
internal sealed class LinearWorld : IAsyncDisposable
{
    /// <summary>Professionals whose rights come and go in one record.</summary>
    public const int ProfessionalsEach = 3;

    /// <summary>More than the mailbox of one grain.</summary>
    public const int BurstCalls = 600;

    private const int ProfessionalsInAll = 90;

    private readonly CampaignOptions _options;
    private readonly string _data;
    private readonly Lock _gate = new();
    private ServerProcess _process;
    private TaskCompletionSource<LivingServer> _server = New<LivingServer>();
    private int _answered;
    private int _overloaded;
    private int _repeated;
    private int _settled;
    private int _leftOpen;

    private LinearWorld(CampaignOptions options, string data, ServerProcess process)
    {
        (_options, _data, _process) = (options, data, process);
        People = new World(data, options.Patients, ProfessionalsInAll + 1);
        _server.SetResult(new LivingServer(process));
    }

    public World People { get; }

    /// <summary>Writes every document, and reads none.</summary>
    public string Author => People.Professionals[ProfessionalsInAll];

    public int AnsweredCalls => Volatile.Read(ref _answered);

    /// <summary>Refused as too many; nothing was done.</summary>
    public int OverloadedCalls => _overloaded;

    /// <summary>Reads whose answer was lost.</summary>
    public int RepeatedReads => _repeated;

    /// <summary>Lost answers whose outcome was found out by an id.</summary>
    public int SettledChanges => _settled;

    /// <summary>Lost answers whose outcome the search finds out.</summary>
    public int OpenChanges => _leftOpen;

    public static async Task<LinearWorld> StartAsync(CampaignOptions options, CancellationToken cancellation)
    {
        var data = Path.Combine(options.WorkDirectory, "data");
        return new LinearWorld(
            options, data, await ServerProcess.StartAsync(options.Server, data, options.Preload, cancellation));
    }

    public int ProfessionalOf(int patient, int professional) =>
        ((patient * ProfessionalsEach) + professional) % ProfessionalsInAll;

    public void Answered() => Interlocked.Increment(ref _answered);

    public void Overloaded() => Interlocked.Increment(ref _overloaded);

    public void Repeated() => Interlocked.Increment(ref _repeated);

    public void Settled() => Interlocked.Increment(ref _settled);

    public void LeftOpen() => Interlocked.Increment(ref _leftOpen);

    /// <summary>The server; while there is none, waits for the next one.</summary>
    public Task<LivingServer> ServerAsync(CancellationToken cancellation)
    {
        lock (_gate)
            return _server.Task.WaitAsync(cancellation);
    }

    /// <summary>Asks until it is answered, whatever happens to the server: for what may be repeated.</summary>
    public async Task<TAnswer> AskAsync<TAnswer>(Func<RpcChannel, Task<TAnswer>> ask, CancellationToken cancellation)
    {
        while (true)
        {
            var server = await ServerAsync(cancellation);
            try
            {
                return await ask(server.Channel);
            }
            catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
            {
                await Task.Delay(5, cancellation);
            }
            catch (RpcException lost) when (lost.Code is RpcStatusCode.Unavailable or RpcStatusCode.Cancelled
                or RpcStatusCode.Unknown or RpcStatusCode.Internal)
            {
                await server.DiedAsync(cancellation);
            }
        }
    }

    /// <summary>kill -9, and a new server on the same data.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        LivingServer dying;
        lock (_gate)
        {
            dying = _server.Task.Result;
            _server = New<LivingServer>();
        }

        await _process.KillAsync();
        dying.Died(Stopwatch.GetTimestamp());
        await _process.DisposeAsync();
        _process = await ServerProcess.StartAsync(_options.Server, _data, _options.Preload, cancellation);
        _server.SetResult(new LivingServer(_process));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.Task.IsCompletedSuccessfully)
            await _server.Task.Result.Channel.DisposeAsync();
        await _process.DisposeAsync();
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One life of the server.</summary>
    internal sealed class LivingServer(ServerProcess process)
    {
        private readonly TaskCompletionSource<long> _died = New<long>();

        public RpcChannel Channel { get; } = new(process.Address, new RpcChannelOptions { Connections = 8 });

        public void Died(long at) => _died.TrySetResult(at);

        /// <summary>When it was dead: nothing that was asked of it took effect later.</summary>
        /// <exception cref="TimeoutException">It lives: a call was lost without a fault.</exception>
        public Task<long> DiedAsync(CancellationToken cancellation) => _died.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
    }
}
