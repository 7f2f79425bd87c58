using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Records;

/// <summary>A letter or an e-mail has told the person that a record will be opened: from now on the opposition window runs, and
/// at its end the record opens by itself.</summary>
/// <param name="By">The operator whose system sent it.</param>
/// <remarks>Until then nothing is different for anybody else: deposits are told that there is no record. Whoever opposed is not
/// asked again by an announcement. Source: Code de la santé publique, article L1111-14.</remarks>
public sealed record AnnounceRecord(Actor By) : PatientCommand<AnnouncedRecord>
{
    public override TurnPriority Priority => TurnPriority.Submit;

    public override Decision<PatientState, PatientEvent, AnnouncedRecord> Decide(PatientState state, TurnContext turn)
    {
        if (By.Kind is not (ActorKind.Support or ActorKind.System))
            return Refuse(RefusalCode.CallerKindForbidden, "The national service announces records.");
        return state.Record.State switch
        {
            RecordState.Absent => Emit(
                [new RecordAnnounced(turn.Now, By), DutySchedule.ForAnnouncement(turn)],
                after => new AnnouncedRecord(after.Duties.DueOf(DutyKind.OpenAnnounced), false)),
            RecordState.Announced => Reply(new AnnouncedRecord(state.Duties.DueOf(DutyKind.OpenAnnounced), true)),
            RecordState.Opposed or RecordState.Destroyed => Refuse(
                RefusalCode.PatientUnknown, "There is no record that could be announced.", "patient"),
            _ => Reply(new AnnouncedRecord(null, true)),
        };
    }
}

/// <summary>What came of an announcement.</summary>
/// <param name="OpensAt">When the record opens by itself; null for one that is there already.</param>
/// <param name="AlreadySo">Nothing was written.</param>
public sealed record AnnouncedRecord(DateTimeOffset? OpensAt, bool AlreadySo);
