using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A store that does what another one does; for stores that differ in one thing.</summary>
internal abstract class PassingStore(IJournalStore inner) : IJournalStore
{
    public int Shards => inner.Shards;

    public Guid StoreId => inner.StoreId;

    public virtual ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown) => inner.AppendAsync(turn, shutdown);

    public virtual ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation) =>
        inner.ReadAsync(journal, afterVersion, cancellation);

    public ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation) =>
        inner.ReadLogAsync(shard, afterPosition, entriesMax, cancellation);

    public ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation) => inner.ReadPositionsAsync(cancellation);

    public ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation) =>
        inner.ReadCheckpointAsync(name, shard, cancellation);

    public ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown) => inner.MoveCheckpointAsync(move, shutdown);

    public ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown) =>
        inner.WriteSnapshotAsync(journal, snapshot, shutdown);

    public virtual IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation) =>
        inner.ReadContentAsync(journal, sha256, cancellation);

    public ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown) =>
        inner.DeleteContentsAsync(journal, shutdown);

    public ValueTask<VerifyReport> VerifyAsync(JournalId? journal, IProgress<long>? progress, CancellationToken cancellation) =>
        inner.VerifyAsync(journal, progress, cancellation);

    public ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation) =>
        inner.WaitForLogAsync(shard, afterPosition, atMost, cancellation);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
