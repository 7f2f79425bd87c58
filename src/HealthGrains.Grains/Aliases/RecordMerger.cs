using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;

namespace HealthGrains.Grains.Aliases;

/// <summary>Finishes what <see cref="BeginMerge"/> began, from wherever it stands.</summary>
/// <remarks>
/// <para>M1. It remembers nothing: each step asks the two records how far they are. So a crash between any two steps costs one
/// more question, and any number of processes may do it at once.</para>
/// <para>M2. What is taken over are the entries of the record that keeps still, as they are stored, up to the one by which it
/// began to. They are read once, and come in pages, each a turn of its own.</para>
/// <para>M3. The record that takes in decides (B2 of <see cref="BeginMerge"/>); only then is the other told.</para>
/// </remarks>
/// <param name="store">Entries are read from it.</param>
/// <param name="engine">Asks both records.</param>
/// <param name="entriesMax">Entries of one page.</param>
public sealed class RecordMerger(IJournalStore store, IGrainEngine engine, int entriesMax = RecordPageTaken.EntriesMax)
{
    /// <summary>Goes on until the record has moved, or stays.</summary>
    /// <param name="from">A record that keeps still; for any other nothing happens.</param>
    /// <param name="stopping">Ends it between two steps: whoever comes next goes on.</param>
    /// <exception cref="JournalException">It could not go on now; it goes on when it is asked again.</exception>
    /// <exception cref="EngineOverloadedException">Likewise.</exception>
    public async ValueTask<MergeEnd> FinishAsync(PatientId from, CancellationToken stopping)
    {
        var place = await AskAsync(from, new LocateRecord(), stopping);
        if (place.MovingTo is not { } to)
            return new MergeEnd(null, null);
        var attempt = place.Attempt;
        JournalTail? tail = null;
        var progress = await AskAsync(to, new TakeRecordPage(from, attempt, 0, []), stopping);
        while (true)
        {
            if (progress.Elsewhere is { } home)
            {
                if (home == from)
                {
                    // The other one has become part of this one meanwhile: they are one, and this one stays.
                    await AskAsync(from, new CancelMove(attempt), stopping);
                    return new MergeEnd(null, null);
                }

                to = home;
                progress = await AskAsync(to, new TakeRecordPage(from, attempt, 0, []), stopping);
            }
            else if (progress.Refused is { } reason)
            {
                await AskAsync(from, new CancelMove(attempt), stopping);
                return new MergeEnd(null, reason);
            }
            else if (progress.Merged is { } merged)
            {
                await AskAsync(from, new CompleteMove(to, attempt), stopping);
                return new MergeEnd(merged, null);
            }
            else if (progress.Taken == attempt - 1)
            {
                progress = await AskAsync(to, new MergeRecord(from, attempt) { By = place.MovingBy }, stopping);
            }
            else
            {
                tail ??= await store.ReadAsync(GrainIds.Of(from), 0, stopping);
                progress = await AskAsync(
                    to, new TakeRecordPage(from, attempt, progress.Taken + 1, PageOf(from, tail, progress.Taken, attempt)), stopping);
            }
        }
    }

    private List<TakenEntry> PageOf(PatientId from, JournalTail tail, long taken, long attempt)
    {
        var shard = GrainIds.Of(from).ShardOf(store.Shards);
        var page = new List<TakenEntry>();
        var bytes = 0;
        for (var i = (int)taken; i < attempt - 1 && page.Count < entriesMax; i++)
        {
            var entry = tail.Entries[i];
            Invariant.Hold(entry.Version == i + 1, "A journal is read from its first entry on.");
            bytes += entry.Body.Length;
            if (page.Count > 0 && bytes > RecordPageTaken.BytesMax)
                break;
            page.Add(new TakenEntry(Decode(from, shard, entry), new EventStamp(entry.Version, shard, entry.Position)));
        }

        return page;
    }

    private static PatientEvent Decode(PatientId from, int shard, JournalEntry entry)
    {
        try
        {
            return PatientEventCodec.Decode(entry.Body);
        }
        catch (FormatException)
        {
            throw new JournalDamagedException(new JournalDamage(
                GrainIds.Of(from), shard, entry.Position, entry.Version, "An entry's body is no event that this version knows."));
        }
    }

    private async ValueTask<TAnswer> AskAsync<TAnswer>(
        PatientId patient, PatientCommand<TAnswer> command, CancellationToken stopping) =>
        (await engine.AskAsync(GrainIds.Of(patient), command, stopping)).Value;
}

/// <summary>How a merge ended.</summary>
/// <param name="Merged">What it brought; null where it did not come to one, or was over before.</param>
/// <param name="Refused">Why the other record did not take it in: it answers for itself again.</param>
public sealed record MergeEnd(MergedRecord? Merged, RefusalCode? Refused);
