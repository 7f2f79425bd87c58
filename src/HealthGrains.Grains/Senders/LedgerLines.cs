using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;

namespace HealthGrains.Grains.Senders;

/// <summary>What a producer submitted, line by line, from any sequence on, in memory that does not grow with it.</summary>
/// <remarks>
/// <para>A journal is read as a whole or from a version on; a ledger of a million lines must be read in pages. So its shard's log is
/// read instead, page by page, and what is of other journals is passed over.</para>
/// <para>Not to begin at the start of the log each time, a reader leaves marks in a table by key: how many lines there are up to
/// each <see cref="MarkEvery"/>th position. They follow from the log alone, so whoever leaves them leaves the same; they are left in
/// order, so those that are there have no gap and the last one that serves is found by halving.</para>
/// </remarks>
public sealed class LedgerLines(IJournalStore store, IKeyedRows marks)
{
    /// <summary>Positions of the log between two marks: what a reader reads at most for nothing.</summary>
    public const long MarkEvery = 10_000;

    /// <summary>Entries of the log that are held at once.</summary>
    public const int PageEntriesMax = 500;

    /// <param name="ledger">The producer's journal.</param>
    /// <param name="after">Lines after this sequence; 0 from the first.</param>
    /// <param name="last">The last sequence to be given: no more than the ledger has.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Each accepted document with its sequence, dense, from <paramref name="after"/> + 1 on.</returns>
    /// <exception cref="JournalException">The log cannot be read now, or is damaged.</exception>
    public async IAsyncEnumerable<(long Sequence, LedgerLine Line)> ReadAsync(
        JournalId ledger, long after, long last, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (after >= last)
            yield break;
        var shard = ledger.ShardOf(store.Shards);
        var end = (await store.ReadPositionsAsync(cancellation))[shard];
        var table = "ledger-marks/" + ledger.Value;
        var (position, sequence) = await NearestAsync(table, after, end / MarkEvery, cancellation);
        var marking = true;
        while (position < end)
        {
            var page = await store.ReadLogAsync(shard, position, PageEntriesMax, cancellation);
            foreach (var entry in page)
            {
                position = entry.Position;
                if (entry.Journal == ledger && LedgerModel.Instance.Decode(entry.Body) is SubmissionsRecorded recorded)
                {
                    foreach (var line in recorded.Lines)
                    {
                        if (line.Kind != LedgerLineKind.Submitted)
                            continue;
                        if (++sequence > after && sequence <= last)
                            yield return (sequence, line);
                    }
                }

                if (marking && position % MarkEvery == 0)
                    marking = await MarkAsync(table, position / MarkEvery, sequence, cancellation);
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
            var mark = await marks.FindAsync(table, Bytes(middle), cancellation);
            if (mark is { } found && BinaryPrimitives.ReadInt64BigEndian(found.Span) is var lines && lines <= after)
                (known, sequence) = (middle, lines);
            else
                beyond = middle;
        }

        return (known * MarkEvery, sequence);
    }

    /// <returns>False when it could not be left: the next ones are not either, so that there is no gap.</returns>
    private async ValueTask<bool> MarkAsync(string table, long number, long sequence, CancellationToken cancellation)
    {
        try
        {
            await marks.AddAsync(table, [new KeyedRow(Bytes(number), Bytes(sequence))], cancellation);
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
