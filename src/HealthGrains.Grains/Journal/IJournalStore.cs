using HealthGrains.Domain.Identity;

namespace HealthGrains.Grains.Journal;

/// <summary>Everything durable: journals of entries, the shards' logs over them, checkpoints, snapshots, content.</summary>
/// <remarks>
/// <para>What every implementation keeps, and the journal store suite proves:</para>
/// <para>J1. A turn is all or none. When <see cref="AppendAsync"/> completes, the turn survives a power cut.</para>
/// <para>J2. Versions of one journal are dense from 1. A turn with a stale expected version writes nothing; of any
/// number of racing writers, in one process or in several, exactly one wins.</para>
/// <para>J3. Each journal belongs to one of <see cref="Shards"/> shards (<see cref="JournalId.ShardOf"/>). A shard's log has
/// dense positions from 1 in commit order, so that a reader that has seen position n has seen every entry before it, whatever
/// is still being written.</para>
/// <para>J4. Entries carry a hash chain for each journal, <see cref="EntryHash"/>. What is checked on writing is checked
/// on reading: a broken chain is <see cref="JournalDamagedException"/>, never a shorter or another history.</para>
/// <para>J5. A checkpoint moves by compare-and-swap. Inside a turn it moves in the turn's commit, or neither does.</para>
/// <para>J6. Content is bytes by journal and SHA-256, in the turn's commit. It is written once and never changed;
/// it goes only with all contents of its journal, <see cref="DeleteContentsAsync"/>.</para>
/// <para>All members may be called concurrently. Turns of different journals share one commit: what arrived while
/// the previous commit ran is the next batch, with no timer. A store never sees a patient: only ids and bytes.</para>
/// </remarks>
public interface IJournalStore : IAsyncDisposable
{
    /// <summary>How many shards this store was created with, 1 to <see cref="JournalLimits.ShardsMax"/>; never changes.</summary>
    int Shards { get; }

    /// <summary>Identifies this store: made when it was created, kept by backup and restore.</summary>
    Guid StoreId { get; }

    /// <summary>Appends the entries of one turn to one journal, with its content and its checkpoint: all of it, or none.</summary>
    /// <param name="turn">Not kept after completion; its buffers must not change before.</param>
    /// <param name="shutdown">The engine's token; a caller's token does not come this far. It ends the waiting for a place in
    /// the queue, never a commit under way.</param>
    /// <returns>Where the entries are.</returns>
    /// <exception cref="JournalConflictException">The expected version is stale, or the checkpoint moved: nothing was
    /// written.</exception>
    /// <exception cref="JournalUnavailableException">Nothing was written; a retry may succeed.</exception>
    /// <exception cref="JournalOutcomeUnknownException">It may have been written: recover before deciding again.</exception>
    ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown);

    /// <summary>Reads one journal: to recover its grain, or the entries after a version.</summary>
    /// <param name="journal">A journal never written gives version 0 and nothing else.</param>
    /// <param name="afterVersion">Null to recover: the newest snapshot, if any, and every entry after it. n &gt;= 0: every
    /// entry after version n, without a snapshot.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="JournalDamagedException">The chain does not fit.</exception>
    /// <exception cref="JournalUnavailableException">It could not be read now.</exception>
    ValueTask<JournalTail> ReadAsync(JournalId journal, long? afterVersion, CancellationToken cancellation);

    /// <summary>A page of one shard's log, in position order, without gaps.</summary>
    /// <param name="shard">From 0.</param>
    /// <param name="afterPosition">0 for the beginning.</param>
    /// <param name="entriesMax">1 to <see cref="JournalLimits.LogPageEntriesMax"/>. A page also ends after about
    /// <see cref="JournalLimits.LogPageBytesMax"/> bytes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    ValueTask<IReadOnlyList<LogEntry>> ReadLogAsync(
        int shard, long afterPosition, int entriesMax, CancellationToken cancellation);

    /// <summary>The last position of each shard's log, 0 where nothing was written. Index = shard.</summary>
    ValueTask<IReadOnlyList<long>> ReadPositionsAsync(CancellationToken cancellation);

    /// <summary>Where a named reader of a shard's log stands; 0 if it never moved.</summary>
    ValueTask<long> ReadCheckpointAsync(string name, int shard, CancellationToken cancellation);

    /// <summary>Moves a checkpoint outside a turn.</summary>
    /// <exception cref="JournalConflictException">It was not at <see cref="CheckpointMove.Expected"/>.</exception>
    ValueTask MoveCheckpointAsync(CheckpointMove move, CancellationToken shutdown);

    /// <summary>Keeps a snapshot of a journal at a version that is already durable. An older one is replaced, a newer
    /// one stays. Losing it costs time, never facts.</summary>
    ValueTask WriteSnapshotAsync(JournalId journal, JournalSnapshot snapshot, CancellationToken shutdown);

    /// <summary>The bytes of one document in chunks of at most <see cref="JournalLimits.ContentChunkBytes"/>, in order.</summary>
    /// <returns>Nothing at all when there is no such content (a document has at least one byte).</returns>
    /// <remarks>The last chunk is given only after the SHA-256 of the whole has been checked.</remarks>
    /// <exception cref="JournalDamagedException">The bytes are not those that were written.</exception>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadContentAsync(
        JournalId journal, Sha256 sha256, CancellationToken cancellation);

    /// <summary>Deletes every content of a journal from the store; its entries stay. Durable when it completes, and done again
    /// without harm. Whoever asks has decided before, in the journal, that nothing writes a content there any more.</summary>
    /// <remarks>Erased is what this store can reach: not its backups, nor what a database keeps of deleted rows until it writes
    /// there again; the page of the store's format says what that is. A read under way may end with
    /// <see cref="JournalUnavailableException"/>, never with other bytes.</remarks>
    /// <returns>How many contents there were.</returns>
    /// <exception cref="JournalUnavailableException">Some may be deleted already; a retry may succeed.</exception>
    /// <exception cref="JournalOutcomeUnknownException">Ask again.</exception>
    ValueTask<long> DeleteContentsAsync(JournalId journal, CancellationToken shutdown);

    /// <summary>Re-reads journals while the store serves, and checks chain, density, heads, content and high-water marks.</summary>
    /// <param name="journal">One journal, or null for the whole store.</param>
    /// <param name="progress">Told now and then how many entries were checked.</param>
    /// <param name="cancellation">Ends the verification.</param>
    ValueTask<VerifyReport> VerifyAsync(JournalId? journal, IProgress<long>? progress, CancellationToken cancellation);

    /// <summary>Completes soon after a shard's log grew past a position; may complete without cause, and does so at the
    /// latest after <paramref name="atMost"/>. Only a wake-up: the reader then reads the log.</summary>
    ValueTask WaitForLogAsync(int shard, long afterPosition, TimeSpan atMost, CancellationToken cancellation);
}
