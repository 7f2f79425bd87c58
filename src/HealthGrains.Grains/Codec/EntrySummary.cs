using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Codec;

/// <summary>What operators may know of an entry: the type of its event and its time, nothing that it says.</summary>
/// <param name="EventType">As <c>DocumentSubmitted</c>; <c>Unknown</c> for what this version does not know.</param>
public readonly record struct EntrySummary(string EventType, DateTimeOffset At)
{
    /// <exception cref="FormatException">The body is not the message that it should be.</exception>
    public static EntrySummary Of(JournalKind kind, ReadOnlyMemory<byte> body)
    {
        switch (kind)
        {
            case JournalKind.Patient:
                var patient = Stored.Parse(PatientEntry.Parser, body);
                return new EntrySummary(Name(patient.EventCase.ToString()), Stored.Time(patient.At));
            case JournalKind.Inbox:
                var inbox = Stored.Parse(InboxEntry.Parser, body);
                return new EntrySummary("Inbox" + Name(inbox.EventCase.ToString()), Stored.Time(inbox.At));
            case JournalKind.Sender:
                var ledger = Stored.Parse(LedgerEntry.Parser, body);
                return new EntrySummary(
                    ledger.EventCase == LedgerEntry.EventOneofCase.Recorded
                        ? "SubmissionsRecorded"
                        : Name(ledger.EventCase.ToString()),
                    Stored.Time(ledger.At));
            case JournalKind.Agenda:
                var agenda = Stored.Parse(AgendaEntry.Parser, body);
                return new EntrySummary("Agenda" + Name(agenda.EventCase.ToString()), Stored.Time(agenda.At));
            case JournalKind.Caregiver:
                var caregiver = Stored.Parse(CaregiverEntry.Parser, body);
                return new EntrySummary("Caregiver" + Name(caregiver.EventCase.ToString()), Stored.Time(caregiver.At));
            default:
                return new EntrySummary("Unknown", DateTimeOffset.UnixEpoch);
        }
    }

    private static string Name(string oneofCase) => oneofCase == "None" ? "Unknown" : oneofCase;
}
