using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Services.Calls;

/// <summary>Whose record a call is about, and who asks: what every call on a record begins with.</summary>
/// <remarks>A patient may only name himself or herself, and is told the same whether or not the other record exists. Whose
/// delegate somebody is, and what a professional may do, is decided in the patient's turn.</remarks>
internal sealed record RecordTarget(PatientId Patient, JournalId Journal, Actor By)
{
    private static readonly Refusal NotOwn = PatientSide.NotEntitled;

    /// <exception cref="RpcException">INS_*, DELEGATION_FORBIDDEN, CONTEXT_INCOMPLETE; UNIMPLEMENTED for a mode that is not
    /// served.</exception>
    public static RecordTarget Of(
        CallerSession session, Wire.Patient? patient, Wire.AccessContext? access, IdentityRules rules)
    {
        var id = PatientOf(patient, rules);
        return new RecordTarget(id, GrainIds.Of(id), ActorFor(session.Caller, id, access, emergencies: false))
        {
            Entrance = SecrecyOf(session.Caller, access),
        };
    }

    /// <summary>For the calls that an emergency may make too; how the caller comes in is decided in the patient's turn.</summary>
    /// <exception cref="RpcException">As <see cref="Of"/>; METADATA_INVALID for a mode or a reason that cannot be one.</exception>
    public static RecordTarget ForReading(
        CallerSession session, Wire.Patient? patient, Wire.AccessContext? access, IdentityRules rules)
    {
        var id = PatientOf(patient, rules);
        return new RecordTarget(id, GrainIds.Of(id), ActorFor(session.Caller, id, access, emergencies: true))
        {
            Entrance = session.Caller is Caller.Professional professional && access is not null
                ? EntranceOf(professional, access) with { IsSecret = access.SecretSession }
                : Entrance.Normal,
        };
    }

    /// <summary>How a professional comes in.</summary>
    public Entrance Entrance { get; private init; } = Entrance.Normal;

    /// <exception cref="RpcException">INS_MISSING, INS_MALFORMED, INS_REALM_MISMATCH.</exception>
    public static PatientId PatientOf(Wire.Patient? patient, IdentityRules rules)
    {
        var problem = PatientId.TryCreate(patient?.Oid, patient?.Ins, rules.Ins, out var id);
        return problem == InsProblem.None ? id : throw RefusalStatus.Of(problem.ToRefusal("patient"));
    }

    /// <summary>The professional in the situation that the call names, or the only one there is.</summary>
    /// <exception cref="RpcException">CONTEXT_INCOMPLETE, or UNIMPLEMENTED for a mode that is not served.</exception>
    public static Actor ProfessionalOf(
        Caller.Professional caller, Wire.AccessContext? access, bool emergencies = false)
    {
        if (access is not null)
        {
            if (!emergencies
                && access.Mode is not (Wire.AccessContext.Types.Mode.Unspecified or Wire.AccessContext.Types.Mode.Normal))
            {
                throw RefusalStatus.Unimplemented("This method serves the mode NORMAL only.");
            }
        }

        var choice = access is null
            ? SituationChoice.Open
            : new SituationChoice(access.Profession, access.ProfessionCategory, access.OrganizationId);
        return caller.TryIn(choice, out var acting) is { } refusal ? throw RefusalStatus.Of(refusal) : acting.Actor;
    }

    private static Entrance EntranceOf(Caller.Professional caller, Wire.AccessContext access)
    {
        var mode = access.Mode switch
        {
            Wire.AccessContext.Types.Mode.Unspecified or Wire.AccessContext.Types.Mode.Normal => AccessMode.Normal,
            Wire.AccessContext.Types.Mode.Emergency => AccessMode.Emergency,
            Wire.AccessContext.Types.Mode.RegulationCentre => AccessMode.RegulationCentre,
            _ => throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "This mode is not known.", "access.mode")),
        };

        // A reason belongs to an emergency: one that comes with the mode NORMAL is not kept.
        if (mode == AccessMode.Normal)
            return Entrance.Normal;
        return TextRules.CheckLines(access.Reason, AccessDecision.ReasonCharsMax, "access.reason") is { } refusal
            ? throw RefusalStatus.Of(refusal)
            : new Entrance(mode, access.Reason, caller.IsRegulation);
    }

    private static Actor ActorFor(Caller caller, PatientId patient, Wire.AccessContext? access, bool emergencies) => caller switch
    {
        Caller.Patient self => self.Id == patient ? self.Actor : throw RefusalStatus.Of(NotOwn),
        Caller.Professional professional => ProfessionalOf(professional, access, emergencies),
        Caller.Producer producer => producer.Actor,
        Caller.Delegate someone => someone.Actor,
        Caller.Operator @operator => @operator.Actor,
        _ => throw RefusalStatus.Of(NotOwn),
    };

    private static Entrance SecrecyOf(Caller caller, Wire.AccessContext? access) =>
        caller is Caller.Professional && access is { SecretSession: true } ? Entrance.Normal with { IsSecret = true } : Entrance.Normal;
}
