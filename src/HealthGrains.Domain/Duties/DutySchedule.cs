using System.Globalization;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Duties;

/// <summary>When something becomes due. It is decided with its cause, under the parameters of that turn, and stored with it: a
/// parameter that changes later changes nothing that was decided before.</summary>
public static class DutySchedule
{
    /// <summary>A document that is hidden from its patient from now on, with the older versions that its labels cover.</summary>
    /// <param name="state">As it is before.</param>
    /// <param name="document">The document itself.</param>
    /// <param name="covered">Its nearest older version that is covered with it, or null.</param>
    /// <param name="labels">Of the document from now on.</param>
    /// <param name="turn">Of the change.</param>
    /// <returns>Nothing while no delay is configured.</returns>
    public static IEnumerable<PatientEvent> ForHidden(
        PatientState state, DocumentId document, DocumentId? covered, ConfidentialityLabels labels, TurnContext turn)
    {
        if (!labels.HasFlag(ConfidentialityLabels.HiddenFromPatient) || turn.Policy.InvisiblePatientMax is not { } delay)
            yield break;
        yield return Reveal(document);
        for (var older = covered; older is { } id && state.Index.Find(id) is { } entry; older = entry.Replaces)
        {
            if (!entry.IsHiddenFromPatient && entry.Status != DocumentStatus.Deleted)
                yield return Reveal(id);
        }

        DutyScheduled Reveal(DocumentId id) =>
            new(turn.Now, Actor.System, DutyKind.Reveal, turn.Now + delay) { Document = id };
    }

    /// <summary>A record that is announced now.</summary>
    public static DutyScheduled ForAnnouncement(TurnContext turn) =>
        new(turn.Now, Actor.System, DutyKind.OpenAnnounced, turn.Now + turn.Policy.OppositionWindow);

    /// <summary>A record that is closed now, or that was closed and is to be deleted.</summary>
    public static DutyScheduled ForClosing(bool deletionRequested, TurnContext turn) => new(
        turn.Now,
        Actor.System,
        DutyKind.Destroy,
        deletionRequested ? turn.Now : turn.Now.AddYears(turn.Policy.RetentionYears));

    /// <summary>Traces outlive what they are about, until as long after the closing as a record is kept.</summary>
    public static DutyScheduled ForTraces(DateTimeOffset closedAt, TurnContext turn) =>
        new(turn.Now, Actor.System, DutyKind.DestroyTraces, closedAt.AddYears(turn.Policy.RetentionYears));

    /// <summary>A person whose birth date is known now, and who is a minor: the birthday, and before it the reminder to the
    /// representatives, once.</summary>
    public static IReadOnlyList<PatientEvent> ForMajority(PatientState state, string? birthDate, TurnContext turn)
    {
        if (MajorityOf(birthDate, turn) is not { } majority || majority <= turn.Now)
            return [];
        var birthday = new DutyScheduled(turn.Now, Actor.System, DutyKind.Majority, majority);
        if (state.MajorityNoticed)
            return [birthday];
        var notice = majority - turn.Policy.MajorityNotice;
        return
        [
            new DutyScheduled(turn.Now, Actor.System, DutyKind.MajorityNotice, notice < turn.Now ? turn.Now : notice),
            birthday,
        ];
    }

    /// <summary>Two records that become one: the earlier birth date counts. What either owed of a later one is due by it, at once where it
    /// has passed; and a record may only now know it.</summary>
    public static IReadOnlyList<PatientEvent> ForMajorityOfBoth(PatientState one, PatientState other, TurnContext turn)
    {
        if (MajorityOf(MergeRules.EarlierBirthDate(one, other), turn) is not { } majority)
            return [];
        if (majority > turn.Now)
            return ForMajority(one.MajorityNoticed ? one : other, MergeRules.EarlierBirthDate(one, other), turn);
        return
        [
            .. new[] { DutyKind.MajorityNotice, DutyKind.Majority }
                .Where(kind => (one.Duties.DueOf(kind) ?? other.Duties.DueOf(kind)) is not null)
                .Select(kind => new DutyScheduled(turn.Now, Actor.System, kind, turn.Now)),
        ];
    }

    // A birth date of which a part is not known, as 19790000, tells no birthday.
    private static DateTimeOffset? MajorityOf(string? birthDate, TurnContext turn) =>
        DateTimeOffset.TryParseExact(
            birthDate, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var birth)
            && birth.Year < DateTimeOffset.MaxValue.Year - turn.Policy.MajorityAge
            ? birth.AddYears(turn.Policy.MajorityAge)
            : null;
}
