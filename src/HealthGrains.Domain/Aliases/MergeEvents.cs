using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Aliases;

/// <summary>This record is to become part of another one: from here on it decides nothing by itself, until it has moved or stays.</summary>
/// <param name="To">Whose record it is to be part of. The version of this entry is the number of the attempt.</param>
public sealed record RecordMoving(DateTimeOffset At, Actor By, PatientId To) : PatientEvent(At, By);

/// <summary>The record that it was to be part of did not take it in: it answers for itself again.</summary>
/// <param name="Attempt">The version of the <see cref="RecordMoving"/> that came to nothing.</param>
public sealed record RecordStays(DateTimeOffset At, Actor By, long Attempt) : PatientEvent(At, By);

/// <summary>Entries of another record were taken over, in order. They have no effect yet.</summary>
/// <param name="From">Whose record they come from.</param>
/// <param name="Attempt">Of that record.</param>
/// <param name="FirstVersion">Version of the first of them, in their own journal.</param>
/// <param name="Entries">At least one.</param>
public sealed record RecordPageTaken(
    DateTimeOffset At, Actor By, PatientId From, long Attempt, long FirstVersion, IReadOnlyList<TakenEntry> Entries)
    : PatientEvent(At, By)
{
    /// <summary>Entries of one page.</summary>
    public const int EntriesMax = 200;

    /// <summary>Bytes of the entries of one page; one entry always fits.</summary>
    public const int BytesMax = 256 * 1024;
}

/// <summary>One entry of another record.</summary>
/// <param name="Stamp">Where it stands in its own journal and log: its recipients were told from there.</param>
public sealed record TakenEntry(PatientEvent Event, EventStamp Stamp);

/// <summary>The record that was taken over is part of this one from here on.</summary>
/// <param name="From">Whose record it was.</param>
/// <param name="Attempt">Of that record.</param>
public sealed record RecordMerged(DateTimeOffset At, Actor By, PatientId From, long Attempt) : PatientEvent(At, By)
{
    /// <summary>The emergency flags from here on, each the stricter of both; null while both leave them to the parameter.</summary>
    public EmergencyFlags? Emergency { get; init; }

    /// <summary>From when on they permit no more than the parameter does, the earlier of both; null for ever, and
    /// beside no flags.</summary>
    public DateTimeOffset? EmergencyUntil { get; init; }
}

/// <summary>Another record is not taken in, in this attempt: what was taken over of it is of no use.</summary>
/// <param name="Reason">What its operator is told.</param>
public sealed record MergeRefused(DateTimeOffset At, Actor By, PatientId From, long Attempt, RefusalCode Reason)
    : PatientEvent(At, By);
