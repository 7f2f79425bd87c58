using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Contents.Files;
using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>What the suite cannot see of the store of files: failing syncs, cut and foreign files, what is on the disk.</summary>
public sealed class File_content_failures : IDisposable
{
    private static readonly DateTimeOffset Now = new(2025, 10, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FileContentFaults _faults = new();
    private readonly byte[] _bytes = [.. Enumerable.Range(0, 1_000).Select(i => (byte)i)];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("open")]
    [InlineData("done")]
    public async Task A_failed_sync_is_never_an_acknowledgement_and_stops_the_store(string where)
    {
        var store = FileContentStore.Open(_directory.Path, _faults);
        var declaration = await SentAsync(store);
        var syncs = 0;
        _faults.BeforeSync = path =>
        {
            syncs++;
            if (path.Contains($"/{where}", StringComparison.Ordinal))
                throw new NotSyncedException("fsync made to fail", 5);
        };

        await Assert.ThrowsAsync<JournalOutcomeUnknownException>(
            async () => await store.CompleteAsync(declaration.Id, Now, default));

        Assert.InRange(syncs, 1, 2);
        Assert.Contains("has stopped", await store.Failed, StringComparison.Ordinal);
        await Assert.ThrowsAsync<JournalUnavailableException>(async () => await store.FindAsync(declaration.Id, default));

        // The next start finds it open or complete, and nobody was told that it was kept.
        var next = FileContentStore.Open(_directory.Path);
        await next.CompleteAsync(declaration.Id, Now, default);
        Assert.Equal(UploadState.Complete, (await next.FindAsync(declaration.Id, default))?.State);
    }

    [Fact]
    public async Task The_kernel_is_asked_to_sync_the_file_before_its_name_moves()
    {
        var store = FileContentStore.Open(_directory.Path, _faults);
        var declaration = await SentAsync(store);
        var seen = new List<(string Path, bool IsDone)>();
        _faults.BeforeSync = path => seen.Add((path, File.Exists(Path.Combine(_directory.Path, "done", declaration.Id.ToString()))));

        await store.CompleteAsync(declaration.Id, Now, default);

        Assert.Equal(
            [(Path.Combine(_directory.Path, "open", declaration.Id.ToString()), false), (Path.Combine(_directory.Path, "done"), true)],
            seen);
    }

    [Fact]
    public async Task A_file_of_health_data_is_its_owners_alone_also_when_its_folder_is_copied()
    {
        if (OperatingSystem.IsWindows())
            return;
        var store = FileContentStore.Open(_directory.Path);
        var declaration = await SentAsync(store);
        await store.CompleteAsync(declaration.Id, Now, default);

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(_directory.Path, "done", declaration.Id.ToString())));
    }

    [Fact]
    public async Task A_real_descriptor_that_cannot_be_synced_is_told()
    {
        // A pipe has nothing to sync: the kernel says EINVAL, which the runtime's own flush would swallow.
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream();
        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(
            pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.Throws<NotSyncedException>(() => DurableFiles.Sync(handle));
        Assert.Throws<NotSyncedException>(() => DurableFiles.SyncDirectory(Path.Combine(_directory.Path, "nowhere")));
        await Task.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(UploadHeader.Bytes - 1)]
    public async Task A_file_without_a_whole_header_is_no_upload(int length)
    {
        var store = FileContentStore.Open(_directory.Path);
        var declaration = await SentAsync(store);
        var path = Path.Combine(_directory.Path, "open", declaration.Id.ToString());
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, length);

        Assert.Null(await store.FindAsync(declaration.Id, default));
        Assert.Empty(await store.ListUnsettledAsync(Now.AddDays(1), default, default));
        await Assert.ThrowsAsync<JournalConflictException>(
            async () => await store.AppendAsync(declaration.Id, 0, _bytes, Now, default));
    }

    [Fact]
    public async Task A_flipped_header_is_no_upload()
    {
        var store = FileContentStore.Open(_directory.Path);
        var declaration = await SentAsync(store);
        var path = Path.Combine(_directory.Path, "open", declaration.Id.ToString());
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[100] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        Assert.Null(await store.FindAsync(declaration.Id, default));
    }

    [Fact]
    public async Task What_is_on_the_disk_names_no_journal_and_leaves_nothing_behind()
    {
        var store = FileContentStore.Open(_directory.Path);
        var declaration = await SentAsync(store);
        await store.CompleteAsync(declaration.Id, Now, default);
        await store.SettleAsync(declaration.Id, default);
        var files = Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories).ToList();

        Assert.Equal(2, files.Count);
        Assert.DoesNotContain(files, path => path.Contains("279035121518989", StringComparison.Ordinal));
        Assert.Contains(files, path => path.Contains($"/kept/", StringComparison.Ordinal)
            && Path.GetFileName(path) == $"{declaration.Sha256}-{declaration.Id}");

        await store.RemoveAllAsync(declaration.Journal, default);
        Assert.Empty(Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories));
    }

    private async Task<UploadDeclaration> SentAsync(FileContentStore store)
    {
        var declaration = new UploadDeclaration(
            UploadId.Of(Guid.NewGuid()),
            new JournalId(JournalKind.Patient, "1.2.250.1.213.1.4.10^279035121518989"),
            "owner",
            _bytes.Length,
            Sha256.Of(_bytes));
        Assert.True(await store.BeginAsync(declaration, Now, default));
        await store.AppendAsync(declaration.Id, 0, _bytes, Now, default);
        return declaration;
    }
}
