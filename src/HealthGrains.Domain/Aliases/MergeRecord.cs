using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Duties;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Aliases;

/// <summary>A record that holds something is to become part of another one (HL7 v2: A40): it keeps still from now on.</summary>
/// <remarks>
/// <para>B1. From <see cref="RecordMoving"/> on, a record decides nothing: nothing is acknowledged under its number that what is
/// taken over of it could lack.</para>
/// <para>B2. The record that takes it in decides alone whether an attempt is merged or refused, once, in its own journal. The one
/// that moves learns it from there. So whoever finishes a merge, and however many do, tells it the same.</para>
/// <para>B3. What was taken over has no effect before <see cref="RecordMerged"/>, and all of it from there: one event of the
/// journal in which consent of both is from then on.</para>
/// <para>B4. A record that moves takes nobody in, and one that is taking somebody in does not move. What has moved never moves
/// again, so whoever is followed comes to an end: an edge leads to a record that began to move later, or never.</para>
/// </remarks>
/// <param name="To">A record that said that it is not blank.</param>
/// <param name="By">The operator.</param>
public sealed record BeginMerge(PatientId To, Actor By) : PatientCommand<BegunMerge>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, BegunMerge> Decide(PatientState state, TurnContext turn)
    {
        if (state.MovedTo is not null || state.MovingTo is not null)
            return Reply(new BegunMerge(state.MovingTo == To, null));
        if (MergeRules.WhyNot(state) is { } reason)
            return Reply(new BegunMerge(false, reason));
        if (state.IsBlank || state.Merges.IsTakingIn)
            return Reply(new BegunMerge(false, RefusalCode.TemporarilyUnavailable));
        return Emit(
            [
                new RecordMoving(turn.Now, By, To),
                new DutyScheduled(turn.Now, Actor.System, DutyKind.Merge, turn.Now),
            ],
            _ => new BegunMerge(true, null));
    }
}

/// <summary>What came of it.</summary>
/// <param name="IsMoving">It moves to where it was asked to, and keeps still.</param>
/// <param name="Reason">Why it does not and stays as it is; null with false: it moves elsewhere, or has moved.</param>
public sealed record BegunMerge(bool IsMoving, RefusalCode? Reason);

/// <summary>Takes over the next entries of a record that moves here; without entries, asks how far it is.</summary>
/// <param name="From">A record that keeps still.</param>
/// <param name="Attempt">The version at which it began to.</param>
/// <param name="FirstVersion">Of the first entry.</param>
/// <param name="Entries">At most <see cref="RecordPageTaken.EntriesMax"/>.</param>
public sealed record TakeRecordPage(PatientId From, long Attempt, long FirstVersion, IReadOnlyList<TakenEntry> Entries)
    : PatientCommand<MergeProgress>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, MergeProgress> Decide(PatientState state, TurnContext turn)
    {
        if (MergeRules.Settled(state, From, Attempt) is { } settled)
            return Reply(settled);
        if (MergeRules.RefusalOf(state, From, Attempt, turn) is { } refused)
            return Emit([refused], after => MergeRules.ProgressOf(after, From, Attempt));

        // A page is taken over once, whoever brings it: the next one begins where the last one ended.
        var taken = state.Merges.Incoming(From, Attempt)?.Taken ?? 0;
        return Entries.Count == 0 || FirstVersion != taken + 1
            ? Reply(MergeRules.ProgressOf(state, From, Attempt))
            : Emit(
                [new RecordPageTaken(turn.Now, Actor.System, From, Attempt, FirstVersion, Entries)],
                after => MergeRules.ProgressOf(after, From, Attempt));
    }
}

/// <summary>Makes a record that was taken over whole a part of this one.</summary>
/// <remarks>The person is shown who of support asked for it: the trace is of the same turn, whoever finishes the merge.</remarks>
public sealed record MergeRecord(PatientId From, long Attempt) : PatientCommand<MergeProgress>
{
    /// <summary>The operator who asked for it; null leaves no trace.</summary>
    public Actor? By { get; init; }

    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, MergeProgress> Decide(PatientState state, TurnContext turn)
    {
        if (MergeRules.Settled(state, From, Attempt) is { } settled)
            return Reply(settled);
        if (MergeRules.RefusalOf(state, From, Attempt, turn) is { } refused)
            return Emit([refused], after => MergeRules.ProgressOf(after, From, Attempt));
        if (state.Merges.Incoming(From, Attempt) is not { } incoming || incoming.Taken != Attempt - 1)
            return Reply(MergeRules.ProgressOf(state, From, Attempt));
        return Emit(
            [
                new RecordMerged(turn.Now, Actor.System, From, Attempt)
                {
                    Emergency = MergeRules.StricterEmergency(state.Consent, incoming.State.Consent, turn),
                    EmergencyUntil = MergeRules.Earlier(state.Consent.EmergencyUntil, incoming.State.Consent.EmergencyUntil),
                },
                .. DutySchedule.ForMajorityOfBoth(state, incoming.State, turn),
                .. By is { } by ? PatientSide.SupportTraces(
                    state.Record.IsUnknown ? incoming.State : state, turn, by, AccessAction.SupportAlias) : [],
            ],
            after => MergeRules.ProgressOf(after, From, Attempt));
    }
}

/// <summary>The record is part of another one now: its number answers from there.</summary>
/// <param name="To">Where it was merged.</param>
public sealed record CompleteMove(PatientId To, long Attempt) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) =>
        state.MovingTo is not null && state.MovingAttempt == Attempt
            ? Emit([new RecordMoved(turn.Now, Actor.System, To)], _ => true)
            : Reply(state.MovedTo is not null);
}

/// <summary>The record was not taken in: it answers for itself again.</summary>
public sealed record CancelMove(long Attempt) : PatientCommand<bool>
{
    public override TurnPriority Priority => TurnPriority.Revocation;

    protected override bool GoesWithTheRecord => false;

    public override Decision<PatientState, PatientEvent, bool> Decide(PatientState state, TurnContext turn) =>
        state.MovingTo is not null && state.MovingAttempt == Attempt
            ? Emit([new RecordStays(turn.Now, Actor.System, Attempt)], _ => true)
            : Reply(false);
}

/// <summary>How far a record is in taking another one in.</summary>
/// <param name="Taken">Version of the last entry that was taken over.</param>
/// <param name="Merged">It is part of this one.</param>
/// <param name="Refused">It never will be in this attempt, and why.</param>
/// <param name="Elsewhere">This record has moved itself: ask there.</param>
public sealed record MergeProgress(long Taken, MergedRecord? Merged, RefusalCode? Refused, PatientId? Elsewhere);

/// <summary>Which records become one, and what was decided of them.</summary>
internal static class MergeRules
{
    /// <summary>Why a record that stands so neither becomes part of another one nor takes one in; null if it does.</summary>
    public static RefusalCode? WhyNot(PatientState state) => state.Record.State switch
    {
        RecordState.Closed or RecordState.Opposed => RefusalCode.RecordClosed,
        RecordState.Destroyed => RefusalCode.PatientUnknown,
        _ => null,
    };

    /// <summary>The answer that does not change any more; null while it is open.</summary>
    public static MergeProgress? Settled(PatientState state, PatientId from, long attempt) =>
        state.Merges.Refused(from, attempt) is not null || state.Merges.Find(from) is not null || state.MovedTo is not null
            ? ProgressOf(state, from, attempt)
            : null;

    // Asked first: whether this very attempt was refused here, also by a record that has moved since.
    public static MergeProgress ProgressOf(PatientState state, PatientId from, long attempt) =>
        state.Merges.Refused(from, attempt) is { } refused ? new MergeProgress(0, null, refused, null)
        : state.Merges.Find(from) is { } merged ? new MergeProgress(0, merged, null, null)
        : state.MovedTo is { } home ? new MergeProgress(0, null, null, home)
        : new MergeProgress(state.Merges.Incoming(from, attempt)?.Taken ?? 0, null, null, null);

    /// <summary>The word of a record that does not take another one in as it stands.</summary>
    public static MergeRefused? RefusalOf(PatientState state, PatientId from, long attempt, TurnContext turn)
    {
        var reason = state.MovingTo is not null ? RefusalCode.TemporarilyUnavailable
            : state.Merges.Count + 1 + (state.Merges.Incoming(from, attempt)?.State.Merges.Count ?? 0) > MergeBook.MergedMax
                ? RefusalCode.Overloaded
                : WhyNot(state);
        return reason is { } code ? new MergeRefused(turn.Now, Actor.System, from, attempt, code) : null;
    }

    public static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other ?? one : one;

    /// <summary>yyyyMMdd; the one that is known where only one is, null where none is.</summary>
    public static string? EarlierBirthDate(PatientState one, PatientState other) =>
        (one.BirthDate, other.BirthDate) is ({ } a, { } b) ? (string.CompareOrdinal(a, b) <= 0 ? a : b) : one.BirthDate ?? other.BirthDate;

    public static EmergencyFlags? StricterEmergency(ConsentState one, ConsentState other, TurnContext turn)
    {
        if (one.Emergency is null && other.Emergency is null)
            return null;
        var (a, b) = (one.EmergencyUnder(turn.Policy, turn.Now), other.EmergencyUnder(turn.Policy, turn.Now));
        return new EmergencyFlags(
            a.RegulationCentre && b.RegulationCentre,
            a.BreakTheGlass && b.BreakTheGlass,
            a.MaskedDocuments && b.MaskedDocuments);
    }
}
