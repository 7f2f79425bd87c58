namespace HealthGrains.Domain.Turns;

/// <summary>Something asked of one grain: a rule that reads the state and decides. Plain data: it may cross machines.</summary>
/// <typeparam name="TState">The aggregate that decides.</typeparam>
/// <typeparam name="TEvent">What it can decide to have happened.</typeparam>
/// <typeparam name="TAnswer">What the caller is told.</typeparam>
public abstract record Command<TState, TEvent, TAnswer>
    where TState : class
    where TEvent : class
{
    /// <summary>Who is served first when not everybody can be.</summary>
    public abstract TurnPriority Priority { get; }

    /// <summary>Reads the state, changes nothing, and says what happens.</summary>
    /// <param name="state">Only read.</param>
    /// <param name="turn">The time and the parameters of this turn.</param>
    public abstract Decision<TState, TEvent, TAnswer> Decide(TState state, TurnContext turn);

    /// <summary>As <see cref="Decide"/>, unless the grain answers no more for itself: what a turn asks.</summary>
    public Decision<TState, TEvent, TAnswer> DecideHere(TState state, TurnContext turn) =>
        Elsewhere(state) is { } elsewhere
            ? Decision<TState, TEvent, TAnswer>.Refuse(elsewhere)
            : Decide(state, turn);

    /// <summary>The same, asked under a number that answers from another one's record.</summary>
    /// <remarks>For what depends on the number under which somebody began to ask: a cursor.</remarks>
    public virtual Command<TState, TEvent, TAnswer> AskedThrough(Identity.PatientId number) => this;

    /// <summary>The refusal that says where to ask instead; null where the grain answers for itself.</summary>
    protected virtual Refusals.Refusal? Elsewhere(TState state) => null;
}

/// <summary>Who is served first under overload: lower numbers first.</summary>
public enum TurnPriority
{
    EmergencyRead = 0,
    Revocation = 1,
    PatientRead = 2,
    ProfessionalRead = 3,
    Submit = 4,
    Replay = 5,
}
