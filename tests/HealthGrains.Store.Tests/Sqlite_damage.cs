using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite;
using Xunit;

namespace HealthGrains.Store.Tests;

/// <summary>One changed byte anywhere: verification names it, or the store refuses to open and says where.</summary>
public sealed class Sqlite_damage : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("body", 0)]
    [InlineData("body", 37)]
    [InlineData("body", -1)]
    [InlineData("hash", 0)]
    [InlineData("hash", -1)]
    [InlineData("journal", 10)]
    [InlineData("journal", -1)]
    public async Task A_flipped_byte_of_an_entry_is_named_with_its_place(string column, int index)
    {
        var (journal, at) = await FillAsync();
        var log = SqliteFile.LogOf(_directory.Path, journal);

        SqliteFile.Flip(_directory.Path, log, column, $"position = {at.FirstPosition + 2}", index);

        var damage = await VerifyAsync();
        Assert.Equal((at.Shard, at.FirstPosition + 2, 3L), (damage.Shard, damage.Position, damage.Version));
        if (column != "journal")
            Assert.Equal(journal, damage.Journal);
    }

    [Theory]
    [InlineData("version", "version + 1")]
    [InlineData("version", "version + 65536")]
    [InlineData("previous", "previous - 1")]
    [InlineData("previous", "0")]
    [InlineData("seal", "seal + 1")]
    public async Task A_changed_number_of_an_entry_is_named_with_its_place(string column, string changed)
    {
        var (journal, at) = await FillAsync();
        var log = SqliteFile.LogOf(_directory.Path, journal);

        SqliteFile.Change(
            _directory.Path, $"UPDATE {log} SET {column} = {changed} WHERE position = {at.FirstPosition + 2}");

        var damage = await VerifyAsync();
        Assert.Equal((at.Shard, at.FirstPosition + 2), (damage.Shard, damage.Position));
        Assert.Equal(journal, damage.Journal);
    }

    [Theory]
    [InlineData("UPDATE {log} SET position = position + 1000000 WHERE position = {position}")]
    [InlineData("DELETE FROM {log} WHERE position = {position}")]
    public async Task An_entry_that_is_not_at_its_position_is_named(string damaging)
    {
        var (journal, at) = await FillAsync();
        var position = at.FirstPosition + 2;

        SqliteFile.Change(_directory.Path, damaging
            .Replace("{log}", SqliteFile.LogOf(_directory.Path, journal))
            .Replace("{position}", $"{position}"));

        var damage = await VerifyAsync();
        Assert.Equal((at.Shard, position), (damage.Shard, damage.Position));
    }

    [Fact]
    public async Task A_rewritten_entry_with_a_right_seal_breaks_the_hash_chain()
    {
        // Whoever can compute a seal still cannot change history without changing every later hash and the head.
        var (journal, at) = await FillAsync();
        var log = SqliteFile.LogOf(_directory.Path, journal);
        var position = at.FirstPosition + 2;
        var hash = SqliteFile.Query<byte[]>(_directory.Path, $"SELECT hash FROM {log} WHERE position = {position}");
        var body = SqliteFile.Query<byte[]>(_directory.Path, $"SELECT body FROM {log} WHERE position = {position}");
        body[0] ^= 1;
        var seal = RowSeal.OfEntry(
            at.Shard, position, JournalIdText.Bytes(journal), 3, position - 1, hash, body);

        SqliteFile.Change(
            _directory.Path,
            $"UPDATE {log} SET body = x'{Convert.ToHexString(body)}', seal = {seal} WHERE position = {position}");

        Assert.Equal(
            new JournalDamage(journal, at.Shard, position, 3, "An entry does not fit the hash chain."), await VerifyAsync());
    }

    [Theory]
    [InlineData("UPDATE head SET version = version - 1 WHERE journal = '{journal}'")]
    [InlineData("UPDATE head SET position = position - 1 WHERE journal = '{journal}'")]
    [InlineData("UPDATE head SET hash = zeroblob(32) WHERE journal = '{journal}'")]
    [InlineData("UPDATE head SET seal = seal + 1 WHERE journal = '{journal}'")]
    public async Task A_damaged_head_is_named_and_accepts_no_turn(string damaging)
    {
        var (journal, at) = await FillAsync();

        SqliteFile.Change(_directory.Path, damaging.Replace("{journal}", journal.Value));

        var damage = await VerifyAsync();
        Assert.Equal((journal, at.Shard), (damage.Journal, damage.Shard));
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await store.AppendAsync(
            new JournalTurn(journal, 5, [new byte[] { 1 }]), default));
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await store.ReadAsync(journal, null, default));
        await AppendAsync(store, new JournalId(JournalKind.Patient, "sound"), 0, 1);
    }

    [Theory]
    [InlineData("DELETE FROM head WHERE journal = '{journal}'")]
    [InlineData("UPDATE head SET journal = journal || 'x' WHERE journal = '{journal}'")]
    public async Task Entries_whose_journal_lost_its_head_are_found(string damaging)
    {
        var (journal, at) = await FillAsync();

        SqliteFile.Change(_directory.Path, damaging.Replace("{journal}", journal.Value));

        Assert.Equal(at.Shard, (await VerifyAsync()).Shard);
    }

    [Theory]
    [InlineData("UPDATE content SET size = size + 1")]
    [InlineData("UPDATE content SET size = -1")]
    [InlineData("UPDATE content SET first_chunk = first_chunk + 1")]
    [InlineData("DELETE FROM content")]
    [InlineData("DELETE FROM chunk WHERE number = 2")]
    [InlineData("UPDATE chunk SET bytes = zeroblob(length(bytes)) WHERE number = 2")]
    [InlineData("UPDATE content SET sha256 = zeroblob(32)")]
    public async Task Damaged_content_is_found(string damaging)
    {
        await FillAsync();

        SqliteFile.Change(_directory.Path, damaging);

        Assert.Contains("content", (await VerifyAsync()).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE snapshot SET body = zeroblob(length(body))")]
    [InlineData("UPDATE snapshot SET entry_hash = zeroblob(32)")]
    [InlineData("UPDATE snapshot SET version = version + 1")]
    public async Task A_damaged_snapshot_is_found_and_costs_time_but_no_facts(string damaging)
    {
        var (journal, _) = await FillAsync();

        SqliteFile.Change(_directory.Path, damaging);

        Assert.Equal(journal, (await VerifyAsync()).Journal);
        await using var store = await OpenAsync();
        var tail = await store.ReadAsync(journal, null, default);
        Assert.Null(tail.Snapshot);
        Assert.Equal(5, tail.Entries.Count);
    }

    [Fact]
    public async Task A_damaged_checkpoint_is_found_and_not_believed()
    {
        await FillAsync();

        SqliteFile.Change(_directory.Path, "UPDATE checkpoint SET position = position + 1");

        Assert.Contains("checkpoint", (await VerifyAsync()).What, StringComparison.Ordinal);
        await using var store = await OpenAsync();
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await store.ReadCheckpointAsync("router", 0, default));
        await Assert.ThrowsAsync<JournalDamagedException>(
            async () => await store.MoveCheckpointAsync(new CheckpointMove("router", 0, 4, 5), default));
    }

    [Fact]
    public async Task A_shard_that_counts_less_than_its_log_holds_does_not_write_over_it()
    {
        var (journal, at) = await FillAsync();

        SqliteFile.Change(_directory.Path, $"UPDATE shard SET position = position - 1 WHERE shard = {at.Shard}");

        var refused = await Assert.ThrowsAsync<JournalDamagedException>(OpenAsync);
        Assert.Equal(at.Shard, refused.Damage.Shard);
        await using var store = await OpenAsync(acceptLoss: true);
        await Assert.ThrowsAsync<JournalDamagedException>(async () => await AppendAsync(store, journal, 5, 1));
        Assert.Equal(5, (await store.ReadAsync(journal, null, default)).Version);
    }

    [Fact]
    public async Task Every_flipped_byte_of_the_file_is_found_or_changes_nothing()
    {
        var (journal, _) = await FillAsync();
        var path = SqliteFile.PathIn(_directory.Path);
        var sound = await File.ReadAllBytesAsync(path);
        var before = await ReadAllAsync();
        var random = new Random(20_251_121);
        int named = 0, refused = 0, harmless = 0;

        for (var round = 0; round < 400; round++)
        {
            var damaged = (byte[])sound.Clone();
            var place = random.Next(damaged.Length);
            damaged[place] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(path, damaged);
            try
            {
                if ((await VerifyAsync(mustFind: false)) is not null)
                {
                    named++;
                    continue;
                }
            }
            catch (JournalException)
            {
                refused++;
                continue;
            }

            // Unused space of a page, a counter of SQLite's own: then everything must read as before.
            Assert.Equal(before, await ReadAllAsync());
            harmless++;
        }

        Assert.True(named > 50, $"named {named}, refused {refused}, harmless {harmless}");
        _ = journal;
    }

    [Fact]
    public async Task Fifty_thousand_documents_verify_and_one_flipped_byte_among_them_is_named()
    {
        const int Documents = 50_000;
        JournalId chosen;
        Appended at = default;
        await using (var store = await OpenAsync())
        {
            chosen = new JournalId(JournalKind.Patient, "document-31415");
            var appends = Enumerable.Range(0, Documents).GroupBy(i => i / 5_000);
            foreach (var group in appends)
            {
                await Task.WhenAll(group.Select(async i =>
                {
                    var id = new JournalId(JournalKind.Patient, $"document-{i}");
                    var bytes = BitConverter.GetBytes((long)i);
                    var appended = await store.AppendAsync(
                        new JournalTurn(id, 0, [bytes]) { Contents = [new JournalContent(Sha256.Of(bytes), bytes)] }, default);
                    if (id == chosen)
                        at = appended;
                }));
            }

            Assert.Equal(
                new VerifyReport(Documents, Documents, Documents, null), await store.VerifyAsync(null, null, default));
        }

        SqliteFile.Flip(
            _directory.Path, SqliteFile.LogOf(_directory.Path, chosen), "body", $"position = {at.FirstPosition}", 3);

        Assert.Equal(
            new JournalDamage(chosen, at.Shard, at.FirstPosition, 1, "An entry is not as it was written."),
            await VerifyAsync());
    }

    private Task<SqliteJournalStore> OpenAsync() => OpenAsync(acceptLoss: false);

    private Task<SqliteJournalStore> OpenAsync(bool acceptLoss) => SqliteJournalStore.OpenAsync(
        new SqliteStoreOptions { Directory = _directory.Path, Shards = 4, AcceptLoss = acceptLoss });

    private static async Task<Appended> AppendAsync(IJournalStore store, JournalId journal, long expected, int entries) =>
        await store.AppendAsync(
            new JournalTurn(
                journal, expected, [.. Enumerable.Range(1, entries).Select(i => new ReadOnlyMemory<byte>(new byte[40 + i]))]),
            default);

    /// <summary>Several journals, one of them with five entries in the middle of its log, content, snapshot, checkpoint.</summary>
    private async Task<(JournalId Journal, Appended At)> FillAsync()
    {
        await using var store = await OpenAsync();
        for (var i = 0; i < 40; i++)
            await AppendAsync(store, new JournalId(JournalKind.Patient, $"before-{i}"), 0, 2);
        var journal = new JournalId(JournalKind.Patient, "chosen");
        var content = new byte[JournalLimits.ContentChunkBytes * 2];
        Array.Fill(content, (byte)9);
        var at = await store.AppendAsync(
            new JournalTurn(
                journal, 0, [.. Enumerable.Range(1, 5).Select(i => new ReadOnlyMemory<byte>(new byte[40 + i]))])
            {
                Contents = [new JournalContent(Sha256.Of(content), content)],
                Checkpoint = new CheckpointMove("router", 0, 0, 4),
            },
            default);
        await store.WriteSnapshotAsync(journal, new JournalSnapshot(3, new byte[] { 1, 2, 3 }), default);
        for (var i = 0; i < 40; i++)
            await AppendAsync(store, new JournalId(JournalKind.Patient, $"after-{i}"), 0, 1);
        Assert.Null((await store.VerifyAsync(null, null, default)).FirstDamage);
        return (journal, at);
    }

    private async Task<JournalDamage> VerifyAsync() =>
        (await VerifyAsync(mustFind: true))!; // ! asserted inside

    private async Task<JournalDamage?> VerifyAsync(bool mustFind)
    {
        await using var store = await OpenAsync();
        var damage = (await store.VerifyAsync(null, null, default)).FirstDamage;
        Assert.False(mustFind && damage is null, "The verification found nothing.");
        return damage;
    }

    private async Task<string> ReadAllAsync()
    {
        await using var store = await OpenAsync();
        var all = new System.Text.StringBuilder();
        for (var shard = 0; shard < store.Shards; shard++)
        {
            foreach (var entry in await store.ReadLogAsync(shard, 0, JournalLimits.LogPageEntriesMax, default))
            {
                var tail = await store.ReadAsync(entry.Journal, 0, default);
                all.Append(entry.Position).Append(entry.Journal.Value).Append(entry.Version).Append(tail.Version)
                    .Append(Convert.ToHexString(entry.Body.Span)).Append('\n');
            }
        }

        return all.Append(await store.ReadCheckpointAsync("router", 0, default)).ToString();
    }
}
