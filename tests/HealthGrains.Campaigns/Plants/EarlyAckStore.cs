using System.Collections.Concurrent;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: a store that answers before its commit. A campaign must find it; a released server has no way to it.</summary>
/// <remarks>Turns are written behind the answer, in order for each journal, a little late: what was answered and not yet
/// written dies with the process.</remarks>
internal sealed class EarlyAckStore(IJournalStore inner) : IJournalStore
{
    private static readonly TimeSpan Behind = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<JournalId, Task<long>> _last = new();

    public int Shards => inner.Shards;

    public Guid StoreId => inner.StoreId;

    public async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        if (turn.Journal.Kind != JournalKind.Patient || turn.Contents.Count == 0)
        {
            if (_last.TryGetValue(turn.Journal, out var pending))
                await pending.ConfigureAwait(false);
            return await inner.AppendAsync(turn, shutdown).ConfigureAwait(false);
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

    public async ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation)
    {
        if (_last.TryGetValue(journal, out var pending))
            await pending.ConfigureAwait(false);
        return await inner.ReadAsync(journal, afterVersion, cancellation).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation) =>
        inner.ReadLogAsync(shard, afterPosition, entriesMax, cancellation);

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        inner.ReadPositionsAsync(cancellation);

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation) =>
        inner.ReadCheckpointAsync(name, shard, cancellation);

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown) =>
        inner.MoveCheckpointAsync(move, shutdown);

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown) =>
        inner.WriteSnapshotAsync(journal, snapshot, shutdown);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        inner.ReadContentAsync(journal, sha256, cancellation);

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown) =>
        inner.DeleteContentsAsync(journal, shutdown);

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        inner.VerifyAsync(journal, progress, cancellation);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation) =>
        inner.WaitForLogAsync(shard, afterPosition, atMost, cancellation);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async Task<long> WriteBehindAsync(Task<long> before, JournalTurn turn)
    {
        await before.ConfigureAwait(false);
        await Task.Delay(Behind).ConfigureAwait(false);
        await inner.AppendAsync(turn, CancellationToken.None).ConfigureAwait(false);
        return turn.ExpectedVersion;
    }
}
