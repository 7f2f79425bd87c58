using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Sqlite.Native;
using HealthGrains.Sqlite.Reading;
using HealthGrains.Sqlite.Writing;

namespace HealthGrains.Sqlite.Keys;

/// <summary>Keyed rows in the database of the journals; a call is a part of the commit that is made next.</summary>
internal sealed class SqliteKeyedRows(Writer writer, Readers readers, StoreState state) : IKeyedRows
{
    public async ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AddAsync(
        string table, IReadOnlyList<KeyedRow> rows, CancellationToken shutdown)
    {
        KeyedLimits.Check(table, rows);
        shutdown.ThrowIfCancellationRequested();
        state.ThrowIfFailed();
        var request = new KeyedRequest(table, rows);
        writer.Enqueue(request);
        return await request.Done.ConfigureAwait(false);
    }

    public async ValueTask<ReadOnlyMemory<byte>?> FindAsync(
        string table, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var value = await readers.ReadAsync(
            session =>
            {
                using var find = session.Connection.PrepareOnce("SELECT value FROM keyed WHERE tab = ?1 AND key = ?2");
                find.BindText(1, table).BindBlob(2, key.Span);
                return find.Step() ? find.Blob(0).ToArray() : null;
            },
            cancellation).ConfigureAwait(false);
        return value is null ? null : new ReadOnlyMemory<byte>(value);
    }

    /// <summary>Makes the table where a store of an earlier version has none.</summary>
    public static void Create(Connection connection) => connection.Execute(
        "CREATE TABLE IF NOT EXISTS keyed (tab TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, "
        + "PRIMARY KEY (tab, key)) STRICT, WITHOUT ROWID");
}

/// <summary>Rows that wait for a place in a commit beside the turns.</summary>
internal sealed class KeyedRequest(string table, IReadOnlyList<KeyedRow> rows)
    : WriteRequest(rows.Sum(row => (long)row.Key.Length + row.Value.Length))
{
    private readonly TaskCompletionSource<IReadOnlyList<ReadOnlyMemory<byte>>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IReadOnlyList<ReadOnlyMemory<byte>> _standing = [];

    public Task<IReadOnlyList<ReadOnlyMemory<byte>>> Done => _done.Task;

    public override void Apply(WriteSession session) => _standing = session.AddKeyed(table, rows);

    public override void Succeed() => _done.SetResult(_standing);

    public override void Fail(JournalException exception) => _done.SetException(exception);
}
