using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.PostgreSql;
using HealthGrains.Sqlite;
using HealthGrains.Testing;
using HealthGrains.Testing.Suites;
using Xunit;

namespace HealthGrains.Store.Tests;

public sealed class Memory_keyed_rows : KeyedRowsSuite
{
    private readonly MemoryJournalMedium _medium = new();

    protected override Task<(IKeyedRows Rows, IAsyncDisposable Owner)> OpenAsync() =>
        Task.FromResult<(IKeyedRows, IAsyncDisposable)>((new MemoryKeyedRows(_medium), new MemoryJournalStore(_medium)));
}

public sealed class Sqlite_keyed_rows : KeyedRowsSuite
{
    private readonly TemporaryDirectory _directory = new();

    protected override async Task<(IKeyedRows Rows, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = _directory.Path });
        return (store.Keys, store);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_keyed_rows(PostgreSqlServer server) : KeyedRowsSuite
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

    protected override async Task<(IKeyedRows Rows, IAsyncDisposable Owner)> OpenAsync()
    {
        var store = await PostgreSqlJournalStore.OpenAsync(new PostgreSqlStoreOptions { Connection = Connection });
        return (store.Keys, store);
    }
}
