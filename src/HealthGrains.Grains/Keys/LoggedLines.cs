using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Keys;

/// <summary>The lines of a long journal, from any sequence on, in memory that does not grow with it.</summary>
/// <remarks>
/// <para>A journal is read as a whole or from a version on; one of a million lines must be read in pages. So its shard's log is
/// read instead, page by page, and what is of other journals is passed over.</para>
/// <para>Not to begin at the start of the log each time, a reader leaves marks in a table by key: how many lines there are up to
/// each <see cref="LoggedLimits.MarkEvery"/>th position. They follow from the log alone, so whoever leaves them leaves the same; they are left in
/// order, so those that are there have no gap and the last one that serves is found by halving.</para>
/// </remarks>
public abstract class LoggedLines<TLine>
{
    private readonly IJournalStore _store;
    private readonly IKeyedRows _marks;
    private readonly string _tablePrefix;

    private protected LoggedLines(IJournalStore store, IKeyedRows marks, string tablePrefix)
    {
        _store = store;
        _marks = marks;
        _tablePrefix = tablePrefix;
    }

    /// <summary>The lines of one entry that have a sequence, in its order.</summary>
    private protected abstract IEnumerable<TLine> LinesOf(ReadOnlyMemory<byte> body);

    /// <param name="journal">Whose lines.</param>
    /// <param name="after">Lines after this sequence; 0 from the first.</param>
    /// <param name="last">The last sequence to be given: no more than there are.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Each line with its sequence, dense, from <paramref name="after"/> + 1 on.</returns>
    /// <exception cref="JournalException">The log cannot be read now, or is damaged.</exception>
    public async IAsyncEnumerable<(long Sequence, TLine Line)> ReadAsync(
        JournalId journal, long after, long last, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (after >= last)
            yield break;
        var shard = journal.ShardOf(_store.Shards);
        var end = (await _store.ReadPositionsAsync(cancellation))[shard];
        var table = _tablePrefix + journal.Value;
        var (position, sequence) = await NearestAsync(table, after, end / LoggedLimits.MarkEvery, cancellation);
        var marking = true;
        while (position < end)
        {
            var page = await _store.ReadLogAsync(shard, position, LoggedLimits.PageEntriesMax, cancellation);
            foreach (var entry in page)
            {
                position = entry.Position;
                if (entry.Journal == journal)
                {
                    foreach (var line in LinesOf(entry.Body))
                    {
                        if (++sequence > after && sequence <= last)
                            yield return (sequence, line);
                    }
                }

                if (marking && position % LoggedLimits.MarkEvery == 0)
                    marking = await MarkAsync(table, position / LoggedLimits.MarkEvery, sequence, cancellation);
                if (sequence >= last)
                    yield break;
            }
        }
    }

    private async ValueTask<(long Position, long Sequence)> NearestAsync(
        string table, long after, long marksAtMost, CancellationToken cancellation)
    {
        var (known, sequence) = (0L, 0L);
        var beyond = marksAtMost + 1;
        while (beyond - known > 1)
        {
            var middle = known + ((beyond - known) / 2);
            var mark = await _marks.FindAsync(table, Bytes(middle), cancellation);
            if (mark is { } found && BinaryPrimitives.ReadInt64BigEndian(found.Span) is var lines && lines <= after)
                (known, sequence) = (middle, lines);
            else
                beyond = middle;
        }

        return (known * LoggedLimits.MarkEvery, sequence);
    }

    /// <returns>False when it could not be left: the next ones are not either, so that there is no gap.</returns>
    private async ValueTask<bool> MarkAsync(string table, long number, long sequence, CancellationToken cancellation)
    {
        try
        {
            await _marks.AddAsync(table, [new KeyedRow(Bytes(number), Bytes(sequence))], cancellation);
            return true;
        }
        catch (JournalException)
        {
            return false;
        }
    }

    private static byte[] Bytes(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}

/// <summary>The maxima of reading a long journal along its shard's log.</summary>
public static class LoggedLimits
{
    /// <summary>Positions of the log between two marks: what a reader reads at most for nothing.</summary>
    public const long MarkEvery = 10_000;

    /// <summary>Entries of the log that are held at once.</summary>
    public const int PageEntriesMax = 500;
}
