using HealthGrains.Campaigns.Plants;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Closed;

/// <summary>A planted bug: every content is read with an exception that nobody expects, and that says whose it was.</summary>
internal sealed class ThrowingStore(IJournalStore inner) : PassingStore(inner)
{
    public override IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        throw new InvalidOperationException($"A planted bug at {journal.Key}.");
}

/// <summary>A store of a known, small capacity: so many appends a second, one after the other.</summary>
internal sealed class SlowStore(IJournalStore inner) : PassingStore(inner)
{
    public const int AppendsPerSecond = 500;

    private readonly Lock _gate = new();
    private long _freeAt;

    public override async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = TimeProvider.System.GetTimestamp();
            _freeAt = Math.Max(_freeAt, now) + (TimeProvider.System.TimestampFrequency / AppendsPerSecond);
            wait = TimeProvider.System.GetElapsedTime(now, _freeAt);
        }

        await Task.Delay(wait, shutdown).ConfigureAwait(false);
        return await base.AppendAsync(turn, shutdown).ConfigureAwait(false);
    }
}
