using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Keys;

/// <summary>Tables of rows by key, for what is too much to be a grain's state: looked up one by one, never read as a whole.</summary>
/// <remarks>
/// <para>They are derived from journals and can be made again from them: losing one costs time, never facts.</para>
/// <para>Y1. The first value that is added under a key stands for ever; of any number of racing adders, in one process or in
/// several, exactly one is first, and all are told its value. So adding again after a crash changes nothing.</para>
/// <para>Y2. What was added survives a power cut once it was answered.</para>
/// <para>Y3. A lookup costs the same in a table of ten rows and of ten million, but for the depth of a tree.</para>
/// </remarks>
public interface IKeyedRows
{
    /// <summary>Adds rows, except where their keys are taken already.</summary>
    /// <param name="table">1 to <see cref="KeyedLimits.TableCharsMax"/> printable ASCII characters; made with its first row.</param>
    /// <param name="rows">At most <see cref="KeyedLimits.RowsMax"/>.</param>
    /// <param name="shutdown">Ends the waiting for a place, never a write under way.</param>
    /// <returns>For each row the value that stands under its key: its own where it is the first.</returns>
    /// <exception cref="JournalException">It is not known whether they were added: add them again.</exception>
    ValueTask<IReadOnlyList<ReadOnlyMemory<byte>>> AddAsync(
        string table, IReadOnlyList<KeyedRow> rows, CancellationToken shutdown);

    /// <summary>The value under a key; null when there is none.</summary>
    ValueTask<ReadOnlyMemory<byte>?> FindAsync(string table, ReadOnlyMemory<byte> key, CancellationToken cancellation);
}

/// <summary>One row.</summary>
/// <param name="Key">1 to <see cref="KeyedLimits.KeyBytesMax"/> bytes.</param>
/// <param name="Value">1 to <see cref="KeyedLimits.ValueBytesMax"/> bytes.</param>
public readonly record struct KeyedRow(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value);

/// <summary>The maxima of keyed rows.</summary>
public static class KeyedLimits
{
    public const int TableCharsMax = 200;

    public const int KeyBytesMax = 64;

    public const int ValueBytesMax = 1_024;

    /// <summary>Rows of one call.</summary>
    public const int RowsMax = 1_000;

    /// <exception cref="ArgumentException">A bug of the caller.</exception>
    public static void Check(string table, IReadOnlyList<KeyedRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (table.Length is 0 or > TableCharsMax || table.AsSpan().ContainsAnyExceptInRange('!', '~') || rows.Count > RowsMax)
            throw new ArgumentException("A table has a name of 1 to 200 printable ASCII characters, a call 1,000 rows.");
        foreach (var row in rows)
        {
            if (row.Key.Length is 0 or > KeyBytesMax || row.Value.Length is 0 or > ValueBytesMax)
                throw new ArgumentException("A key has 1 to 64 bytes, a value 1 to 1,024.", nameof(rows));
        }
    }
}
