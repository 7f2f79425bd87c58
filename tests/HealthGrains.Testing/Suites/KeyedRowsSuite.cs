using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using HealthGrains.Grains.Keys;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What every keyed table keeps: Y1 and Y3 of <see cref="IKeyedRows"/>; Y2 is that of its store's commits.</summary>
public abstract class KeyedRowsSuite : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _opened = [];

    /// <summary>Opens the test's medium; a second call opens the same medium again, beside the first one.</summary>
    protected abstract Task<(IKeyedRows Rows, IAsyncDisposable Owner)> OpenAsync();

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var owner in _opened)
            await owner.DisposeAsync();
    }

    [SuiteFact]
    public async Task The_first_value_of_a_key_stands_for_ever()
    {
        var rows = await OpenedAsync();
        Assert.Equal(["a", "b"], await AddAsync(rows, "one", ("1", "a"), ("2", "b")));
        Assert.Equal(["a", "c", "b"], await AddAsync(rows, "one", ("1", "x"), ("3", "c"), ("2", "y")));
        Assert.Equal(["a", "a"], await AddAsync(rows, "one", ("1", "x"), ("1", "y")));
        Assert.Equal(["n", "n"], await AddAsync(rows, "one", ("9", "n"), ("9", "m")));
        Assert.Empty(await AddAsync(rows, "one"));

        var other = await OpenedAsync();
        Assert.Equal(["z"], await AddAsync(other, "two", ("1", "z")));
        Assert.Equal("a"u8.ToArray(), (await other.FindAsync("one", "1"u8.ToArray(), default))?.ToArray());
        Assert.Null(await other.FindAsync("one", "4"u8.ToArray(), default));
    }

    [SuiteFact]
    public async Task Of_adders_who_race_one_is_first_and_all_are_told()
    {
        IKeyedRows[] tables = [await OpenedAsync(), await OpenedAsync()];
        var lost = 0;
        for (var round = 0; round < 20; round++)
        {
            var keys = Enumerable.Range(0, 50).Select(i => $"{round}/{i}").ToArray();
            var answers = await Task.WhenAll(tables.Select((rows, adder) => Task.Run(() => AddAsync(
                rows,
                "race",
                [.. (adder == 0 ? keys : keys.Reverse()).Select(key => (key, $"{key} of {adder}"))])))).Within("adding from two stores");
            Assert.Equal(answers[0], answers[1].Reverse());
            lost += answers[0].Count(value => value.EndsWith("of 1", StringComparison.Ordinal));
            lost += answers[1].Count(value => value.EndsWith("of 0", StringComparison.Ordinal));
        }

        Assert.Equal(20 * 50, lost);
    }

    [SuiteFact]
    public async Task What_can_be_no_row_is_refused()
    {
        var rows = await OpenedAsync();
        foreach (var (key, value) in ((byte[], byte[])[])
            [([], [1]), ([1], []), (new byte[KeyedLimits.KeyBytesMax + 1], [1]), ([1], new byte[KeyedLimits.ValueBytesMax + 1])])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                async () => await rows.AddAsync("t", [new KeyedRow(key, value)], default));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await rows.AddAsync("t", new KeyedRow[KeyedLimits.RowsMax + 1], default));
    }

    [SuiteFact]
    public async Task A_page_costs_the_same_however_many_rows_there_are()
    {
        var rows = await OpenedAsync();
        const int pages = 200;
        var costs = new List<TimeSpan>(pages);
        var value = new byte[60];
        for (var page = 0; page < pages; page++)
        {
            var adding = new KeyedRow[500];
            for (var i = 0; i < adding.Length; i++)
            {
                var number = new byte[4];
                BinaryPrimitives.WriteInt32BigEndian(number, (page * 500) + i);
                adding[i] = new KeyedRow(SHA256.HashData(number).AsMemory(0, 16), value);
            }

            var started = Stopwatch.GetTimestamp();
            await rows.AddAsync("volume", adding, default);
            costs.Add(Stopwatch.GetElapsedTime(started));
        }

        // Medians, so that a neighbour's noise decides nothing; a table that is searched from end to end is a hundred times slower.
        var early = Median(costs.Take(40));
        var late = Median(costs.TakeLast(40));
        Assert.True(late < early * 10, $"A page of 500 rows took {early.TotalMilliseconds} ms at first and {late.TotalMilliseconds} ms at 100,000 rows.");
    }

    private static TimeSpan Median(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    private static async Task<string[]> AddAsync(IKeyedRows rows, string table, params (string Key, string Value)[] pairs) =>
    [
        .. (await rows.AddAsync(
            table,
            [.. pairs.Select(pair => new KeyedRow(
                System.Text.Encoding.ASCII.GetBytes(pair.Key), System.Text.Encoding.ASCII.GetBytes(pair.Value)))],
            default)).Select(value => System.Text.Encoding.ASCII.GetString(value.Span)),
    ];

    private async Task<IKeyedRows> OpenedAsync()
    {
        var (rows, owner) = await OpenAsync();
        _opened.Add(owner);
        return rows;
    }
}
