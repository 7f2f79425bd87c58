using Google.Protobuf;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Patients;

/// <summary>Bytes of what makes two records one.</summary>
internal static class MergeCodec
{
    /// <returns>False for an event that is none of these.</returns>
    public static bool TryStore(PatientEvent change, PatientEntry entry)
    {
        switch (change)
        {
            case RecordMoving moving:
                entry.RecordMoving = new StoredRecordMoving { To = moving.To.ToString() };
                break;
            case RecordStays stays:
                entry.RecordStays = new StoredRecordStays { Attempt = stays.Attempt };
                break;
            case RecordPageTaken page:
                entry.RecordPageTaken = Store(page);
                break;
            case RecordMerged merged:
                entry.RecordMerged = new StoredRecordMerged { From = merged.From.ToString(), Attempt = merged.Attempt };
                if (merged.Emergency is { } flags)
                {
                    entry.RecordMerged.Emergency = new StoredEmergencyAccess
                    {
                        RegulationCentre = flags.RegulationCentre,
                        BreakTheGlass = flags.BreakTheGlass,
                        MaskedDocuments = flags.MaskedDocuments,
                    };
                    if (merged.EmergencyUntil is { } until)
                        entry.RecordMerged.Emergency.Until = Stored.Time(until);
                }

                break;
            case MergeRefused refused:
                entry.MergeRefused = new StoredMergeRefused
                {
                    From = refused.From.ToString(), Attempt = refused.Attempt, Reason = (int)refused.Reason,
                };
                break;
            default:
                return false;
        }

        return true;
    }

    /// <returns>Null for an event that is none of these.</returns>
    public static PatientEvent? Restore(DateTimeOffset at, Actor by, PatientEntry entry) => entry.EventCase switch
    {
        PatientEntry.EventOneofCase.RecordMoving => new RecordMoving(at, by, PatientId.Parse(entry.RecordMoving.To)),
        PatientEntry.EventOneofCase.RecordStays => new RecordStays(at, by, entry.RecordStays.Attempt),
        PatientEntry.EventOneofCase.RecordPageTaken => Restore(at, by, entry.RecordPageTaken),
        PatientEntry.EventOneofCase.RecordMerged => new RecordMerged(
            at, by, PatientId.Parse(entry.RecordMerged.From), entry.RecordMerged.Attempt)
        {
            Emergency = entry.RecordMerged.Emergency is { } flags
                ? new EmergencyFlags(flags.RegulationCentre, flags.BreakTheGlass, flags.MaskedDocuments)
                : null,
            EmergencyUntil = entry.RecordMerged.Emergency is { HasUntil: true } ends ? Stored.Time(ends.Until) : null,
        },
        PatientEntry.EventOneofCase.MergeRefused => new MergeRefused(
            at,
            by,
            PatientId.Parse(entry.MergeRefused.From),
            entry.MergeRefused.Attempt,
            Stored.Enumerated<RefusalCode>(entry.MergeRefused.Reason)),
        _ => null,
    };

    private static StoredRecordPage Store(RecordPageTaken page)
    {
        var stored = new StoredRecordPage
        {
            From = page.From.ToString(),
            Attempt = page.Attempt,
            FirstVersion = page.FirstVersion,
            Shard = page.Entries[0].Stamp.Shard,
        };
        foreach (var taken in page.Entries)
        {
            stored.Entries.Add(new StoredTakenEntry
            {
                Position = taken.Stamp.Position,
                Body = UnsafeByteOperations.UnsafeWrap(PatientEventCodec.Encode(taken.Event)),
            });
        }

        return stored;
    }

    private static RecordPageTaken Restore(DateTimeOffset at, Actor by, StoredRecordPage stored)
    {
        if (stored.Entries.Count == 0)
            throw new FormatException("A page has at least one entry.");
        return new RecordPageTaken(at, by, PatientId.Parse(stored.From), stored.Attempt, stored.FirstVersion, Entries());

        List<TakenEntry> Entries()
        {
            var entries = new List<TakenEntry>(stored.Entries.Count);
            foreach (var taken in stored.Entries)
            {
                entries.Add(new TakenEntry(
                    PatientEventCodec.Decode(taken.Body.Memory),
                    new EventStamp(stored.FirstVersion + entries.Count, stored.Shard, taken.Position)));
            }

            return entries;
        }
    }
}
