using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Aliases;

/// <summary>What a record knows of others that are to become part of it, or did.</summary>
/// <remarks>It outlives the destruction of the record: whoever still finishes a merge must get the same answer.</remarks>
public sealed class MergeBook
{
    /// <summary>Records that one record is made of, beside itself: so many numbers are asked one after the other at most.</summary>
    public const int MergedMax = 15;

    // Null in most records.
    private Dictionary<PatientId, IncomingRecord>? _incoming;
    private Dictionary<PatientId, (long Attempt, RefusalCode Reason)>? _refused;
    private List<MergedRecord>? _merged;

    /// <summary>In order, with those that came along with another one.</summary>
    public IReadOnlyList<MergedRecord> Merged => _merged ?? (IReadOnlyList<MergedRecord>)[];

    /// <summary>Counts the merges of which this record is made: pages of a list that was begun before are told by it.</summary>
    public int Count => Merged.Count;

    /// <summary>Another record is being taken over and not yet decided on.</summary>
    public bool IsTakingIn => _incoming is { Count: > 0 };

    public MergedRecord? Find(PatientId from) => Merged.FirstOrDefault(merged => merged.From == from);

    public IncomingRecord? Incoming(PatientId from, long attempt) =>
        _incoming is not null && _incoming.TryGetValue(from, out var incoming) && incoming.Attempt == attempt ? incoming : null;

    /// <summary>Why this attempt, or a later one, was refused; null if none was.</summary>
    public RefusalCode? Refused(PatientId from, long attempt) =>
        _refused is not null && _refused.TryGetValue(from, out var last) && attempt <= last.Attempt ? last.Reason : null;

    internal void Take(RecordPageTaken page)
    {
        _incoming ??= [];
        if (Incoming(page.From, page.Attempt) is not { } incoming)
            _incoming[page.From] = incoming = new IncomingRecord(page.From, page.Attempt);
        incoming.Take(page);
    }

    internal IncomingRecord? Settle(PatientId from)
    {
        IncomingRecord? incoming = null;
        _incoming?.Remove(from, out incoming);
        return incoming;
    }

    internal void Refuse(MergeRefused refused)
    {
        Settle(refused.From);
        (_refused ??= [])[refused.From] = (refused.Attempt, refused.Reason);
    }

    internal void Add(MergedRecord merged, MergeBook other)
    {
        _merged ??= [];
        _merged.AddRange(other.Merged);
        _merged.Add(merged);
    }
}

/// <summary>A record on its way into another one: what its own entries make of it.</summary>
public sealed class IncomingRecord(PatientId from, long attempt)
{
    public PatientId From { get; } = from;

    public long Attempt { get; } = attempt;

    /// <summary>Version of its last entry that was taken over.</summary>
    public long Taken { get; private set; }

    /// <summary>As its entries say; of no effect until it is merged.</summary>
    public PatientState State { get; } = new();

    internal void Take(RecordPageTaken page)
    {
        if (page.FirstVersion != Taken + 1)
            throw new InvalidOperationException("A page continues what was taken over before it.");
        foreach (var entry in page.Entries)
            State.Apply(entry.Event, entry.Stamp);
        Taken += page.Entries.Count;
    }
}

/// <summary>A record that is part of another one.</summary>
/// <param name="Documents">That it brought.</param>
/// <param name="Same">Of them, how many both had, with the same bytes: each is one document now.</param>
/// <param name="Apart">Of them, how many have a unique id that means other bytes in the other record: both stay.</param>
public sealed record MergedRecord(PatientId From, DateTimeOffset At, int Documents, int Same, int Apart);
