using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql.Reading;

namespace HealthGrains.PostgreSql;

/// <summary>Looks at the logs' ends while somebody waits for one, so that commits of other processes wake them too.</summary>
/// <remarks>Not LISTEN and NOTIFY: a transaction that notifies holds a lock of the whole server while it commits, so commits
/// would sync one after the other; and a listener cannot tell a quiet log from a dead line. A poll is its own progress
/// check.</remarks>
internal sealed class LogPoller : IAsyncDisposable
{
    private readonly Database _database;
    private readonly StoreState _state;
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;

    public LogPoller(Database database, StoreState state, TimeProvider time)
    {
        _database = database;
        _state = state;
        _timer = new PeriodicTimer(PostgreSqlLimits.PollTick, time);
        _loop = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _timer.Dispose();
        await _loop.ConfigureAwait(false);
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        // After a dispose the timer gives false.
        while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            if (_state.HasWaiters)
                await LookAsync().ConfigureAwait(false);
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var positions = await _database.ReadAsync(
                (connection, token) => LogReading.PositionsAsync(connection, _state.Shards, token), _closing.Token)
                .ConfigureAwait(false);
            for (var shard = 0; shard < positions.Count; shard++)
                _state.Grew(shard, positions[shard]);
        }
        catch (Exception failure) when (failure is JournalException or OperationCanceledException)
        {
            // A waiter is only woken, never answered: it waits out its time, reads, and gets the failure itself.
        }
    }
}
