using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>Patients and professionals who listen while the load runs, each on a stream of its own.</summary>
/// <remarks>A stream that ends is opened again after the last sequence that came: nothing may be missing then, and nothing
/// may come twice.</remarks>
internal sealed class Watchers : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly World _world;
    private readonly RpcChannel _channel;
    private readonly Func<TimeSpan> _elapsed;
    private readonly List<Heard> _heard = [];
    private readonly List<Func<Heard, CancellationToken, Task>> _streams = [];
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _cut = new();
    private Task _running = Task.CompletedTask;
    private long _told;
    private int _reconnects;

    public Watchers(Uri address, World world, Scenario scenario, int patientsMax, Func<TimeSpan> elapsed)
    {
        _world = world;
        _elapsed = elapsed;
        for (var patient = 0; patient < Math.Min(scenario.Hot, patientsMax); patient++)
        {
            var index = patient;
            Add($"patient {index}", other => other == index, (heard, token) => WatchRecordAsync(heard, index, token));
        }

        for (var professional = 0; professional < scenario.Professionals; professional++)
        {
            var index = professional;
            Add(
                $"professional {index}", patient => scenario.Follows(index, patient),
                (heard, token) => WatchInboxAsync(heard, index, token));
        }

        _channel = new RpcChannel(
            address, new RpcChannelOptions { Connections = 1 + (_heard.Count / Limits.WatchersPerConnection) });
    }

    public IReadOnlyList<Heard> Heard => _heard;

    /// <summary>Documents told of, over all watchers.</summary>
    public long Told => Interlocked.Read(ref _told);

    /// <summary>Streams that were opened again.</summary>
    public int Reconnects => Volatile.Read(ref _reconnects);

    /// <summary>Finds out where each stream begins, so that older runs on the same server do not count, and listens.</summary>
    public async Task StartAsync(Scenario scenario, CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, _heard.Count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellation },
            async (index, token) =>
            {
                var patients = _heard.Count - scenario.Professionals;
                _heard[index].StartAfter(index < patients
                    ? await LastChangeAsync(index, token)
                    : await LastItemAsync(index - patients, token));
            });
        _running = Task.WhenAll(_heard.Select((heard, index) => KeepWatchingAsync(heard, _streams[index])));
    }

    /// <summary>Ends every stream; each comes back at once.</summary>
    public async Task CutAllAsync()
    {
        var old = Interlocked.Exchange(ref _cut, new CancellationTokenSource());
        await old.CancelAsync();
    }

    /// <summary>Waits until a condition holds, or the time is over; asks at each tick.</summary>
    public static async Task<bool> ReachedAsync(Func<bool> condition, TimeSpan limit, TimeProvider time)
    {
        var begin = time.GetTimestamp();
        while (!condition())
        {
            if (time.GetElapsedTime(begin) > limit)
                return false;
            await Task.Delay(Pause, time);
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running;
        await _channel.DisposeAsync();
        _end.Dispose();
        _cut.Dispose();
    }

    private void Add(string name, Func<int, bool> hears, Func<Heard, CancellationToken, Task> stream)
    {
        if (_heard.Count >= Limits.WatchersMax)
            throw new ArgumentException($"At most {Limits.WatchersMax} watchers.");
        _heard.Add(new Heard(name, hears));
        _streams.Add(stream);
    }

    private async Task KeepWatchingAsync(Heard heard, Func<Heard, CancellationToken, Task> stream)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var both = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, Volatile.Read(ref _cut).Token);
                await stream(heard, both.Token);
            }
            catch (OperationCanceledException)
            {
                // Cut by this program: it resumes below, or the run is over.
            }
            catch (RpcException)
            {
                // The server went away or drained; what it did not tell is asked for again from the cursor.
                await Task.Delay(Pause, CancellationToken.None);
            }

            if (!_end.IsCancellationRequested)
                Interlocked.Increment(ref _reconnects);
        }
    }

    private async Task WatchRecordAsync(Heard heard, int patient, CancellationToken token)
    {
        var request = new WatchRequest { Patient = _world.Patient(patient), AfterSequence = heard.Cursor };
        await foreach (var change in _channel.ServerStreaming<WatchRequest, RecordChange>(
            Methods.Watch, request, _world.AsPatient(patient, stream: true), token))
        {
            Take(heard, change.Code, change.Sequence, change.DocumentId);
        }
    }

    private async Task WatchInboxAsync(Heard heard, int professional, CancellationToken token)
    {
        var request = new WatchInboxRequest { AfterSequence = heard.Cursor };
        await foreach (var item in _channel.ServerStreaming<WatchInboxRequest, InboxItem>(
            Methods.WatchInbox, request, _world.AsProfessional(professional, stream: true), token))
        {
            Take(heard, item.Code, item.Sequence, item.DocumentId);
        }
    }

    private void Take(Heard heard, string code, long sequence, string documentId)
    {
        if (code == "HEARTBEAT")
            return;
        var added = code == "AJOUT_DOCUMENT";
        heard.Told(sequence, added ? documentId : "", _elapsed());
        if (added)
            Interlocked.Increment(ref _told);
    }

    private async Task<long> LastChangeAsync(int patient, CancellationToken token) =>
        (await _channel.UnaryAsync<GetRecordRequest, GetRecordResponse>(
            Methods.GetRecord, new GetRecordRequest { Patient = _world.Patient(patient) }, _world.AsPatient(patient), token)).Sequence;

    private async Task<long> LastItemAsync(int professional, CancellationToken token)
    {
        long last = 0;
        while (true)
        {
            var page = await _channel.UnaryAsync<ReadInboxRequest, ReadInboxResponse>(
                Methods.ReadInbox, new ReadInboxRequest { AfterSequence = last, PageSize = 200 },
                _world.AsProfessional(professional), token);
            last = page.NextSequence;
            if (!page.HasMore)
                return last;
        }
    }
}
