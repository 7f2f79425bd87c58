using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Journal;
using Microsoft.Win32.SafeHandles;

namespace HealthGrains.Grains.Contents.Files;

/// <summary>Large contents as files of a local or shared POSIX file system.</summary>
/// <remarks>
/// <para>An upload is one file (<see cref="UploadHeader"/>, then the bytes), and its folder says where it stands: <c>open</c>
/// while bytes come, <c>done</c> once it is complete, <c>kept</c> once a document refers to it, there by a hash of its journal and
/// by its own SHA-256, with a symbolic link in <c>ids</c> by which its upload finds it. Each change of state is one rename, which the file system makes atomic: so completing and discarding
/// exclude each other, in one process and in several (K3).</para>
/// <para>Completing: fsync of the file, rename, fsync of both folders; then it survives a power cut (K1). A sync that fails stops
/// the store for good, because the kernel forgets what it could not write and a second sync would say that all is well.</para>
/// <para>One process appends to a file at a time: it holds the file's lock while it does, and adds only where the file
/// ends (K2).</para>
/// <para>A folder of files names no patient: journals appear as hashes, and inside the files' headers.</para>
/// </remarks>
public sealed class FileContentStore : IContentStore
{
    private const int KeptHashChars = 64;

    private readonly string _open;
    private readonly string _done;
    private readonly string _kept;
    private readonly string _ids;
    private readonly FileContentFaults _faults;
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private FileContentStore(string directory, FileContentFaults faults)
    {
        (_open, _done, _kept, _ids) = (
            Path.Combine(directory, "open"), Path.Combine(directory, "done"), Path.Combine(directory, "kept"),
            Path.Combine(directory, "ids"));
        _faults = faults;
    }

    public Task<string> Failed => _failed.Task;

    /// <summary>Opens the store in a directory, and makes it if it is not there.</summary>
    /// <exception cref="JournalUnavailableException">It cannot be used.</exception>
    public static FileContentStore Open(string directory) => Open(directory, new FileContentFaults());

    internal static FileContentStore Open(string directory, FileContentFaults faults)
    {
        var full = Path.GetFullPath(directory);
        var store = new FileContentStore(full, faults);
        try
        {
            foreach (var path in (ReadOnlySpan<string>)[full, store._open, store._done, store._kept, store._ids])
                DurableFiles.MakeDirectory(path);

            // A crash may have come between making a folder and syncing its name.
            DurableFiles.SyncDirectory(full);
            return store;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException(
                $"The contents in '{directory}' cannot be opened ({failure.Message}).", JournalUnavailableReason.Away, failure);
        }
    }

    public ValueTask<bool> BeginAsync(UploadDeclaration declaration, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        declaration.Check();
        return new ValueTask<bool>(RunAsync(() =>
        {
            var unsettled = Unsettled().Count(status => status.Declaration.Owner == declaration.Owner);
            if (unsettled >= ContentLimits.UnsettledPerOwnerMax)
                return false;

            var path = Path.Combine(_open, declaration.Id.ToString());
            using (var file = DurableFiles.CreateNew(path))
                RandomAccess.Write(file.SafeFileHandle, UploadHeader.Write(declaration), 0);
            Touch(path, now);
            return true;
        }));
    }

    public ValueTask<UploadStatus?> FindAsync(UploadId upload, CancellationToken cancellation) =>
        new(RunAsync(() => Find(upload)));

    public ValueTask AppendAsync(
        UploadId upload, long offset, ReadOnlyMemory<byte> bytes, DateTimeOffset now, CancellationToken shutdown)
    {
        ContentGuard.CheckChunk(offset, bytes);
        return new ValueTask(RunAsync(() =>
        {
            var path = Path.Combine(_open, upload.ToString());
            using var file = Lock(path);
            var length = RandomAccess.GetLength(file);
            if (length != UploadHeader.Bytes + offset
                || ReadHeader(file) is not { } declaration
                || offset + bytes.Length > declaration.Size)
            {
                throw ContentGuard.Conflict();
            }

            try
            {
                RandomAccess.Write(file, bytes.Span, length);
            }
            catch (IOException)
            {
                // A write that ran out of room may have added a part.
                RandomAccess.SetLength(file, length);
                throw;
            }

            Touch(path, now);
            return true;
        }));
    }

    public ValueTask CompleteAsync(UploadId upload, DateTimeOffset now, CancellationToken shutdown) =>
        new(RunAsync(() =>
        {
            var path = Path.Combine(_open, upload.ToString());
            if (Find(upload) is not { State: UploadState.Open })
                return Find(upload) is { State: UploadState.Complete or UploadState.Settled } ? true : throw ContentGuard.Conflict();
            using (var file = Lock(path))
            {
                if (ReadHeader(file) is not { } declaration
                    || RandomAccess.GetLength(file) != UploadHeader.Bytes + declaration.Size)
                {
                    throw ContentGuard.Conflict();
                }

                Touch(path, now);
                _faults.BeforeSync?.Invoke(path);
                DurableFiles.Sync(file);

                // The rename is made under the lock: whoever discards an open upload takes it too.
                try
                {
                    File.Move(path, Path.Combine(_done, upload.ToString()), overwrite: false);
                }
                catch (FileNotFoundException)
                {
                    throw ContentGuard.Conflict();
                }
            }

            _faults.BeforeSync?.Invoke(_done);
            DurableFiles.SyncDirectory(_done);
            DurableFiles.SyncDirectory(_open);
            return true;
        }));

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        UploadId upload, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Once open, the file is read to its end, wherever it is moved meanwhile.
        using var file = await RunAsync(() => OpenToRead(upload));
        if (file is null)
            yield break;
        for (long at = UploadHeader.Bytes; ; )
        {
            cancellation.ThrowIfCancellationRequested();
            var chunk = new byte[ContentLimits.ChunkBytesMax / 4];
            var from = at;
            var count = await RunAsync(() => RandomAccess.Read(file, chunk, from));
            if (count == 0)
                yield break;
            at += count;
            yield return chunk.AsMemory(0, count);
        }
    }

    public ValueTask SettleAsync(UploadId upload, CancellationToken shutdown) =>
        new(RunAsync(() =>
        {
            var path = Path.Combine(_done, upload.ToString());
            if (TryReadStatus(path, UploadState.Complete) is not { } status)
                return false;
            var folder = KeptFolder(status.Declaration.Journal);
            DurableFiles.MakeDirectory(Path.GetDirectoryName(folder)!); // ! it has three parts at least
            DurableFiles.MakeDirectory(folder);
            var kept = Path.Combine(folder, KeptName(status.Declaration));
            Point(upload, kept);
            try
            {
                File.Move(path, kept, overwrite: true);
            }
            catch (FileNotFoundException)
            {
                // Another process settled it.
                return false;
            }

            DurableFiles.SyncDirectory(folder);
            DurableFiles.SyncDirectory(_done);
            return true;
        }));

    public ValueTask<IReadOnlyList<UploadStatus>> ListUnsettledAsync(
        DateTimeOffset touchedBefore, UploadId after, CancellationToken cancellation) =>
        new(RunAsync<IReadOnlyList<UploadStatus>>(() =>
        [
            .. Unsettled()
                .Where(status => status.TouchedAt < touchedBefore
                    && string.CompareOrdinal(status.Declaration.Id.ToString(), after.ToString()) > 0)
                .OrderBy(status => status.Declaration.Id.ToString(), StringComparer.Ordinal)
                .Take(ContentLimits.ListMax),
        ]));

    public ValueTask<bool> DiscardOpenAsync(UploadId upload, DateTimeOffset? touchedBefore, CancellationToken shutdown) =>
        new(RunAsync(() =>
        {
            var path = Path.Combine(_open, upload.ToString());
            try
            {
                using var file = Lock(path);
                if (touchedBefore is { } before && TouchedAt(path) >= before)
                    return false;
                File.Delete(path);
                return Find(upload) is null;
            }
            catch (JournalConflictException)
            {
                // Somebody is writing to it, or it is not open any more.
                return Find(upload) is null;
            }
        }));

    public ValueTask RemoveAsync(UploadId upload, CancellationToken shutdown) =>
        new(RunAsync(() =>
        {
            foreach (var folder in (ReadOnlySpan<string>)[_open, _done])
                File.Delete(Path.Combine(folder, upload.ToString()));
            if (LinkOf(upload) is { LinkTarget: { } target } link)
            {
                File.Delete(Path.GetFullPath(target, link.DirectoryName!)); // ! a file has a folder
                link.Delete();
            }

            return true;
        }));

    public ValueTask<int> RemoveAllAsync(JournalId journal, CancellationToken shutdown) =>
        new(RunAsync(() =>
        {
            var count = 0;
            foreach (var status in Unsettled().Where(status => status.Declaration.Journal == journal))
            {
                foreach (var folder in (ReadOnlySpan<string>)[_open, _done])
                    File.Delete(Path.Combine(folder, status.Declaration.Id.ToString()));
                count++;
            }

            var kept = KeptFolder(journal);
            if (!Directory.Exists(kept))
                return count;
            foreach (var path in Directory.EnumerateFiles(kept))
            {
                File.Delete(path);
                if (UploadId.TryParse(Path.GetFileName(path)[(KeptHashChars + 1)..], out var upload))
                    LinkOf(upload).Delete();
                count++;
            }

            // What was destroyed must not come back with a power cut.
            DurableFiles.SyncDirectory(kept);
            DurableFiles.SyncDirectory(_done);
            return count;
        }));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs file calls off the caller's thread, and says what their failures mean.</summary>
    private async Task<T> RunAsync<T>(Func<T> act)
    {
        if (_failed.Task.IsCompleted)
            throw new JournalUnavailableException("The store of contents has stopped.", JournalUnavailableReason.Away);
        try
        {
            return await Task.Run(act);
        }
        catch (NotSyncedException failure)
        {
            _failed.TrySetResult(
                $"The store of contents has stopped: the disk failed ({failure.Message}). Restart it once the disk is sound; "
                + "what was acknowledged is kept.");
            throw new JournalOutcomeUnknownException("A sync failed, and the store of contents has stopped itself.", failure);
        }
        catch (IOException failure) when (failure is not FileNotFoundException)
        {
            const int noSpace = 28;
            const int quota = 122;
            var isFull = (failure.HResult & 0xFFFF) is noSpace or quota;
            throw new JournalUnavailableException(
                isFull ? "The disk of the contents is full." : "The contents cannot be reached now.",
                isFull ? JournalUnavailableReason.DiskFull : JournalUnavailableReason.Away,
                failure);
        }
        catch (Exception failure) when (failure is FileNotFoundException or UnauthorizedAccessException)
        {
            throw new JournalUnavailableException("The contents cannot be reached now.", JournalUnavailableReason.Away, failure);
        }
    }

    /// <summary>An open upload, for one writer.</summary>
    /// <exception cref="JournalConflictException">It is gone, complete, or held by another writer.</exception>
    private static SafeFileHandle Lock(string path)
    {
        const int wouldBlock = 11;
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (FileNotFoundException)
        {
            throw ContentGuard.Conflict();
        }
        catch (IOException locked) when (locked.HResult == wouldBlock)
        {
            throw ContentGuard.Conflict();
        }
    }

    private UploadStatus? Find(UploadId upload)
    {
        // In the order in which it moves on, and once more from the beginning: it may move while it is looked for.
        for (var look = 0; look < 2; look++)
        {
            if (TryReadStatus(Path.Combine(_open, upload.ToString()), UploadState.Open) is { } open)
                return open;
            if (TryReadStatus(Path.Combine(_done, upload.ToString()), UploadState.Complete) is { } done)
                return done;
            if (TryReadStatus(LinkOf(upload).FullName, UploadState.Settled) is { } settled)
                return settled;
        }

        return null;
    }

    private SafeFileHandle? OpenToRead(UploadId upload)
    {
        for (var look = 0; look < 2; look++)
        {
            foreach (var path in (string[])
                [Path.Combine(_done, upload.ToString()), LinkOf(upload).FullName, Path.Combine(_open, upload.ToString())])
            {
                if (TryOpen(path) is { } file)
                    return file;
            }
        }

        return null;
    }

    private IEnumerable<UploadStatus> Unsettled()
    {
        foreach (var (folder, state) in ((string, UploadState)[])[(_open, UploadState.Open), (_done, UploadState.Complete)])
        {
            foreach (var path in Directory.EnumerateFiles(folder))
            {
                if (TryReadStatus(path, state) is { } status)
                    yield return status;
            }
        }
    }

    private static UploadStatus? TryReadStatus(string path, UploadState state)
    {
        using var file = TryOpen(path);
        return file is not null && ReadHeader(file) is { } declaration
            ? new UploadStatus(declaration, RandomAccess.GetLength(file) - UploadHeader.Bytes, state, TouchedAt(path))
            : null;
    }

    private static SafeFileHandle? TryOpen(string path) => DurableFiles.TryOpenToRead(path);

    private static UploadDeclaration? ReadHeader(SafeFileHandle file)
    {
        Span<byte> header = stackalloc byte[UploadHeader.Bytes];
        return RandomAccess.Read(file, header, 0) == header.Length ? UploadHeader.TryRead(header) : null;
    }

    /// <summary>The upload of a document: under its journal, by its SHA-256.</summary>
    private string KeptFolder(JournalId journal)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(journal.Value)));
        return Path.Combine(_kept, hash[..2], hash[..32]);
    }

    private static string KeptName(UploadDeclaration declaration) => $"{declaration.Sha256}-{declaration.Id}";

    private FileInfo LinkOf(UploadId upload)
    {
        var id = upload.ToString();
        return new FileInfo(Path.Combine(_ids, id[^2..], id));
    }

    /// <summary>Leads from the upload to where its file is about to be; durable before the file moves.</summary>
    private void Point(UploadId upload, string kept)
    {
        var link = LinkOf(upload);
        var folder = link.DirectoryName!; // ! a file has a folder
        DurableFiles.MakeDirectory(folder);
        if (link.LinkTarget is null)
        {
            try
            {
                link.CreateAsSymbolicLink(Path.GetRelativePath(folder, kept));
            }
            catch (IOException) when (LinkOf(upload).LinkTarget is not null)
            {
                // Another process settles it too, to the same place.
            }
        }

        DurableFiles.SyncDirectory(folder);
    }

    // The age of an upload is told by the callers' clock, which tests and many servers of one folder share.
    // By its name: who got the lock of a file after it was discarded or completed holds one that has no such name any more.
    private static void Touch(string path, DateTimeOffset at)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, at.UtcDateTime);
        }
        catch (FileNotFoundException)
        {
            throw ContentGuard.Conflict();
        }
    }

    private static DateTimeOffset TouchedAt(string path) => new(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);
}

/// <summary>Where a test can make the disk fail.</summary>
internal sealed class FileContentFaults
{
    /// <summary>Called with the path before a sync; what it throws is taken for the failure of the sync.</summary>
    public Action<string>? BeforeSync { get; set; }
}
