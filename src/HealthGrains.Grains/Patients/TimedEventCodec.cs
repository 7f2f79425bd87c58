using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Patients;

/// <summary>Bytes of what time does to a record, and of what a patient wants in general; beside the first switch, which is
/// long enough.</summary>
internal static class TimedEventCodec
{
    /// <returns>False for an event that is none of these.</returns>
    public static bool TryStore(PatientEvent change, PatientEntry entry)
    {
        switch (change)
        {
            case DutyScheduled duty:
                entry.DutyScheduled = new StoredDuty { Kind = (int)duty.Kind, Due = Stored.Time(duty.Due) };
                if (duty.Document is { } document)
                    entry.DutyScheduled.DocumentId = Stored.Id(document);
                break;
            case VisibilityRestored restored:
                entry.VisibilityRestored = new StoredVisibilityRestored
                {
                    DocumentId = Stored.Id(restored.DocumentId),
                    UniqueId = restored.UniqueId.ToString(),
                    Confidentiality = (int)restored.Labels,
                };
                break;
            case RecordDestroyed:
                entry.RecordDestroyed = new StoredRecordDestroyed();
                break;
            case ContentsErased erased:
                entry.ContentsErased = new StoredContentsErased { Contents = erased.Contents };
                break;
            case TracesDestroyed:
                entry.TracesDestroyed = new StoredTracesDestroyed();
                break;
            case MajorityReached majority:
                entry.MajorityReached = new StoredMajorityReached { RepresentativesTold = majority.RepresentativesTold };
                break;
            case RecordAnnounced:
                entry.RecordAnnounced = new StoredRecordAnnounced();
                break;
            case MajorityApproaching:
                entry.MajorityApproaching = new StoredMajorityApproaching();
                break;
            case FutureMaskingSet masking:
                entry.FutureMaskingSet = new StoredFutureMasking { Masked = masking.Masked };
                break;
            case NotificationPreferencesSet preferences:
                entry.NotificationPreferencesSet = new StoredNotificationPreferences();
                foreach (var category in preferences.Muted)
                    entry.NotificationPreferencesSet.Muted.Add((int)category);
                break;
            case EmergencySessionOpened session:
                entry.EmergencySessionOpened = new StoredEmergencySession
                {
                    Mode = (int)session.Mode,
                    Until = Stored.Time(session.Until),
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
        PatientEntry.EventOneofCase.DutyScheduled => new DutyScheduled(
            at, by, Stored.Enumerated<DutyKind>(entry.DutyScheduled.Kind), Stored.Time(entry.DutyScheduled.Due))
        {
            Document = Stored.OptionalId(entry.DutyScheduled.DocumentId),
        },
        PatientEntry.EventOneofCase.VisibilityRestored => new VisibilityRestored(
            at,
            by,
            Stored.Id(entry.VisibilityRestored.DocumentId),
            UniqueId.Parse(entry.VisibilityRestored.UniqueId),
            Stored.Labels(entry.VisibilityRestored.Confidentiality)),
        PatientEntry.EventOneofCase.RecordDestroyed => new RecordDestroyed(at, by),
        PatientEntry.EventOneofCase.ContentsErased => new ContentsErased(at, by, entry.ContentsErased.Contents),
        PatientEntry.EventOneofCase.TracesDestroyed => new TracesDestroyed(at, by),
        PatientEntry.EventOneofCase.MajorityReached => new MajorityReached(at, by)
        {
            RepresentativesTold = entry.MajorityReached.RepresentativesTold,
        },
        PatientEntry.EventOneofCase.RecordAnnounced => new RecordAnnounced(at, by),
        PatientEntry.EventOneofCase.MajorityApproaching => new MajorityApproaching(at, by),
        PatientEntry.EventOneofCase.FutureMaskingSet => new FutureMaskingSet(at, by, entry.FutureMaskingSet.Masked),
        PatientEntry.EventOneofCase.NotificationPreferencesSet => new NotificationPreferencesSet(
            at, by, [.. entry.NotificationPreferencesSet.Muted.Select(Stored.Enumerated<NotificationCategory>)]),
        PatientEntry.EventOneofCase.EmergencySessionOpened => new EmergencySessionOpened(
            at,
            by,
            Stored.Enumerated<AccessMode>(entry.EmergencySessionOpened.Mode),
            Stored.Time(entry.EmergencySessionOpened.Until)),
        _ => null,
    };
}
