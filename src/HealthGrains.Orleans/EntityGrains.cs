using global::Orleans;
using global::Orleans.Concurrency;
using global::Orleans.Runtime;
using HealthGrains.Orleans.Calls;
using HealthGrains.Orleans.Placement;

namespace HealthGrains.Orleans;

/// <summary>A grain as other silos see it: one call, whatever the command.</summary>
internal interface IEntityGrain : IGrainWithStringKey
{
    /// <summary>Asks its command. A failure is an answer; what Orleans itself throws means that the silo was not reached, or
    /// is gone.</summary>
    ValueTask<AnswerMessage> AskAsync(CallMessage message);

    /// <summary>The caller of an ask waits no more: dropped if its turn has not begun, else only the waiting ends (E2).</summary>
    /// <param name="call"><see cref="CallMessage.Number"/>. One that is not known may still be on its way.</param>
    ValueTask GiveUpAsync(long call);
}

/// <summary>A patient's record.</summary>
[Alias("healthgrains.patient.v1")]
internal interface IPatientGrain : IEntityGrain;

/// <summary>A professional's inbox.</summary>
[Alias("healthgrains.inbox.v1")]
internal interface IInboxGrain : IEntityGrain;

/// <summary>A producer's ledger.</summary>
[Alias("healthgrains.sender.v1")]
internal interface ISenderGrain : IEntityGrain;

/// <summary>What the records of a shard owe to time.</summary>
[Alias("healthgrains.agenda.v1")]
internal interface IAgendaGrain : IEntityGrain;

/// <summary>Whom one caregiver helps.</summary>
[Alias("healthgrains.caregiver.v1")]
internal interface ICaregiverGrain : IEntityGrain;

/// <summary>The shell of a grain: Orleans decides on which silo its one activation is, and that silo's engine when each of
/// its turns is.</summary>
/// <remarks>Reentrant, because the queue is the engine's: it is bounded, knows priorities, sheds what is late and drops what
/// was given up, for one grain and for the whole silo (E1 to E4), which the queue of an activation does not. The plain grain
/// that the engine makes owns the state; its journal is the truth, and nothing is stored here.</remarks>
[Reentrant]
internal abstract class EntityGrain(SiloParts silo) : Grain, IEntityGrain
{
    // Touched by this activation's turns alone, one at a time.
    private readonly Dictionary<long, CancellationTokenSource> _waiting = [];
    private readonly Queue<long> _givenUpEarly = [];

    public async ValueTask<AnswerMessage> AskAsync(CallMessage message)
    {
        if (_givenUpEarly.Contains(message.Number))
            return new AnswerMessage(new CallFailure(new OperationCanceledException()));
        using var waiting = new CancellationTokenSource();
        _waiting[message.Number] = waiting;
        try
        {
            var answer = await message.Call.AskAsync(silo.Turns, message.Grain, waiting.Token);

            // The next call of who is refused here makes it on another silo.
            if (answer.IsDraining)
                DeactivateOnIdle();
            return new AnswerMessage(answer);
        }
        finally
        {
            _waiting.Remove(message.Number);
        }
    }

    public async ValueTask GiveUpAsync(long call)
    {
        if (_waiting.TryGetValue(call, out var waiting))
        {
            await waiting.CancelAsync();
            return;
        }

        // It may have overtaken its call. One that was answered meanwhile takes a place here for nothing.
        _givenUpEarly.Enqueue(call);
        if (_givenUpEarly.Count > OrleansLimits.GivenUpEarlyMax)
            _givenUpEarly.Dequeue();
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (GrainKeys.TryReadShard(GrainContext.GrainId.Key.AsSpan(), out var shard))
            silo.Residents.Enter(GrainContext, shard);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        silo.Residents.Leave(GrainContext);
        return Task.CompletedTask;
    }
}

/// <inheritdoc cref="IPatientGrain"/>
[ShardPlacement]
[GrainType("patient")]
internal sealed class PatientGrain(SiloParts silo) : EntityGrain(silo), IPatientGrain;

/// <inheritdoc cref="IInboxGrain"/>
[ShardPlacement]
[GrainType("inbox")]
internal sealed class InboxGrain(SiloParts silo) : EntityGrain(silo), IInboxGrain;

/// <inheritdoc cref="ISenderGrain"/>
[ShardPlacement]
[GrainType("sender")]
internal sealed class SenderGrain(SiloParts silo) : EntityGrain(silo), ISenderGrain;

/// <inheritdoc cref="IAgendaGrain"/>
[ShardPlacement]
[GrainType("agenda")]
internal sealed class AgendaGrain(SiloParts silo) : EntityGrain(silo), IAgendaGrain;

/// <inheritdoc cref="ICaregiverGrain"/>
[ShardPlacement]
[GrainType("caregiver")]
internal sealed class CaregiverGrain(SiloParts silo) : EntityGrain(silo), ICaregiverGrain;
