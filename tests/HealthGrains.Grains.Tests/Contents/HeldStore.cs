using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Clocks;

namespace HealthGrains.Grains.Tests.Contents;

/// <summary>A store whose appends wait at a sync point; everything else passes.</summary>
internal sealed class HeldStore(IJournalStore store, SyncPoint? held) : IJournalStore
{
    public int Shards => store.Shards;

    public Guid StoreId => store.StoreId;

    public async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        if (held is not null)
            await held.PassAsync();
        return await store.AppendAsync(turn, shutdown);
    }

    public ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation) =>
        store.ReadAsync(journal, afterVersion, cancellation);

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation) =>
        store.ReadLogAsync(shard, afterPosition, entriesMax, cancellation);

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) =>
        store.ReadPositionsAsync(cancellation);

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation) =>
        store.ReadCheckpointAsync(name, shard, cancellation);

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown) =>
        store.MoveCheckpointAsync(move, shutdown);

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown) =>
        store.WriteSnapshotAsync(journal, snapshot, shutdown);

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        store.ReadContentAsync(journal, sha256, cancellation);

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown) =>
        store.DeleteContentsAsync(journal, shutdown);

    public ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        store.VerifyAsync(journal, progress, cancellation);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation) =>
        store.WaitForLogAsync(shard, afterPosition, atMost, cancellation);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
