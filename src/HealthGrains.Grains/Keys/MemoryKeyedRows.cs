using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Keys;

/// <summary>The reference: rows in the medium of a <see cref="MemoryJournalStore"/>.</summary>
public sealed class MemoryKeyedRows(MemoryJournalMedium medium) : IKeyedRows
{
    public ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AddAsync(
        string table, IReadOnlyList<KeyedRow> rows, CancellationToken shutdown)
    {
        KeyedLimits.Check(table, rows);
        var standing = new ReadOnlyMemory<byte>[rows.Count];
        lock (medium.Gate)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                var key = (table, Convert.ToHexString(rows[i].Key.Span));
                if (!medium.KeyedRows.TryGetValue(key, out var value))
                    medium.KeyedRows.Add(key, value = rows[i].Value.ToArray());
                standing[i] = value;
            }
        }

        return ValueTask.FromResult<IReadOnlyList<ReadOnlyMemory<byte>>>(standing);
    }

    public ValueTask<ReadOnlyMemory<byte>?> FindAsync(
        string table, ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        lock (medium.Gate)
        {
            return ValueTask.FromResult(
                medium.KeyedRows.TryGetValue((table, Convert.ToHexString(key.Span)), out var value)
                    ? new ReadOnlyMemory<byte>(value)
                    : (ReadOnlyMemory<byte>?)null);
        }
    }
}
