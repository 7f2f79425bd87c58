using HealthGrains.Domain.Access;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    /// <summary>Two numbers of one person answer from one record.</summary>
    /// <remarks>The number under which nothing is kept becomes the alias, whichever of the two it is: the record stays where it
    /// is, and nothing is copied. What is asked here first is only who may answer; the record that moves decides in its own turn
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
            throw ofOne.IsDestroyed && ofOther.IsDestroyed ? RefusalStatus.Of(Unknown) : NotMerged;

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
            _ => throw NotMerged,
        };
    }

    /// <summary>The number that answers for this one, and how it stands there.</summary>
    private async ValueTask<(PatientId Patient, RecordPlace Place)> HomeOfAsync(PatientId patient, CancellationToken ct)
    {
        var place = await context.AskAsync(GrainIds.Of(patient), new LocateRecord(), ct);
        return place.MovedTo is { } home
            ? (home, await context.AskAsync(GrainIds.Of(home), new LocateRecord(), ct))
            : (patient, place);
    }

    private PatientId PatientOf(Wire.Patient? patient, string field)
    {
        var problem = PatientId.TryCreate(patient?.Oid, patient?.Ins, context.Identity.Ins, out var id);
        return problem == InsProblem.None ? id : throw RefusalStatus.Of(problem.ToRefusal(field));
    }

    private static readonly Refusal Unknown =
        new(RefusalCode.PatientUnknown, "Neither number has a record that could answer for both.", "previous");

    private static readonly Refusal Raced =
        new(RefusalCode.TemporarilyUnavailable, "The number became an alias of another one at this moment: try again.");

    private static RpcException NotMerged =>
        RefusalStatus.Unimplemented("Both numbers have records of their own: this version does not merge two records.");
}
