using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Patients;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;

namespace HealthGrains.Grains.Contents;

/// <summary>Checks from the entries' side that every document has its content: what <see cref="IJournalStore.VerifyAsync"/> cannot
/// see, because a store knows no documents.</summary>
/// <remarks>An uploaded content is read whole and hashed. One that is kept with its entry was hashed by the store's own
/// verification; here only its presence is looked at.</remarks>
public sealed class ContentVerifier(IJournalStore store, IContentStore contents)
{
    private long _checked;

    /// <summary>Verifies the store, then the contents; the first damage found ends it.</summary>
    /// <param name="journal">One journal, or null for the whole store.</param>
    /// <param name="progress">Told now and then how many entries were checked.</param>
    /// <param name="cancellation">Ends the verification.</param>
    /// <returns>The store's report; uploaded contents are added to its count.</returns>
    public async ValueTask<VerifyReport> VerifyAsync(
        JournalId? journal, IProgress<long>? progress, CancellationToken cancellation)
    {
        _checked = 0;
        var report = await store.VerifyAsync(journal, progress, cancellation);
        if (report.FirstDamage is not null)
            return report;
        JournalDamage? damage;
        try
        {
            damage = journal is { } one
                ? await CheckJournalAsync(one, cancellation)
                : await CheckLogsAsync(cancellation);
        }
        catch (JournalDamagedException found)
        {
            damage = found.Damage;
        }

        return report with { Contents = report.Contents + _checked, FirstDamage = damage };
    }

    private async ValueTask<JournalDamage?> CheckJournalAsync(JournalId journal, CancellationToken cancellation)
    {
        var tail = await store.ReadAsync(journal, 0, cancellation);
        foreach (var entry in tail.Entries)
        {
            if (await CheckAsync(
                journal, journal.ShardOf(store.Shards), entry.Position, entry.Version, entry.Body, cancellation) is { } damage)
            {
                return damage;
            }
        }

        return null;
    }

    private async ValueTask<JournalDamage?> CheckLogsAsync(CancellationToken cancellation)
    {
        var ends = await store.ReadPositionsAsync(cancellation);
        for (var shard = 0; shard < ends.Count; shard++)
        {
            for (var position = 0L; position < ends[shard];)
            {
                var page = await store.ReadLogAsync(shard, position, JournalLimits.LogPageEntriesMax, cancellation);
                if (page.Count == 0)
                    break;
                foreach (var entry in page)
                {
                    if (await CheckAsync(entry.Journal, shard, entry.Position, entry.Version, entry.Body, cancellation)
                        is { } damage)
                    {
                        return damage;
                    }
                }

                position = page[^1].Position;
            }
        }

        return null;
    }

    private async ValueTask<JournalDamage?> CheckAsync(
        JournalId journal, int shard, long position, long version, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        if (journal.Kind != JournalKind.Patient || Submitted(body) is not { } document)
            return null;
        var found = 0L;
        if (document.Upload is { } upload)
        {
            _checked++;
            await foreach (var chunk in contents.ReadCheckedAsync(
                journal, upload, document.Sha256, document.Size, cancellation))
            {
                found += chunk.Length;
            }
        }
        else
        {
            await foreach (var _ in store.ReadContentAsync(journal, document.Sha256, cancellation))
            {
                found = document.Size;
                break;
            }
        }

        return found == document.Size || await IsDestroyedAsync(journal, version, cancellation)
            ? null
            : new JournalDamage(journal, shard, position, version, "The content of a document is missing.");
    }

    // A destroyed record keeps the entries of its documents, and none of their contents.
    private async ValueTask<bool> IsDestroyedAsync(JournalId journal, long version, CancellationToken cancellation)
    {
        // Where the record became part of another one, that one is destroyed.
        while (true)
        {
            var later = (await store.ReadAsync(journal, version, cancellation)).Entries.Select(entry => Decoded(entry.Body)).ToList();
            if (later.Exists(change => change is RecordDestroyed))
                return true;
            if (later.OfType<RecordMoved>().FirstOrDefault() is not { } moved)
                return false;
            (journal, version) = (GrainIds.Of(moved.To), 0);
        }
    }

    private static DocumentSubmitted? Submitted(ReadOnlyMemory<byte> body) => Decoded(body) as DocumentSubmitted;

    private static PatientEvent? Decoded(ReadOnlyMemory<byte> body)
    {
        try
        {
            return PatientEventCodec.Decode(body);
        }
        catch (FormatException)
        {
            // What this version cannot read is the store's verification's business, and recovery's.
            return null;
        }
    }
}
