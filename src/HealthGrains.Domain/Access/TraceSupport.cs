using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>Leaves the trace of what support staff did to a record from outside: the person sees it among the accesses.</summary>
/// <param name="By">Of support.</param>
/// <param name="Action">What was done.</param>
/// <returns>False where there is no record to hold a trace.</returns>
public sealed record TraceSupport(Actor By, AccessAction Action) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Replay;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn)
    {
        var traces = PatientSide.SupportTraces(state, turn, By, Action);
        return traces.Count == 0 ? Reply(false) : Emit(traces, _ => true);
    }
}
