using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>What is created, what is recognised, what is refused; the high-water marks outside the database.</summary>
public sealed class Sqlite_opening : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Marks => Path.Combine(_directory.Path, "healthgrains.marks");

    private string Wal => SqliteFile.PathIn(_directory.Path) + "-wal";

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_number_of_shards_is_fixed_when_the_store_is_created()
    {
        await using (var store = await OpenAsync(shards: 7))
            Assert.Equal(7, store.Shards);
        await using (var store = await OpenAsync(shards: 9))
            Assert.Equal(7, store.Shards);
        foreach (var shards in (int[])[0, JournalLimits.ShardsMax + 1])
            await Assert.ThrowsAnyAsync<ArgumentException>(() => OpenAsync(shards: shards));
        Assert.ThrowsAny<ArgumentException>(() => new MemoryJournalMedium(JournalLimits.ShardsMax + 1));
    }

    [Fact]
    public async Task A_format_of_a_later_version_is_refused()
    {
        await (await OpenAsync()).DisposeAsync();
        SqliteFile.Execute(_directory.Path, "PRAGMA user_version = 2");

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(() => OpenAsync());

        Assert.Contains("has format 2; this version knows format 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_somebody_else_is_left_alone()
    {
        SqliteFile.Execute(_directory.Path, "CREATE TABLE theirs (x)");

        await Assert.ThrowsAsync<JournalUnavailableException>(() => OpenAsync());

        Assert.Equal(1, SqliteFile.Query<long>(_directory.Path, "SELECT count(*) FROM sqlite_schema"));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await File.WriteAllTextAsync(SqliteFile.PathIn(_directory.Path), new string('x', 10_000));

        await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_refused_in_one_line()
    {
        var file = Path.Combine(_directory.Path, "file");
        await File.WriteAllTextAsync(file, "");

        var refused = await Assert.ThrowsAsync<JournalUnavailableException>(
            () => SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = Path.Combine(file, "below") }));

        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public async Task A_store_that_lost_its_newest_entries_is_not_opened_unless_the_loss_is_accepted()
    {
        await using (var store = await OpenAsync(shards: 1))
            await AppendAsync(store, 0, 100);
        File.Copy(SqliteFile.PathIn(_directory.Path), _directory.Path + "/old");
        await using (var store = await OpenAsync())
            await AppendAsync(store, 100, 60);
        File.Move(_directory.Path + "/old", SqliteFile.PathIn(_directory.Path), overwrite: true);

        var refused = await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());
        Assert.Contains(
            "Shard 0 ends at position 100, but had come to position 160: 60 acknowledged entries are gone.",
            refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 101L), (refused.Damage.Shard, refused.Damage.Position));

        await using (var store = await OpenAsync(acceptLoss: true))
        {
            await AppendAsync(store, 100, 1);
            Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
        }

        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Another_history_of_the_same_length_is_not_opened()
    {
        await using (var store = await OpenAsync(shards: 1))
            await AppendAsync(store, 0, 10);
        File.Copy(SqliteFile.PathIn(_directory.Path), _directory.Path + "/old");
        await using (var store = await OpenAsync())
            await AppendAsync(store, 10, 10, fill: 1);
        var marks = await File.ReadAllBytesAsync(Marks);
        File.Move(_directory.Path + "/old", SqliteFile.PathIn(_directory.Path), overwrite: true);
        await using (var store = await OpenAsync(acceptLoss: true))
            await AppendAsync(store, 10, 10, fill: 2);
        await File.WriteAllBytesAsync(Marks, marks);

        var refused = await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());

        Assert.Contains("another entry at position 20", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    [InlineData(80)]
    [InlineData(-3)]
    public async Task Damaged_marks_are_not_believed(int index)
    {
        await (await OpenAsync()).DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(Marks);
        bytes[index < 0 ? bytes.Length + index : index] ^= 1;
        await File.WriteAllBytesAsync(Marks, bytes);

        await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());
        await (await OpenAsync(acceptLoss: true)).DisposeAsync();
        await (await OpenAsync()).DisposeAsync();
    }

    [Fact]
    public async Task Missing_marks_of_a_store_with_entries_are_noticed()
    {
        await using (var store = await OpenAsync(shards: 1))
            await AppendAsync(store, 0, 5);
        File.Delete(Marks);

        await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());
    }

    [Fact]
    public async Task Marks_are_written_while_the_store_serves()
    {
        var time = new ManualClock();
        await using var store = await SqliteJournalStore.OpenAsync(
            new SqliteStoreOptions { Directory = _directory.Path, Shards = 1, Time = time });
        var before = await File.ReadAllTextAsync(Marks);
        await AppendAsync(store, 0, 3);
        Assert.Equal(before, await File.ReadAllTextAsync(Marks));

        using var changed = new FileSystemWatcher(_directory.Path, "healthgrains.marks");
        var renamed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.Renamed += (_, _) => renamed.TrySetResult();
        changed.EnableRaisingEvents = true;
        time.Advance(TimeSpan.FromSeconds(1));

        await renamed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("shard 0 3 ", await File.ReadAllTextAsync(Marks), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_gone_is_not_replaced_by_an_empty_one()
    {
        await using (var store = await OpenAsync(shards: 1))
            await AppendAsync(store, 0, 5);
        File.Delete(SqliteFile.PathIn(_directory.Path));

        var refused = await Assert.ThrowsAsync<JournalDamagedException>(() => OpenAsync());

        Assert.Contains("is gone", refused.Message, StringComparison.Ordinal);
        await (await OpenAsync(acceptLoss: true)).DisposeAsync();
    }

    [Fact]
    public async Task A_store_whose_making_was_interrupted_is_opened()
    {
        await (await OpenAsync()).DisposeAsync();
        File.Delete(Marks);

        await (await OpenAsync()).DisposeAsync();

        Assert.True(File.Exists(Marks));
    }

    [Fact]
    public async Task Verification_tells_that_the_store_is_behind_its_marks()
    {
        await using (var store = await OpenAsync(shards: 1))
            await AppendAsync(store, 0, 5);
        File.Copy(SqliteFile.PathIn(_directory.Path), _directory.Path + "/old");
        await using (var store = await OpenAsync())
            await AppendAsync(store, 5, 3);
        var marks = await File.ReadAllBytesAsync(Marks);
        File.Move(_directory.Path + "/old", SqliteFile.PathIn(_directory.Path), overwrite: true);
        await using var behind = await OpenAsync(acceptLoss: true);
        await File.WriteAllBytesAsync(Marks, marks);

        var damage = (await behind.VerifyAsync(null, null, default)).FirstDamage;

        Assert.Equal((0, 6L), (damage?.Shard, damage?.Position));
    }

    [Theory]
    [InlineData("zeroed tail")]
    [InlineData("truncated tail")]
    [InlineData("last page gone")]
    [InlineData("flipped byte")]
    [InlineData("flipped byte of the last page")]
    [InlineData("swapped sectors")]
    public async Task A_write_ahead_log_that_lost_its_tail_is_noticed_down_to_the_last_commit(string kind)
    {
        using var killed = new TemporaryDirectory();
        await LeaveKilledAsync(killed.Path);
        var wal = SqliteFile.PathIn(killed.Path) + "-wal";
        var bytes = await File.ReadAllBytesAsync(wal);
        var middle = bytes.Length / 2;
        switch (kind)
        {
            case "zeroed tail":
                Array.Clear(bytes, middle, bytes.Length - middle);
                break;
            case "truncated tail":
                bytes = bytes[..middle];
                break;
            case "last page gone":
                bytes = bytes[..^(4096 + 24)];
                break;
            case "flipped byte":
                bytes[middle] ^= 1;
                break;
            case "flipped byte of the last page":
                bytes[^1] ^= 1;
                break;
            default:
                var sector = bytes[middle..(middle + 512)];
                bytes.AsSpan(middle + 512, 512).CopyTo(bytes.AsSpan(middle));
                sector.CopyTo(bytes.AsSpan(middle + 512));
                break;
        }

        await File.WriteAllBytesAsync(wal, bytes);

        var refused = await Assert.ThrowsAsync<JournalDamagedException>(
            () => SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = killed.Path }));
        Assert.Contains("had come to position 200", refused.Message, StringComparison.Ordinal);
        await using var accepted = await SqliteJournalStore.OpenAsync(
            new SqliteStoreOptions { Directory = killed.Path, AcceptLoss = true });
        Assert.Null((await accepted.VerifyAsync(null, null, default)).FirstDamage);
    }

    [Fact]
    public async Task Whatever_happens_to_the_log_is_noticed_or_loses_nothing()
    {
        using var killed = new TemporaryDirectory();
        await LeaveKilledAsync(killed.Path);
        var files = Directory.GetFiles(killed.Path).ToDictionary(file => file, File.ReadAllBytes);
        var wal = SqliteFile.PathIn(killed.Path) + "-wal";
        var random = new Random(4_711);
        int refused = 0, whole = 0;

        for (var round = 0; round < 150; round++)
        {
            foreach (var (file, bytes) in files)
                await File.WriteAllBytesAsync(file, bytes);
            var damaged = (byte[])files[wal].Clone();
            var place = random.Next(damaged.Length);
            if (round % 3 == 0)
                damaged = damaged[..place];
            else
                damaged[place] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(wal, damaged);
            File.Delete(SqliteFile.PathIn(killed.Path) + "-shm");

            try
            {
                await using var store = await SqliteJournalStore.OpenAsync(
                    new SqliteStoreOptions { Directory = killed.Path });
                Assert.Equal(200, (await store.ReadAsync(Journal, 0, default)).Entries.Count);
                whole++;
            }
            catch (JournalException)
            {
                refused++;
            }
        }

        Assert.True(refused > 100, $"refused {refused}, whole {whole}");
    }

    [Fact]
    public async Task Torn_recent_marks_count_for_nothing()
    {
        using var killed = new TemporaryDirectory();
        await LeaveKilledAsync(killed.Path);
        var path = Path.Combine(killed.Path, "healthgrains.recent");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[50] ^= 1;
        bytes[(16 * 1024) + 50] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        await using var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = killed.Path });

        Assert.Equal(200, (await store.ReadAsync(Journal, null, default)).Version);
    }

    /// <summary>The files of a store that was killed after its last acknowledgement: nothing is copied into the database
    /// yet, and the synced marks are those of an empty store.</summary>
    private async Task LeaveKilledAsync(string killed)
    {
        await using var store = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions
        {
            Directory = _directory.Path,
            Shards = 1,
            CheckpointPages = 1_000_000,
            Time = new ManualClock(),
        });
        for (var i = 0; i < 50; i++)
            await AppendAsync(store, i * 4, 4);
        Leave(killed);
        Assert.Contains("shard 0 0 ", await File.ReadAllTextAsync(Path.Combine(killed, "healthgrains.marks")), StringComparison.Ordinal);
    }

    /// <summary>Copies what a killed process leaves. SQLite makes the index of its log anew.</summary>
    private void Leave(string killed)
    {
        foreach (var file in Directory.GetFiles(_directory.Path).Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(killed, Path.GetFileName(file)));
    }

    [Fact]
    public async Task A_killed_store_is_opened_with_everything_that_was_acknowledged()
    {
        using var killed = new TemporaryDirectory();
        await using (var store = await OpenAsync(shards: 1))
        {
            await AppendAsync(store, 0, 30);
            Leave(killed.Path);
        }

        await using var again = await SqliteJournalStore.OpenAsync(new SqliteStoreOptions { Directory = killed.Path });

        Assert.Equal(30, (await again.ReadAsync(Journal, null, default)).Version);
        Assert.Null((await again.VerifyAsync(null, null, default)).FirstDamage);
    }

    [Fact]
    public async Task The_write_ahead_log_stays_bounded_while_it_is_written_and_read()
    {
        await using var store = await SqliteJournalStore.OpenAsync(
            new SqliteStoreOptions { Directory = _directory.Path, Shards = 2, CheckpointPages = 64 });
        var body = new byte[8_000];
        long longest = 0;
        for (var round = 0; round < 60; round++)
        {
            var turn = round;
            await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
            {
                var journal = new JournalId(JournalKind.Patient, $"{i}");
                await store.AppendAsync(new JournalTurn(journal, turn, [body]), default);
                await store.ReadAsync(journal, Math.Max(0, turn - 5), default);
            }));
            longest = Math.Max(longest, new FileInfo(Wal).Length);
        }

        // 1,200 bodies of two pages and more, in a log that is copied each 64 pages.
        var pages = longest / 4096;
        Assert.InRange(pages, 64, 64 * SqliteLimits.RestartFactor * 2);
        Assert.True(new FileInfo(SqliteFile.PathIn(_directory.Path)).Length > 1_200 * 8_000 / 2);
    }

    private static JournalId Journal { get; } = new(JournalKind.Patient, "1");

    private Task<SqliteJournalStore> OpenAsync(
        int shards = JournalLimits.ShardsDefault, bool acceptLoss = false) =>
        SqliteJournalStore.OpenAsync(
            new SqliteStoreOptions { Directory = _directory.Path, Shards = shards, AcceptLoss = acceptLoss });

    private static async Task AppendAsync(SqliteJournalStore store, long expected, int entries, byte fill = 0)
    {
        var body = new byte[500];
        Array.Fill(body, fill);
        await store.AppendAsync(
            new JournalTurn(Journal, expected, [.. Enumerable.Repeat((ReadOnlyMemory<byte>)body, entries)]), default);
    }
}
