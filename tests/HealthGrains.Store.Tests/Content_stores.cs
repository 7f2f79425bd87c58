using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Contents.Files;
using HealthGrains.PostgreSql;
using HealthGrains.Sqlite;
using HealthGrains.Testing;
using HealthGrains.Testing.Suites;
using Xunit;

namespace HealthGrains.Store.Tests;

public sealed class Memory_content_store : ContentStoreSuite
{
    private readonly MemoryContentMedium _medium = new();

    protected override Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = new MemoryContentStore(_medium);
        return Task.FromResult<(IContentStore, IAsyncDisposable)>((store, store));
    }

    protected override Task DamageAsync(UploadId upload)
    {
        _medium.Damage(upload);
        return Task.CompletedTask;
    }
}

public sealed class File_content_store : ContentStoreSuite
{
    private readonly TemporaryDirectory _directory = new();

    protected override Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = FileContentStore.Open(_directory.Path);
        return Task.FromResult<(IContentStore, IAsyncDisposable)>((store, store));
    }

    protected override Task DamageAsync(UploadId upload)
    {
        var path = Directory.EnumerateFiles(_directory.Path, upload.ToString(), SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>New uploads go into files, and what the database took in before is found there.</summary>
public sealed class Content_stores_together : ContentStoreSuite
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MemoryContentMedium _earlier = new();

    protected override Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = new ContentStores(FileContentStore.Open(_directory.Path), new MemoryContentStore(_earlier));
        return Task.FromResult<(IContentStore, IAsyncDisposable)>((store, store));
    }

    protected override Task DamageAsync(UploadId upload)
    {
        var path = Directory.EnumerateFiles(_directory.Path, upload.ToString(), SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_was_taken_in_elsewhere_before_is_found()
    {
        var declaration = await UploadedAsync(new MemoryContentStore(_earlier), Bytes(1_000));
        var store = await OpenedAsync();

        Assert.Equal(UploadState.Complete, (await store.FindAsync(declaration.Id, default))?.State);
        await store.SettleAsync(declaration.Id, default);
        Assert.Equal(UploadState.Settled, (await store.FindAsync(declaration.Id, default))?.State);
        await store.RemoveAsync(declaration.Id, default);
        Assert.Null(await store.FindAsync(declaration.Id, default));
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

public sealed class Sqlite_content_store : ContentStoreSuite
{
    private readonly TemporaryDirectory _directory = new();

    protected override async Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = _directory.Path });
        return (store.Contents, store);
    }

    protected override Task DamageAsync(UploadId upload)
    {
        SqliteFile.Flip(
            _directory.Path, "upload_bytes", "bytes", "start = (SELECT max(start) FROM upload_bytes)", -1);
        return Task.CompletedTask;
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_content_store(PostgreSqlServer server) : ContentStoreSuite
{
    private readonly string _schema = $"t_{Guid.NewGuid():N}";

    private string Connection => $"{server.Connection};Search Path={_schema}";

    public override async Task InitializeAsync() =>
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"CREATE SCHEMA {_schema}");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await PostgreSqlServer.ExecuteAsync(server.Connection, $"DROP SCHEMA {_schema} CASCADE");
    }

    protected override async Task<(IContentStore Store, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = Connection });
        return (store.Contents, store);
    }

    protected override async Task DamageAsync(UploadId upload)
    {
        var changed = await PostgreSqlServer.ExecuteAsync(
            Connection,
            "UPDATE upload_bytes SET bytes = set_byte(bytes, 0, get_byte(bytes, 0) # 1) "
            + "WHERE start = (SELECT max(start) FROM upload_bytes)");
        Assert.Equal(1, changed);
    }
}
