using System.Buffers.Binary;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Senders;
using Xunit;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>A long ledger read line by line from any place, without being read as a whole.</summary>
public sealed class Ledger_lines : IAsyncLifetime
{
    private const int Pages = 2_500;
    private const int LinesOfAPage = 3;
    private const int Lines = Pages * LinesOfAPage;
    private const int OthersOfAPage = 9;

    private static readonly JournalId Ledger = GrainIds.SenderOf(Cast.Hospital);
    private static readonly DateTimeOffset Now = new(2025, 10, 1, 8, 0, 0, TimeSpan.Zero);

    // Lines up to position 10,000: a page and what is between two pages are ten positions.
    private const int LinesBeforeFirstMark = (int)LoggedLimits.MarkEvery / (OthersOfAPage + 1) * LinesOfAPage;

    private readonly MemoryJournalMedium _medium = new();
    private MemoryJournalStore _store = null!; // ! set before each test
    private MemoryKeyedRows _marks = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _store = new MemoryJournalStore(_medium);
        _marks = new MemoryKeyedRows(_medium);
        var shard = Ledger.ShardOf(_store.Shards);
        var other = Enumerable.Range(0, 1_000).Select(i => new JournalId(JournalKind.Inbox, $"0-{i}"))
            .First(journal => journal.ShardOf(_store.Shards) == shard);
        var n = 0;
        for (var page = 0; page < Pages; page++)
        {
            // A withdrawal is a line of the ledger and no document.
            List<LedgerLine> lines = [Line(1, LedgerLineKind.Withdrawn)];
            for (var i = 0; i < LinesOfAPage; i++)
                lines.Add(Line(++n, LedgerLineKind.Submitted));
            var body = LedgerModel.Instance.Encode(new SubmissionsRecorded(Now, 0, page + 1, lines));
            await _store.AppendAsync(new JournalTurn(Ledger, page, [body]), default);
            var noise = Enumerable.Repeat((ReadOnlyMemory<byte>)new byte[] { 0xFF }, OthersOfAPage).ToList();
            await _store.AppendAsync(new JournalTurn(other, page * OthersOfAPage, noise), default);
        }
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(0, Lines)]
    [InlineData(1, 2)]
    [InlineData(LinesBeforeFirstMark - 1, Lines)]
    [InlineData(LinesBeforeFirstMark, LinesBeforeFirstMark + 1)]
    [InlineData(LinesBeforeFirstMark + 1, Lines)]
    [InlineData(Lines - 1, Lines)]
    [InlineData(Lines, Lines)]
    public async Task Every_line_after_a_sequence_is_there_once_and_in_order_with_marks_and_without(int after, int last)
    {
        for (var time = 0; time < 2; time++)
        {
            var read = await ReadAsync(after, last);
            Assert.Equal(
                Enumerable.Range(after + 1, last - after).Select(n => ((long)n, Id(n))),
                read.Select(line => (line.Sequence, line.Line.UniqueId.ToString())));

            // The second time there are marks.
            await ReadAsync(0, Lines);
        }
    }

    [Fact]
    public async Task A_reader_begins_at_the_last_mark_that_serves()
    {
        await ReadAsync(0, Lines);
        Assert.Equal([LinesBeforeFirstMark, 2 * LinesBeforeFirstMark], [await MarkAsync(1), await MarkAsync(2)]);
        Assert.Null(await MarkAsync(3));

        // Marks that say something else are believed: nothing before them is read again.
        var rows = new MemoryKeyedRows(new MemoryJournalMedium());
        await rows.AddAsync("ledger-marks/" + Ledger.Value, [new KeyedRow(Bytes(1), Bytes(100))], default);
        var (sequence, line) = (await ReadAsync(100, 101, rows)).Single();
        Assert.Equal((101L, Id(LinesBeforeFirstMark + 1)), (sequence, line.UniqueId.ToString()));
        Assert.Equal(Id(100), (await ReadAsync(99, 100, rows)).Single().Line.UniqueId.ToString());
    }

    private async Task<List<(long Sequence, LedgerLine Line)>> ReadAsync(long after, long last, IKeyedRows? marks = null)
    {
        var read = new List<(long, LedgerLine)>();
        await foreach (var line in new LedgerLines(_store, marks ?? _marks).ReadAsync(Ledger, after, last, default))
            read.Add(line);
        return read;
    }

    private async Task<long?> MarkAsync(long number) =>
        await _marks.FindAsync("ledger-marks/" + Ledger.Value, Bytes(number), default) is { } mark
            ? BinaryPrimitives.ReadInt64BigEndian(mark.Span)
            : null;

    private static byte[] Bytes(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static string Id(int n) => $"2.999.7^d{n}";

    private static LedgerLine Line(int n, LedgerLineKind kind) =>
        new(n, Now, kind, UniqueId.Parse(Id(n)), Cast.Patient, DocumentId.Of(new Guid(n, 1, 1, [1, 1, 1, 1, 1, 1, 1, 1])), 0);
}
