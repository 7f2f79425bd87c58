using HealthGrains.Grains.Journal;
using HealthGrains.Sqlite.Keeping;
using HealthGrains.Sqlite.Reading;

namespace HealthGrains.Sqlite.Verifying;

/// <summary>Re-reads a store while it serves.</summary>
/// <remarks>
/// <para>It takes many short read transactions, never one long one: the write-ahead log goes on being copied and started
/// again, memory stays bounded, and other reads come in between. That is consistent because entries and content never
/// change: the end of each log is noted first, and what lies before it is the same at any later time.</para>
/// <para>V1. Each log is dense up to its end, each row has its seal, and its journal belongs to the shard.</para>
/// <para>V2. From each head, versions lead back to 1 without a gap, each entry fits the hash chain, and snapshots fit too.</para>
/// <para>V3. The entries that the journals lead to are as many as the logs hold: none without a head.</para>
/// <para>V4. Each content has its SHA-256, and every chunk belongs to one.</para>
/// <para>V5. Checkpoints have their seals, the store is not behind its high-water marks (which may be a second older than
/// the newest commits), and SQLite finds the structure of the file sound, if the file is small enough to ask.</para>
/// </remarks>
internal sealed class Verifier(
    Readers readers, Guid storeId, int shards, string directory, IProgress<long>? progress, CancellationToken cancellation)
{
    private readonly long[] _reached = new long[shards];
    private long _entries;
    private long _journals;
    private long _contents;

    public async ValueTask<VerifyReport> VerifyAsync(JournalId? journal)
    {
        try
        {
            var end = await readers.ReadAsync(VerifySession.End, cancellation).ConfigureAwait(false);
            if (journal is { } one)
                await VerifyJournalAsync(one, end).ConfigureAwait(false);
            else
                await VerifyStoreAsync(end).ConfigureAwait(false);
            return Report(null);
        }
        catch (JournalDamagedException damaged)
        {
            return Report(damaged.Damage);
        }
    }

    private VerifyReport Report(JournalDamage? damage) => new(_entries, _journals, _contents, damage);

    private async Task VerifyJournalAsync(JournalId journal, VerifyEnd end)
    {
        var walk = await readers.ReadAsync(session => VerifySession.StartJournal(session, journal), cancellation)
            .ConfigureAwait(false);
        if (walk is not null)
        {
            await WalkAsync([walk], end).ConfigureAwait(false);
            _entries = walk.Version;
        }

        await CheckContentsAsync(JournalIdText.Bytes(journal)).ConfigureAwait(false);
    }

    private async Task VerifyStoreAsync(VerifyEnd end)
    {
        for (var shard = 0; shard < shards; shard++)
            await CheckLogAsync(shard, end.Positions[shard]).ConfigureAwait(false);

        IReadOnlyList<JournalWalk> page;
        for (byte[] after = []; ; after = page[^1].Id)
        {
            var from = after;
            page = await readers.ReadAsync(session => VerifySession.NextJournals(session, from), cancellation)
                .ConfigureAwait(false);
            if (page.Count == 0)
                break;
            await WalkAsync(page, end).ConfigureAwait(false);
            progress?.Report(_entries);
        }

        for (var shard = 0; shard < shards; shard++)
            await CheckReachedAsync(shard, end.Positions[shard]).ConfigureAwait(false);
        await CheckContentsAsync(null).ConfigureAwait(false);
        var (written, owned) = await readers.ReadAsync(VerifySession.CountChunks, cancellation).ConfigureAwait(false);
        if (written != owned)
        {
            throw VerifySession.Damaged(
                null, -1, 0, 0, $"{written} chunks of content were written, {owned} belong to a content.");
        }

        await readers.ReadAsync(VerifySession.CheckCheckpoints, cancellation).ConfigureAwait(false);
        var file = MarksFile.Read(directory);
        await readers.ReadAsync(session => CheckMarks(session, file), cancellation).ConfigureAwait(false);
        await readers.ReadAsync(VerifySession.CheckStructure, cancellation).ConfigureAwait(false);
    }

    private async Task CheckLogAsync(int shard, long end)
    {
        for (var position = 0L; position < end;)
        {
            var after = position;
            position = await readers.ReadAsync(
                session => VerifySession.CheckLogPage(session, shard, after, end), cancellation).ConfigureAwait(false);
            _entries += position - after;
            progress?.Report(_entries);
        }
    }

    private async Task WalkAsync(IReadOnlyList<JournalWalk> page, VerifyEnd end)
    {
        var next = 0;
        JournalWalk? current = null;
        while (next < page.Count || current is not null)
        {
            var (from, walk) = (next, current);
            (next, current) = await readers.ReadAsync(session => WalkSome(session, page, from, walk, end), cancellation)
                .ConfigureAwait(false);
        }

        _journals += page.Count;
    }

    /// <summary>As many entries as one read transaction should hold, of one journal or of many.</summary>
    private (int Next, JournalWalk? Current) WalkSome(
        ReadSession session, IReadOnlyList<JournalWalk> page, int next, JournalWalk? current, VerifyEnd end)
    {
        var budget = SqliteLimits.VerifyPageMax;
        while (budget > 0)
        {
            if (current is null)
            {
                if (next == page.Count)
                    break;
                current = page[next++];
            }

            current = VerifySession.Walk(session, current, ref budget, end, _reached);
            budget--;
        }

        return (next, current);
    }

    private async Task CheckReachedAsync(int shard, long end)
    {
        if (_reached[shard] == end)
            return;
        for (var position = 0L; position < end;)
        {
            var after = position;
            position = await readers.ReadAsync(
                session => VerifySession.CheckHeads(session, shard, after, end), cancellation).ConfigureAwait(false);
        }

        throw VerifySession.Damaged(
            null, shard, 0, 0, $"The log holds {end} entries, but the journals lead to {_reached[shard]} of them.");
    }

    private async Task CheckContentsAsync(byte[]? journal)
    {
        byte[] afterJournal = journal ?? [];
        byte[] afterSha256 = [];
        while (true)
        {
            var (fromJournal, fromSha256) = (afterJournal, afterSha256);
            var page = await readers.ReadAsync(
                session => VerifySession.NextContents(session, fromJournal, fromSha256, journal is not null),
                cancellation).ConfigureAwait(false);
            for (var next = 0; next < page.Count;)
            {
                var from = next;
                next = await readers.ReadAsync(session => VerifySession.CheckContents(session, page, from), cancellation)
                    .ConfigureAwait(false);
                _contents += next - from;
            }

            if (page.Count == 0)
                return;
            (afterJournal, afterSha256) = (page[^1].Journal, page[^1].Sha256);
            progress?.Report(_entries);
        }
    }

    private bool CheckMarks(ReadSession session, MarksFile file) =>
        StoreOpening.FindLoss(session, Keeper.MeasureWithin(session, storeId), file) is { } loss
            ? throw new JournalDamagedException(loss)
            : true;
}
