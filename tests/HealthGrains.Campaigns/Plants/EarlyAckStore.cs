using System.Collections.Concurrent;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: a store that answers before its commit. A campaign must find it; a released server has no way to it.</summary>
/// <remarks>Turns are written behind the answer, in order for each journal, a little late: what was answered and not yet
/// written dies with the process.</remarks>
internal sealed class EarlyAckStore(IJournalStore inner) : PassingStore(inner)
{
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<JournalId, Task<long>> _last = new();

    public override async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        if (turn.Journal.Kind != JournalKind.Patient || turn.Contents.Count == 0)
        {
            if (_last.TryGetValue(turn.Journal, out var pending))
                await pending.ConfigureAwait(false);
            return await base.AppendAsync(turn, shutdown).ConfigureAwait(false);
        }

        // Only deposits are answered early; the bodies are copied, because the caller may reuse its buffers after the answer.
        var copy = turn with
        {
            Contents = [.. turn.Contents.Select(content => content with { Bytes = content.Bytes.ToArray() })],
        };
        _ = _last.AddOrUpdate(
            turn.Journal,
            _ => WriteBehindAsync(Task.FromResult(0L), copy),
            (_, before) => WriteBehindAsync(before, copy));
        return new Appended(turn.ExpectedVersion + 1, turn.Journal.ShardOf(Shards), 0);
    }

    public override async ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        if (_last.TryGetValue(journal, out var pending))
            await pending.ConfigureAwait(false);
        return await base.ReadAsync(journal, afterVersion, cancellation).ConfigureAwait(false);
    }

    private async Task<long> WriteBehindAsync(Task<long> before, JournalTurn turn)
    {
        await before.ConfigureAwait(false);
        await Task.Delay(Behind).ConfigureAwait(false);
        await base.AppendAsync(turn, CancellationToken.None).ConfigureAwait(false);
        return turn.ExpectedVersion;
    }
}
