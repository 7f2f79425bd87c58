using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Patients;

/// <summary>The stored form of the people around a record: administrators, the family doctor, delegates; and of purposes.</summary>
internal static class PeopleCodec
{
    public static void Store(PatientEvent change, PatientEntry entry)
    {
        switch (change)
        {
            case AdministratorSet administrator:
                entry.AdministratorSet = new StoredAdministrator { IsAdministrator = administrator.IsAdministrator };
                entry.AdministratorSet.Numbers.AddRange(administrator.Numbers);
                if (administrator.Until is { } until)
                    entry.AdministratorSet.Until = Stored.Time(until);
                break;
            case AttendingPhysicianSet attending:
                entry.AttendingPhysicianSet = new StoredAttendingPhysician { Id = attending.Physician?.ToString() ?? "" };
                break;
            case PurposeConsentSet { Consent: var consent }:
                entry.PurposeConsentSet = new StoredPurposeConsent
                {
                    Purpose = consent.Purpose,
                    Permit = consent.Permit,
                    TermsVersion = consent.TermsVersion,
                    Perimeter = consent.Perimeter,
                };
                break;
            case DelegateAdded added:
                entry.DelegateAdded = Store(added);
                break;
            case DelegationAnswered answered:
                entry.DelegationAnswered = new StoredDelegationAnswer { Number = answered.Number, Accepted = answered.Accepted };
                break;
            case DelegationEnded ended:
                entry.DelegationEnded = new StoredDelegationEnd { Number = ended.Number };
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no stored form here.");
        }
    }

    /// <exception cref="FormatException">The entry holds no event that this version knows.</exception>
    public static PatientEvent Restore(DateTimeOffset at, Actor by, PatientEntry entry) => entry.EventCase switch
    {
        PatientEntry.EventOneofCase.AdministratorSet => new AdministratorSet(
            at, by, [.. entry.AdministratorSet.Numbers], entry.AdministratorSet.IsAdministrator)
        {
            Until = entry.AdministratorSet.HasUntil ? Stored.Time(entry.AdministratorSet.Until) : null,
        },
        PatientEntry.EventOneofCase.AttendingPhysicianSet => new AttendingPhysicianSet(
            at,
            by,
            entry.AttendingPhysicianSet.Id.Length == 0 ? null : ProfessionalId.Parse(entry.AttendingPhysicianSet.Id)),
        PatientEntry.EventOneofCase.PurposeConsentSet => new PurposeConsentSet(at, by, new PurposeConsent(
            entry.PurposeConsentSet.Purpose,
            entry.PurposeConsentSet.Permit,
            at,
            entry.PurposeConsentSet.TermsVersion,
            entry.PurposeConsentSet.Perimeter)),
        PatientEntry.EventOneofCase.DelegateAdded => Restore(at, by, entry.DelegateAdded),
        PatientEntry.EventOneofCase.DelegationAnswered => new DelegationAnswered(
            at, by, entry.DelegationAnswered.Number, entry.DelegationAnswered.Accepted),
        PatientEntry.EventOneofCase.DelegationEnded => new DelegationEnded(at, by, entry.DelegationEnded.Number),
        _ => throw new FormatException("The entry holds no event that this version knows."),
    };

    private static StoredDelegation Store(DelegateAdded added)
    {
        var delegation = added.Delegation;
        var stored = new StoredDelegation
        {
            Number = delegation.Number,
            Subject = delegation.Subject,
            Name = delegation.Name,
            Kind = (int)delegation.Kind,
            Start = Stored.Time(delegation.Start),
            AnswerBefore = Stored.Time(delegation.AnswerBefore),
            Answer = (int)delegation.Answer,
            BirthDate = added.BirthDate,
        };
        if (delegation.End is { } end)
            stored.End = Stored.Time(end);
        return stored;
    }

    private static DelegateAdded Restore(DateTimeOffset at, Actor by, StoredDelegation stored) => new(at, by, new Delegation(
        stored.Number,
        stored.Subject,
        stored.Name,
        Stored.Enumerated<DelegationKind>(stored.Kind),
        Stored.Time(stored.Start),
        stored.HasEnd ? Stored.Time(stored.End) : null,
        Stored.Time(stored.AnswerBefore))
    {
        Answer = Stored.Enumerated<InvitationAnswer>(stored.Answer),
        AddedBy = by,
    })
    {
        BirthDate = stored.BirthDate,
    };
}
