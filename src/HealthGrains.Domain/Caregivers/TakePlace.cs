using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Caregivers;

/// <summary>Something asked of one caregiver's places.</summary>
public abstract record CaregiverCommand<TAnswer> : Command<CaregiverState, CaregiverEvent, TAnswer>
{
    public override TurnPriority Priority => TurnPriority.PatientRead;
}

/// <summary>Takes a place before an invitation is accepted. Of one record a caregiver has one place, for the newest delegation.</summary>
/// <param name="Patient">Whose record it is that answers.</param>
/// <param name="Number">Of the delegation.</param>
/// <param name="Over">Places whose records said that the delegation is over: given back first.</param>
public sealed record TakePlace(PatientId Patient, int Number, IReadOnlyList<CaregiverPlace> Over) : CaregiverCommand<PlaceAnswer>
{
    public override Decision<CaregiverState, CaregiverEvent, PlaceAnswer> Decide(CaregiverState state, TurnContext turn)
    {
        var place = new CaregiverPlace(Patient, Number);
        if (state.Places.Contains(place))
            return Decision<CaregiverState, CaregiverEvent, PlaceAnswer>.Reply(PlaceAnswer.Taken);

        // Another delegation in a record of which one was over may have taken its place meanwhile: that one stays.
        var over = Over.Where(known => known.Patient != Patient && state.Places.Contains(known)).Select(known => known.Patient).ToList();
        var others = state.Places.Count(known => known.Patient != Patient && !over.Contains(known.Patient));
        var events = new List<CaregiverEvent>();
        if (over.Count > 0)
            events.Add(new CaregiverPlacesLeft(turn.Now, over));
        var isFree = others < DelegateLimits.PersonsHelpedMax;
        if (isFree)
            events.Add(new CaregiverPlaceTaken(turn.Now, Patient, Number));
        return events.Count == 0
            ? Decision<CaregiverState, CaregiverEvent, PlaceAnswer>.Reply(Full(state))
            : Decision<CaregiverState, CaregiverEvent, PlaceAnswer>.Emit(events, after => isFree ? PlaceAnswer.Taken : Full(after));
    }

    private static PlaceAnswer Full(CaregiverState state) => new(false, [.. state.Places]);
}

/// <summary>What came of it.</summary>
/// <param name="Places">Where no place is free: those that are taken, to be asked about; else empty.</param>
public sealed record PlaceAnswer(bool IsTaken, IReadOnlyList<CaregiverPlace> Places)
{
    internal static PlaceAnswer Taken { get; } = new(true, []);
}
