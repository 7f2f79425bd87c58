using HealthGrains.Domain.Access;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Records;

namespace HealthGrains.Domain.Patients;

/// <remarks>Two records that become one: <c>docs/decisions/0030</c> says of each part which of the two counts.</remarks>
public sealed partial class PatientState
{
    private void ApplyMerged(RecordMerged merged)
    {
        var other = Merges.Settle(merged.From)?.State
            ?? throw new InvalidOperationException("A record is merged after it was taken over.");
        if (BirthDate is { } mine && other.BirthDate is { } theirs && mine != theirs)
            _earlierBirthDate = MergeRules.EarlierBirthDate(this, other);
        else
            _earlierBirthDate ??= other._earlierBirthDate;
        var documents = Index.Absorb(other.Index, merged.From);
        Consent.Absorb(other.Consent, merged);
        Delegations.Absorb(other.Delegations, merged.At);
        Feeds.Absorb(other.Feeds, merged.From, documents.Here);
        ProfessionalFeed.Absorb(other.ProfessionalFeed, merged.From, documents.Here);
        AbsorbAccesses(other, documents);
        foreach (var (professional, follower) in other._followers)
            _followers.TryAdd(professional, follower);
        foreach (var duty in other.Duties.All)
        {
            var document = documents.Here(duty.Document);
            if (duty.Kind is DutyKind.Reveal or DutyKind.Majority or DutyKind.MajorityNotice or DutyKind.OpenAnnounced
                && !(Duties.DueOf(duty.Kind, document) > duty.Due))
                Duties.Set(duty.Kind, document, duty.Due);
        }

        Duties.Drop(DutyKind.Reveal, id => Index.Find(id) is not { IsHiddenFromPatient: true, Status: not Documents.DocumentStatus.Deleted });
        _discarded.UnionWith(other._discarded);
        MasksFuture |= other.MasksFuture;
        Traits ??= other.Traits;
        OpenedAt = MergeRules.Earlier(OpenedAt, other.OpenedAt);
        ActivatedAt = MergeRules.Earlier(ActivatedAt, other.ActivatedAt);

        // Whoever finds the record in an emergency from now on says anew why, and the patient is told of it.
        _sessions.Clear();
        if (other.Record.State > Record.State)
            Record = other.Record;
        if (Record.State != RecordState.Announced)
            Duties.Remove(DutyKind.OpenAnnounced);
        MajorityNoticed |= other.MajorityNoticed;
        if (MajorityNoticed)
            Duties.Remove(DutyKind.MajorityNotice);
        _mutedByOthers |= other._mutedByOthers;
        Merges.Add(
            new MergedRecord(merged.From, merged.At, documents.Documents, documents.Same.Count, documents.Apart), other.Merges);
    }

    private void AbsorbAccesses(PatientState other, Documents.IndexUnion documents)
    {
        foreach (var access in other._accesses)
        {
            _accesses.Add(access with { Sequence = _accesses.Count + 1, Trace = documents.Rename(access.Trace) });
        }

        if (_delegateAccesses is not null || other._delegateAccesses is not null)
        {
            PartAccesses();
            _delegateAccesses!.Absorb(other._delegateAccesses ?? other._patientAccesses, documents); // ! parted just now
        }

        _patientAccesses.Absorb(other._patientAccesses, documents);
        foreach (var (professional, day) in other._lastAccessDay)
        {
            if (!_lastAccessDay.TryGetValue(professional, out var known) || known < day)
                _lastAccessDay[professional] = day;
        }

        foreach (var (professional, day) in other._secretAccessDay ?? [])
            (_secretAccessDay ??= new Dictionary<string, DateOnly>(StringComparer.Ordinal)).TryAdd(professional, day);
    }
}
