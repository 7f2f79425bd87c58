using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql.Reading;

/// <summary>A row <c>journal, version, position, hash, seal</c> of the table <c>head</c>.</summary>
internal sealed record StoredHead(long Version, long Position, byte[] Hash, bool IsSound)
{
    public static StoredHead From(NpgsqlDataReader row)
    {
        var (version, position, hash) = (row.GetInt64(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3));
        return new StoredHead(
            version, position, hash,
            hash.Length == EntryHash.Bytes && RowSeal.OfHead(row.GetString(0), version, position, hash) == row.GetInt64(4));
    }
}

/// <summary>A row <c>journal, version, entry_hash, sha256, body</c> of the table <c>snapshot</c>.</summary>
internal sealed record StoredSnapshot(long Version, byte[] HashAtVersion, byte[] Body, bool IsSound)
{
    public static StoredSnapshot From(NpgsqlDataReader row)
    {
        var (version, hash, body) = (row.GetInt64(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<byte[]>(4));
        var seal = RowSeal.OfSnapshot(row.GetString(0), version, hash, body);
        return new StoredSnapshot(version, hash, body, seal.AsSpan().SequenceEqual(row.GetFieldValue<byte[]>(3)));
    }
}

/// <summary>Columns <c>version, position, shard, hash, seal, body</c> of the table <c>entry</c>, from the second one on.</summary>
internal sealed record StoredEntry(long Version, long Position, int Shard, byte[] Hash, long Seal, byte[] Body)
{
    public static StoredEntry From(NpgsqlDataReader row) => new(
        row.GetInt64(1), row.GetInt64(2), row.GetInt32(3), row.GetFieldValue<byte[]>(4), row.GetInt64(5),
        row.IsDBNull(6) ? [] : row.GetFieldValue<byte[]>(6));

    /// <summary>Whether the row is as it was written, whatever stands before it.</summary>
    public bool IsSealed(string journal) =>
        Hash.Length == EntryHash.Bytes && RowSeal.OfEntry(Shard, Position, journal, Version, Hash, Body) == Seal;

    /// <summary>Checks shard, seal and chain.</summary>
    /// <returns>The entry's hash.</returns>
    /// <exception cref="JournalDamagedException">The entry is not what was written here.</exception>
    public byte[] Check(JournalId journal, int shard, byte[] before)
    {
        Span<byte> hash = stackalloc byte[EntryHash.Bytes];
        if (before.Length == EntryHash.Bytes)
            EntryHash.Next(before, Version, Body, hash);
        if (Shard != shard)
            throw new JournalDamagedException(new JournalDamage(journal, Shard, Position, Version, "An entry is in the log of another shard."));
        if (!hash.SequenceEqual(Hash))
            throw new JournalDamagedException(new JournalDamage(journal, shard, Position, Version, "An entry does not fit the hash chain."));
        return IsSealed(journal.Value)
            ? Hash
            : throw new JournalDamagedException(new JournalDamage(journal, shard, Position, Version, "An entry is not as it was written."));
    }
}
