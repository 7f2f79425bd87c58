using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Services.Calls;

/// <summary>Whose record a call is about, and who asks: what every call on a record begins with.</summary>
/// <remarks>A patient may only name himself or herself, and is told the same whether or not the other record exists. Nobody
/// is a delegate yet, so a delegate is told that too. What a professional may do is decided in the patient's turn.</remarks>
internal readonly record struct RecordTarget(PatientId Patient, JournalId Journal, Actor By)
{
    private static readonly Refusal NotOwn =
        new(RefusalCode.DelegationForbidden, "The caller has no right to this record.", "patient");

    /// <exception cref="RpcException">INS_*, DELEGATION_FORBIDDEN, CONTEXT_INCOMPLETE; UNIMPLEMENTED for a mode that is not
    /// served.</exception>
    public static RecordTarget Of(
        CallerSession session, Wire.Patient? patient, Wire.AccessContext? access, IdentityRules rules)
    {
        var id = PatientOf(patient, rules);
        return new RecordTarget(id, GrainIds.Of(id), ActorFor(session.Caller, id, access));
    }

    /// <exception cref="RpcException">INS_MISSING, INS_MALFORMED, INS_REALM_MISMATCH.</exception>
    public static PatientId PatientOf(Wire.Patient? patient, IdentityRules rules)
    {
        var problem = PatientId.TryCreate(patient?.Oid, patient?.Ins, rules.Ins, out var id);
        return problem == InsProblem.None ? id : throw RefusalStatus.Of(problem.ToRefusal("patient"));
    }

    /// <summary>The professional in the situation that the call names, or the only one there is.</summary>
    /// <exception cref="RpcException">CONTEXT_INCOMPLETE, or UNIMPLEMENTED for a mode that is not served.</exception>
    public static Actor ProfessionalOf(Caller.Professional caller, Wire.AccessContext? access)
    {
        if (access is not null)
        {
            if (access.Mode is not (Wire.AccessContext.Types.Mode.Unspecified or Wire.AccessContext.Types.Mode.Normal))
                throw RefusalStatus.Unimplemented("Only the mode NORMAL is served by this version.");
            if (access.SecretSession)
                throw RefusalStatus.Unimplemented("Reading in a secret session is not served by this version.");
        }

        var choice = access is null
            ? SituationChoice.Open
            : new SituationChoice(access.Profession, access.ProfessionCategory, access.OrganizationId);
        return caller.TryIn(choice, out var acting) is { } refusal ? throw RefusalStatus.Of(refusal) : acting.Actor;
    }

    private static Actor ActorFor(Caller caller, PatientId patient, Wire.AccessContext? access) => caller switch
    {
        Caller.Patient self => self.Id == patient ? self.Actor : throw RefusalStatus.Of(NotOwn),
        Caller.Professional professional => ProfessionalOf(professional, access),
        Caller.Producer producer => producer.Actor,
        _ => throw RefusalStatus.Of(NotOwn),
    };
}
