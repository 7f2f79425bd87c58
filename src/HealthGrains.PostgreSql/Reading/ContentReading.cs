using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Reading;

/// <summary>Streams content. Each chunk is a read of its own, because content never changes: a slow consumer holds no
/// connection.</summary>
internal static class ContentReading
{
    /// <summary>See <see cref="IJournalStore.ReadContentAsync"/>.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Database database, JournalId journal, int shard, Sha256 sha256, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var key = Key(sha256);
        var row = await database.ReadAsync(
            (connection, token) => RowAsync(connection, journal.Value, key, token), cancellation).ConfigureAwait(false);
        if (row is not var (rest, inline))
            yield break;
        if (rest is < 1 or > JournalLimits.ContentBytesMax)
            throw Damaged(journal, shard);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var number = 0; rest > 0; number++)
        {
            var wanted = number;
            var chunk = number == 0 && inline is not null ? inline : await database.ReadAsync(
                (connection, token) => ChunkAsync(connection, journal.Value, key, wanted, token), cancellation)
                .ConfigureAwait(false);
            if (chunk is null || chunk.Length != Math.Min(rest, JournalLimits.ContentChunkBytes))
            {
                var left = await database.ReadAsync(
                    (connection, token) => RowAsync(connection, journal.Value, key, token), cancellation).ConfigureAwait(false);
                throw left is null
                    ? new JournalUnavailableException("The content was deleted while it was read.", JournalUnavailableReason.Away)
                    : Damaged(journal, shard);
            }

            hash.AppendData(chunk);
            rest -= chunk.Length;
            if (rest == 0 && new Sha256(hash.GetHashAndReset()) != sha256)
                throw Damaged(journal, shard);
            yield return chunk;
        }
    }

    private static async Task<(long Size, byte[]? Bytes)?> RowAsync(
        NpgsqlConnection connection, string journal, byte[] key, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand("SELECT size, bytes FROM content WHERE journal = $1 AND sha256 = $2", connection)
        {
            Parameters = { Sql.Text(journal), Sql.Blob(key) },
        };
        var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await using var _ = reader.ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellation).ConfigureAwait(false))
            return null;
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1));
    }

    private static async Task<byte[]?> ChunkAsync(
        NpgsqlConnection connection, string journal, byte[] key, int number, CancellationToken cancellation)
    {
        using var command = new NpgsqlCommand(
            "SELECT bytes FROM chunk WHERE journal = $1 AND sha256 = $2 AND number = $3", connection)
        {
            Parameters = { Sql.Text(journal), Sql.Blob(key), Sql.Integer(number) },
        };
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as byte[];
    }

    private static byte[] Key(Sha256 sha256)
    {
        var key = new byte[EntryHash.Bytes];
        sha256.CopyTo(key);
        return key;
    }

    private static JournalDamagedException Damaged(JournalId journal, int shard) =>
        new(new JournalDamage(journal, shard, 0, 0, "A content does not have its SHA-256."));
}
