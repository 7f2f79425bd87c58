using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Notifications;

/// <summary>What the person does not want to be alerted of.</summary>
/// <param name="Changes">True mutes a category, false lets it be heard again; what is not named stays as it is. Empty only asks.</param>
public sealed record SetNotificationPreferences(IReadOnlyDictionary<NotificationCategory, bool> Changes)
    : PatientCommand<PreferencesView>
{
    /// <summary>The patient, or who acts for the patient.</summary>
    public Actor By { get; init; } = Actor.Patient;

    public override TurnPriority Priority => TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, PreferencesView> Decide(PatientState state, TurnContext turn)
    {
        var act = Changes.Count == 0 ? PatientAct.ReadConsents : PatientAct.ChangeConsents;
        var side = PatientSide.Decide(state, By, act, turn);
        var action = Changes.Count == 0 ? AccessAction.ReadConsents : AccessAction.ChangeConsents;
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, action, [], side.Step, refusal));
        if (Changes.Count == 0)
        {
            var traces = PatientSide.Traces(state, turn, By, action, [], side.Step);
            var view = new PreferencesView(state.Preferences, state.MasksFuture);
            return traces.Count == 0 ? Reply(view) : Emit(traces, _ => view);
        }

        var now = state.Preferences;
        var wanted = NotificationPreferences.Muting(Enum.GetValues<NotificationCategory>().Where(category =>
            Changes.TryGetValue(category, out var muted) ? muted : now.Mutes(category)));
        return wanted.Muted.SequenceEqual(now.Muted)
            ? Reply(new PreferencesView(now, state.MasksFuture))
            : Emit(
                [new NotificationPreferencesSet(turn.Now, By, wanted.Muted)],
                after => new PreferencesView(after.Preferences, after.MasksFuture));
    }
}

/// <summary>What the person wants in general, as it is now.</summary>
/// <param name="MasksFuture">Documents that come are masked from professionals.</param>
public sealed record PreferencesView(NotificationPreferences Notifications, bool MasksFuture);
