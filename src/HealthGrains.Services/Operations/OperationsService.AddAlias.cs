using HealthGrains.Domain.Access;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Aliases;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    /// <summary>Two numbers of one person answer from one record.</summary>
    /// <remarks>The number under which nothing is kept becomes the alias, whichever of the two it is: the record stays where it
    /// is. Where both hold something, the previous one becomes part of the current one. What is asked here first is only who may answer; the record that moves decides in its own turn
    /// whether it still is blank (<see cref="MoveRecord"/>).</remarks>
    private async Task<Wire.AddAliasResponse> AddAliasAsync(Wire.AddAliasRequest request, RpcCall call, CancellationToken ct)
    {
        var caller = (Caller.Operator)CallerSession.Of(call).Caller;
        var previous = PatientOf(request.Previous, "previous");
        var current = PatientOf(request.Current, "current");
        if (previous == current)
            throw Invalid("An alias has two different numbers.", "current");

        var (one, ofOne) = await HomeOfAsync(previous, ct);
        var (other, ofOther) = await HomeOfAsync(current, ct);
        if (one == other)
            return new Wire.AddAliasResponse { AlreadyKnown = true };
        if (!ofOne.IsBlank && !ofOther.IsBlank)
            return await MergeAsync((one, ofOne), (other, ofOther), caller, ct);

        var (from, to, kept) = ofOther.IsBlank ? (other, one, ofOne) : (one, other, ofOther);
        if (kept.IsBlank || kept.IsDestroyed)
            throw RefusalStatus.Of(Unknown);
        var outcome = await context.AskAsync(GrainIds.Of(from), new MoveRecord(to, caller.Actor), ct);
        if (outcome == MoveOutcome.Moved)
            await TraceAsync(GrainIds.Of(to), AccessAction.SupportAlias, call, ct);
        return outcome switch
        {
            MoveOutcome.Moved => new Wire.AddAliasResponse(),
            MoveOutcome.AlreadyThere => new Wire.AddAliasResponse { AlreadyKnown = true },

            // Somebody else was first: asked again, it is seen as it stands now.
            MoveOutcome.Elsewhere => throw RefusalStatus.Of(Raced),

            // Something came under it at this moment: asked again, they are two records.
            _ => throw RefusalStatus.Of(Raced),
        };
    }

    /// <summary>Two records become one, under the number that is current.</summary>
    /// <remarks>Done here and now if nothing comes between; what is interrupted after the first step is finished by the agenda,
    /// and whoever asks again is told how it ended.</remarks>
    private async Task<Wire.AddAliasResponse> MergeAsync(
        (PatientId Patient, RecordPlace Place) from, (PatientId Patient, RecordPlace Place) to, Caller.Operator caller, CancellationToken ct)
    {
        if (to.Place.MovingTo is not null)
        {
            // It is on its way somewhere itself. Where it comes to, this one can be asked to follow.
            await _merger.FinishAsync(to.Patient, ct);
            throw RefusalStatus.Of(Raced);
        }

        if (from.Place.MovingTo is null)
        {
            if ((from.Place.CannotMerge ?? to.Place.CannotMerge) is { } no)
                throw RefusalStatus.Of(WhyNotMerged(no));
            var begun = await context.AskAsync(GrainIds.Of(from.Patient), new BeginMerge(to.Patient, caller.Actor), ct);
            if (!begun.IsMoving)
                throw RefusalStatus.Of(begun.Reason is { } reason ? WhyNotMerged(reason) : Raced);
        }

        var end = await _merger.FinishAsync(from.Patient, ct);
        if (end.Refused is { } refused)
            throw RefusalStatus.Of(WhyNotMerged(refused));
        var (home, _) = await HomeOfAsync(from.Patient, ct);
        var (there, _) = await HomeOfAsync(to.Patient, ct);
        return home == there
            ? new Wire.AddAliasResponse
            {
                AlreadyKnown = end.Merged is null,
                Merged = end.Merged is not null,
                Documents = end.Merged?.Documents ?? 0,
                SameDocuments = end.Merged?.Same ?? 0,
                UniqueIdsApart = end.Merged?.Apart ?? 0,
            }
            : throw RefusalStatus.Of(Raced);
    }

    private static Refusal WhyNotMerged(RefusalCode reason) => reason switch
    {
        RefusalCode.RecordClosed => new Refusal(
            reason, "A record that is closed, or that the person opposed, becomes part of no other: it must be open.", "previous"),
        RefusalCode.PatientUnknown => new Refusal(reason, "One of the two records was destroyed.", "previous"),
        RefusalCode.Overloaded => new Refusal(reason, "One record is made of 16 at most.", "previous"),
        _ => Raced,
    };

    /// <summary>The number that answers for this one, and how it stands there.</summary>
    private async ValueTask<(PatientId Patient, RecordPlace Place)> HomeOfAsync(PatientId patient, CancellationToken ct)
    {
        while (true)
        {
            var place = await context.AskAsync(GrainIds.Of(patient), new LocateRecord(), ct);
            if (place.MovedTo is not { } home)
                return (patient, place);
            patient = home;
        }
    }

    private PatientId PatientOf(Wire.Patient? patient, string field)
    {
        var problem = PatientId.TryCreate(patient?.Oid, patient?.Ins, context.Identity.Ins, out var id);
        return problem == InsProblem.None ? id : throw RefusalStatus.Of(problem.ToRefusal(field));
    }

    private readonly RecordMerger _merger = new(context.Store, context.Engine);

    private static readonly Refusal Unknown =
        new(RefusalCode.PatientUnknown, "Neither number has a record that could answer for both.", "previous");

    private static readonly Refusal Raced =
        new(RefusalCode.TemporarilyUnavailable, "The records are changing their numbers at this moment: try again.");
}
