using System.Threading.Channels;
using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql.Writing;

namespace HealthGrains.PostgreSql.Reading;

/// <summary>Loads of journals. Those that arrive while the loops are busy share the next query.</summary>
internal sealed class LoadQueue : IAsyncDisposable
{
    private readonly Channel<LoadRequest> _waiting = Channel.CreateBounded<LoadRequest>(
        new BoundedChannelOptions(JournalLimits.QueuedReadsMax) { FullMode = BoundedChannelFullMode.Wait });

    private readonly Database _database;
    private readonly StoreState _state;
    private readonly CommitMemory _memory;
    private readonly Task[] _loops;

    public LoadQueue(Database database, StoreState state, CommitMemory memory)
    {
        _memory = memory;
        _database = database;
        _state = state;
        _loops = [.. Enumerable.Range(0, PostgreSqlLimits.LoadLoops).Select(_ => Task.Run(RunAsync))];
    }

    /// <exception cref="JournalUnavailableException">The queue is full, or the store is closed.</exception>
    public Task<JournalTail> LoadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        _database.ThrowIfClosed();
        var request = new LoadRequest(journal, afterVersion, journal.ShardOf(_state.Shards));
        return _waiting.Writer.TryWrite(request)
            ? request.Done.WaitAsync(cancellation)
            : throw new JournalUnavailableException("The queue of reads is full.");
    }

    /// <summary>Answers what waits, then ends the loops.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_loops).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var kept = new KeptConnection(_database);
        await using var _ = kept.ConfigureAwait(false);
        var batch = new List<LoadRequest>();
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < JournalLimits.SharedReadsMax && _waiting.Reader.TryRead(out var request))
                batch.Add(request);
            if (batch.Count > 0)
                await AnswerAsync(kept, batch).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(KeptConnection kept, IReadOnlyList<LoadRequest> batch)
    {
        try
        {
            await _database.OnceOrTwiceAsync(() => LoadAsync(kept, batch), CancellationToken.None).ConfigureAwait(false);
            _state.Instruments.Read(batch.Count);
        }
        catch (JournalDamagedException) when (batch.Count > 1)
        {
            // One page that cannot be read must not fail the loads that only shared its query.
            foreach (var request in batch)
                await AnswerAsync(kept, [request]).ConfigureAwait(false);
        }
        catch (JournalException failure)
        {
            foreach (var request in batch)
                request.Fail(failure);
        }
    }

    private async Task<bool> LoadAsync(KeptConnection kept, IReadOnlyList<LoadRequest> batch)
    {
        var isDone = false;
        try
        {
            var connection = await kept.OpenAsync().ConfigureAwait(false);
            var rest = await JournalReading.LoadAsync(connection, batch, useSnapshots: true, _memory).ConfigureAwait(false);

            // Where a snapshot does not fit the chain, the whole journal is the truth.
            if (rest.Count > 0)
                await JournalReading.LoadAsync(connection, rest, useSnapshots: false, _memory).ConfigureAwait(false);
            return isDone = true;
        }
        finally
        {
            if (!isDone)
                await kept.DropAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>One load that waits.</summary>
internal sealed class LoadRequest(JournalId journal, long? afterVersion, int shard)
{
    private readonly TaskCompletionSource<JournalTail> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JournalId Journal { get; } = journal;

    public long? AfterVersion { get; } = afterVersion;

    public int Shard { get; } = shard;

    public Task<JournalTail> Done => _done.Task;

    public void Succeed(JournalTail tail) => _done.TrySetResult(tail);

    public void Fail(JournalException failure) => _done.TrySetException(failure);
}
