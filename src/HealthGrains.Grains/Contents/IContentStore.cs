using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>Keeps large contents: bytes that come in chunks before their document, by upload. Small ones are in the commit of
/// their entry (<see cref="IJournalStore"/>).</summary>
/// <remarks>
/// <para>What every implementation keeps, and the content store suite proves:</para>
/// <para>K1. When <see cref="CompleteAsync"/> completes, all bytes survive a power cut. Before that nothing is promised but
/// that no other bytes are ever read.</para>
/// <para>K2. Bytes are only ever added at the end, by compare-and-swap on the length: of any number of racing writers, in one
/// process or in several, exactly one wins.</para>
/// <para>K3. An upload is either completed or discarded while open, never both: <see cref="DiscardOpenAsync"/> and
/// <see cref="CompleteAsync"/> exclude each other.</para>
/// <para>K4. A complete upload stays until <see cref="RemoveAsync"/>. Who calls that has made sure, by a turn of the record's
/// journal, that no document refers to it and none ever will: the store knows no documents.</para>
/// <para>All members may be called concurrently, from several processes. What cannot be done is a
/// <see cref="JournalException"/>.</para>
/// </remarks>
public interface IContentStore : IAsyncDisposable
{
    /// <summary>Completes when the store has stopped itself, with one line for the operator: the disk failed to sync. Nothing
    /// is synced twice.</summary>
    Task<string> Failed { get; }

    /// <summary>Begins an upload.</summary>
    /// <returns>False when its owner has <see cref="ContentLimits.UnsettledPerOwnerMax"/> open or complete ones already;
    /// several processes may pass it by the few that they begin at the same moment.</returns>
    ValueTask<bool> BeginAsync(UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>How far an upload has come; null if there is none, or none any more.</summary>
    ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation);

    /// <summary>Adds bytes at the end of an open upload.</summary>
    /// <param name="upload">Begun, and not complete.</param>
    /// <param name="offset">How many bytes it has.</param>
    /// <param name="bytes">1 to <see cref="ContentLimits.ChunkBytesMax"/>, not beyond the declared size.</param>
    /// <param name="now">Its new <see cref="UploadStatus.TouchedAt"/>.</param>
    /// <param name="shutdown">Ends the waiting for a place, never a write under way.</param>
    /// <exception cref="JournalConflictException">It has another length, is not open, or is gone: nothing was added.</exception>
    /// <exception cref="JournalUnavailableException">Nothing was added.</exception>
    /// <exception cref="JournalOutcomeUnknownException">They may have been added: find out first.</exception>
    ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown);

    /// <summary>Makes a whole upload durable. The caller has seen that its bytes have the declared SHA-256. Again is no
    /// error.</summary>
    /// <exception cref="JournalConflictException">It is not whole, or is gone.</exception>
    ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown);

    /// <summary>The bytes that are there, in order, in chunks of at most <see cref="ContentLimits.ChunkBytesMax"/>, unchecked:
    /// <see cref="UploadReading"/> checks them. Nothing at all when there is no such upload.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(UploadId upload, CancellationToken cancellation);

    /// <summary>Notes that a document refers to a complete upload. May be lost, and then is asked for again.</summary>
    ValueTask SettleAsync(UploadId upload, CancellationToken shutdown);

    /// <summary>A page of what is not settled and was touched before a time, in the order of the ids.</summary>
    /// <param name="touchedBefore">Exclusive.</param>
    /// <param name="after">The last of the previous page; none for the first.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>At most <see cref="ContentLimits.ListMax"/>.</returns>
    ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation);

    /// <summary>Discards an upload that is open and was not touched since a time.</summary>
    /// <param name="upload">If it is not there, nothing happens.</param>
    /// <param name="touchedBefore">Exclusive; null whenever it was touched.</param>
    /// <param name="shutdown">Ends the waiting for a place.</param>
    /// <returns>False when it is complete, or touched since: it stays.</returns>
    ValueTask<bool> DiscardOpenAsync(UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown);

    /// <summary>Removes an upload, in whatever state. Again, and of what is not there, is no error.</summary>
    ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown);

    /// <summary>Removes every upload of one journal, to whatever documents they belong: their destruction was decided.</summary>
    /// <returns>How many there were.</returns>
    ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown);
}
