using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite.Reading;

/// <summary>Reads a journal from its head backwards: each entry's row says where the one before it is, so a journal needs no
/// index of its own that every append would have to write.</summary>
internal static class JournalReading
{
    /// <summary>See <see cref="IJournalStore.ReadAsync"/>.</summary>
    public static JournalTail Read(ReadSession session, JournalId journal, long? afterVersion)
    {
        var id = JournalIdText.Bytes(journal);
        if (session.Head(journal, id) is not { } head)
            return new JournalTail(0, null, []);

        if (afterVersion is null && session.Snapshot(id, out _) is { } snapshot
            && TryReadAfter(session, journal, id, head, snapshot) is { } entries)
        {
            return new JournalTail(head.Version, new JournalSnapshot(snapshot.Version, snapshot.Body), entries);
        }

        // No snapshot, or none that fits the chain: the whole journal is the truth.
        return new JournalTail(head.Version, null, ReadAfter(session, journal, id, head, afterVersion ?? 0, null));
    }

    private static JournalEntry[]? TryReadAfter(
        ReadSession session, JournalId journal, byte[] id, HeadRow head, SnapshotRow snapshot)
    {
        if (snapshot.Version > head.Version)
            return null;
        if (snapshot.Version == head.Version)
            return snapshot.EntryHash == head.Hash ? [] : null;
        try
        {
            return ReadAfter(session, journal, id, head, snapshot.Version, snapshot.EntryHash);
        }
        catch (JournalDamagedException)
        {
            // Either the snapshot or the tail is damaged. Reading everything tells which.
            return null;
        }
    }

    /// <param name="session">Where to read.</param>
    /// <param name="journal">Whose entries.</param>
    /// <param name="id">The journal's id as stored.</param>
    /// <param name="head">The journal's newest entry.</param>
    /// <param name="afterVersion">Entries after this one.</param>
    /// <param name="hashAtVersion">The hash at that version, if it is known from elsewhere.</param>
    private static JournalEntry[] ReadAfter(
        ReadSession session, JournalId journal, byte[] id, HeadRow head, long afterVersion, Sha256? hashAtVersion)
    {
        if (head.Version <= afterVersion)
            return [];
        var shard = journal.ShardOf(session.Shards);
        var entries = new JournalEntry[head.Version - afterVersion];
        var row = Expect(session, journal, id, shard, head.Position, head.Version);
        if (row.Hash != head.Hash)
            throw Damaged(journal, shard, row, "The head of a journal is not at its newest entry.");
        while (true)
        {
            entries[row.Version - afterVersion - 1] = new JournalEntry(row.Version, row.Position, row.Body);
            if (row.Version == 1)
            {
                ThrowIfBroken(journal, shard, row, default);
                return entries;
            }

            if (row.Version == afterVersion + 1)
            {
                // Of the entry before the first one only the hash is asked: what else is in its row was not asked for.
                var hash = hashAtVersion ?? session.StoredHash(shard, row.Previous)
                    ?? throw Missing(journal, shard, row.Previous, afterVersion);
                ThrowIfBroken(journal, shard, row, hash);
                return entries;
            }

            var before = Expect(session, journal, id, shard, row.Previous, row.Version - 1);
            ThrowIfBroken(journal, shard, row, before.Hash);
            row = before;
        }
    }

    /// <summary>Checks one entry against the hash of the one before it; the hash before version 1 is 32 zero bytes.</summary>
    public static bool Fits(EntryRow row, Sha256 before)
    {
        Span<byte> hash = stackalloc byte[EntryHash.Bytes];
        before.CopyTo(hash);
        EntryHash.Next(hash, row.Version, row.Body, hash);
        return new Sha256(hash) == row.Hash;
    }

    private static EntryRow Expect(ReadSession session, JournalId journal, byte[] id, int shard, long position, long version)
    {
        var row = session.Entry(shard, position);
        return row is not null && row.Version == version && row.Journal.AsSpan().SequenceEqual(id)
            ? row
            : throw Missing(journal, shard, position, version);
    }

    private static void ThrowIfBroken(JournalId journal, int shard, EntryRow row, Sha256 before)
    {
        if (!Fits(row, before))
            throw Damaged(journal, shard, row, "An entry does not fit the hash chain.");
    }

    private static JournalDamagedException Missing(JournalId journal, int shard, long position, long version) =>
        new(new JournalDamage(journal, shard, position, version, "An entry of the journal is missing."));

    private static JournalDamagedException Damaged(JournalId journal, int shard, EntryRow row, string what) =>
        new(new JournalDamage(journal, shard, row.Position, row.Version, what));
}
