using System.Security.Cryptography;
using HealthGrains.Grains.Journal;
using HealthGrains.PostgreSql.Reading;
using Npgsql;

namespace HealthGrains.PostgreSql.Verifying;

/// <summary>Re-reads a store while it serves.</summary>
/// <remarks>
/// <para>It takes many short read transactions and holds one row at a time: memory stays bounded, and vacuum is never held up
/// for long. That is consistent because entries and content never change: the end of each log is noted first.</para>
/// <para>V1. Each log is dense up to its end, and each entry's journal belongs to the shard.</para>
/// <para>V2. Each journal's versions are dense from 1, each entry has its seal and fits the hash chain, the head is at the
/// newest entry, and the snapshot fits.</para>
/// <para>V3. The journals hold as many entries as the logs; each head has its entry.</para>
/// <para>V4. Each content has its SHA-256. V5. Checkpoints have their seals.</para>
/// </remarks>
internal sealed class Verifier(Database database, int shards, IProgress<long>? progress, CancellationToken cancellation)
{
    private long _entries;
    private long _journals;
    private long _contents;

    public async Task<VerifyReport> VerifyAsync(JournalId? journal)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            var ends = await database.ReadAsync(
                (connection, token) => LogReading.PositionsAsync(connection, shards, token), cancellation).ConfigureAwait(false);
            for (var shard = 0; journal is null && shard < shards; shard++)
                await CheckLogAsync(shard, ends[shard]).ConfigureAwait(false);
            await CheckJournalsAsync(journal, ends).ConfigureAwait(false);
            await CheckHeadsAsync(journal).ConfigureAwait(false);
            await CheckContentsAsync(journal).ConfigureAwait(false);
            if (journal is null)
                await database.ReadAsync(CheckCheckpointsAsync, cancellation).ConfigureAwait(false);
            return Report(null);
        }
        catch (JournalDamagedException damaged)
        {
            return Report(damaged.Damage);
        }
    }

    private VerifyReport Report(JournalDamage? damage) => new(_entries, _journals, _contents, damage);

    private async Task CheckLogAsync(int shard, long end)
    {
        for (var position = 0L; position < end;)
        {
            var after = position;
            position = await database.ReadAsync(
                (connection, token) => CheckLogPageAsync(connection, shard, after, end, token), cancellation).ConfigureAwait(false);
        }
    }

    private async Task<long> CheckLogPageAsync(
        NpgsqlConnection connection, int shard, long after, long end, CancellationToken token)
    {
        var pageEnd = Math.Min(end, after + PostgreSqlLimits.VerifyPageMax);
        using var batch = connection.Reading()
            .With(
                "SELECT position, journal, version FROM entry WHERE shard = $1 AND position > $2 AND position <= $3 ORDER BY position",
                Sql.Integer(shard), Sql.Long(after), Sql.Long(pageEnd))
            .With("COMMIT");
        var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        var last = after;
        while (await reader.ReadAsync(token).ConfigureAwait(false))
        {
            if (reader.GetInt64(0) != last + 1)
                break;
            last++;
            var journal = JournalIdText.TryParse(reader.GetString(1));
            if (journal?.ShardOf(shards) != shard)
                throw Damaged(journal, shard, last, reader.GetInt64(2), "An entry is in the log of another shard.");
        }

        return last == pageEnd ? last : throw Damaged(null, shard, last + 1, 0, "An entry of the log is missing.");
    }

    private async Task CheckJournalsAsync(JournalId? one, IReadOnlyList<long> ends)
    {
        for (var walk = JournalWalk.Before(one); walk is not null;)
        {
            var from = walk;
            var step = await database.ReadAsync(
                (connection, token) => JournalWalking.StepAsync(connection, from, shards, ends, token), cancellation)
                .ConfigureAwait(false);
            (_entries, _journals, walk) = (_entries + step.Entries, _journals + step.Journals, step.Next);
            progress?.Report(_entries);
        }

        if (one is null && _entries != ends.Sum())
        {
            throw Damaged(
                null, -1, 0, 0, $"The logs hold {ends.Sum()} entries, but the journals lead to {_entries} of them.");
        }
    }

    private async Task CheckHeadsAsync(JournalId? one)
    {
        for (string? after = ""; after is not null;)
        {
            var from = after;
            after = await database.ReadAsync((connection, token) => CheckHeadPageAsync(connection, from, one, token), cancellation)
                .ConfigureAwait(false);
        }
    }

    private async Task<string?> CheckHeadPageAsync(
        NpgsqlConnection connection, string after, JournalId? one, CancellationToken token)
    {
        using var batch = connection.Reading()
            .With(
                "SELECT h.journal, h.version, EXISTS (SELECT FROM entry e WHERE e.journal = h.journal AND e.version = h.version) "
                + "FROM head h WHERE h.journal > $1 AND ($3::text IS NULL OR h.journal = $3) ORDER BY h.journal LIMIT $2",
                Sql.Text(after), Sql.Integer(PostgreSqlLimits.VerifyPageMax), Sql.TextOrNull(one?.Value))
            .With("COMMIT");
        var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        string? last = null;
        while (await reader.ReadAsync(token).ConfigureAwait(false))
        {
            last = reader.GetString(0);
            if (reader.GetBoolean(2))
                continue;
            var journal = JournalIdText.TryParse(last);
            throw Damaged(
                journal, journal?.ShardOf(shards) ?? -1, 0, reader.GetInt64(1), "An entry of the journal is missing.");
        }

        return last;
    }

    private async Task CheckContentsAsync(JournalId? one)
    {
        for (var after = (Journal: one?.Value ?? "", Sha256: Array.Empty<byte>()); ;)
        {
            var from = after;
            var page = await database.ReadAsync(
                (connection, token) => ContentPageAsync(connection, from, one is not null, token), cancellation)
                .ConfigureAwait(false);
            if (page.Count == 0)
                return;
            foreach (var content in page)
            {
                if (!await database.ReadAsync(
                    (connection, token) => FitsAsync(connection, content, token), cancellation).ConfigureAwait(false))
                {
                    var journal = JournalIdText.TryParse(content.Journal);
                    throw Damaged(journal, journal?.ShardOf(shards) ?? -1, 0, 0, "A content does not have its SHA-256.");
                }

                _contents++;
            }

            after = (page[^1].Journal, page[^1].Sha256);
            progress?.Report(_entries);
        }
    }

    private static async Task<IReadOnlyList<(string Journal, byte[] Sha256, long Size)>> ContentPageAsync(
        NpgsqlConnection connection, (string Journal, byte[] Sha256) after, bool isOne, CancellationToken token)
    {
        using var batch = connection.Reading()
            .With(
                "SELECT journal, sha256, size FROM content WHERE (journal, sha256) > ($1, $2)"
                + (isOne ? " AND journal = $1" : "") + " ORDER BY journal, sha256 LIMIT $3",
                Sql.Text(after.Journal), Sql.Blob(after.Sha256), Sql.Integer(PostgreSqlLimits.VerifyPageMax))
            .With("COMMIT");
        var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        var page = new List<(string, byte[], long)>();
        while (await reader.ReadAsync(token).ConfigureAwait(false))
            page.Add((reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2)));
        return page;
    }

    private static async Task<bool> FitsAsync(
        NpgsqlConnection connection, (string Journal, byte[] Sha256, long Size) content, CancellationToken token)
    {
        using var batch = connection.Reading()
            .With(
                "SELECT 0, bytes FROM content WHERE journal = $1 AND sha256 = $2 AND bytes IS NOT NULL "
                + "UNION ALL (SELECT number, bytes FROM chunk WHERE journal = $1 AND sha256 = $2 ORDER BY number)",
                Sql.Text(content.Journal), Sql.Blob(content.Sha256))
            .With(
                "SELECT 1 FROM content WHERE journal = $1 AND sha256 = $2",
                Sql.Text(content.Journal), Sql.Blob(content.Sha256))
            .With("COMMIT");
        var reader = await batch.ExecuteReaderAsync(token).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (size, number) = (0L, 0);
        while (await reader.ReadAsync(token).ConfigureAwait(false))
        {
            var chunk = reader.GetFieldValue<byte[]>(1);
            if (reader.GetInt32(0) != number++ || chunk.Length != Math.Min(content.Size - size, JournalLimits.ContentChunkBytes))
                return false;
            hash.AppendData(chunk);
            size += chunk.Length;
        }

        // It may have been deleted since it was listed.
        if (number == 0)
        {
            await reader.NextResultAsync(token).ConfigureAwait(false);
            if (!await reader.ReadAsync(token).ConfigureAwait(false))
                return true;
        }

        return size == content.Size && hash.GetHashAndReset().AsSpan().SequenceEqual(content.Sha256);
    }

    private async Task<bool> CheckCheckpointsAsync(NpgsqlConnection connection, CancellationToken token)
    {
        using var command = new NpgsqlCommand("SELECT name, shard, position, seal FROM checkpoint", connection);
        var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(token).ConfigureAwait(false))
        {
            var shard = reader.GetInt32(1);
            if (shard < 0 || shard >= shards
                || RowSeal.OfCheckpoint(reader.GetString(0), shard, reader.GetInt64(2)) != reader.GetInt64(3))
            {
                throw Damaged(null, shard, 0, 0, "A checkpoint is not as it was written.");
            }
        }

        return true;
    }

    private static JournalDamagedException Damaged(JournalId? journal, int shard, long position, long version, string what) =>
        new(new JournalDamage(journal, shard, position, version, what));
}
