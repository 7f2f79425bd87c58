using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>The shell around a pure aggregate: recover, decide, append, apply, reply, publish.</summary>
/// <remarks>
/// <para>G1. Nothing is answered, shown or published before its append is durable.</para>
/// <para>G2. A failed append changes nothing in memory. After one whose outcome is unknown, and after a lost race, the
/// state is dropped and the next turn recovers from the store; after one that the store turned away it stays.</para>
/// <para>G3. The version check in the store is what makes two owners of one journal safe; that turns of one grain do not
/// overlap only makes it fast. A turn that loses the race is decided again on what the winner wrote, at most
/// <see cref="GrainLimits.TurnAttemptsMax"/> times.</para>
/// <para>G4. A caller's cancellation does not come this far: the token here is the engine's.</para>
/// <para>G5. Where other engines share the store, a turn that appends nothing has no version check to tell it that it is
/// behind. It reads what others wrote since, and is decided again if there was something: its answer is not older than what
/// any engine had acknowledged when the turn began.</para>
/// <para>The engine calls one turn at a time. A crash between any two steps leaves either the whole turn in the journal or
/// nothing of it.</para>
/// </remarks>
public class JournaledGrain<TState, TEvent> : IGrain<TState, TEvent>
    where TState : class
    where TEvent : class
{
    private readonly GrainServices _services;
    private readonly IGrainModel<TState, TEvent> _model;
    private readonly int _shard;
    private TState? _state;
    private long _version;
    private long _snapshotVersion;

    public JournaledGrain(JournalId journal, IGrainModel<TState, TEvent> model, GrainServices services)
    {
        Journal = journal;
        _model = model;
        _services = services;
        _shard = journal.ShardOf(services.Store.Shards);
    }

    public JournalId Journal { get; }

    /// <summary>One turn.</summary>
    /// <exception cref="JournalException">The store could not; see its kinds. Nothing was acknowledged.</exception>
    public async ValueTask<TurnResult<TAnswer>> TurnAsync<TAnswer>(
        Command<TState, TEvent, TAnswer> command, CancellationToken shutdown)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryTurnAsync(command, shutdown);
            }
            catch (JournalConflictException) when (attempt < GrainLimits.TurnAttemptsMax)
            {
                // Another owner wrote first. Nothing of ours was written, so the command is decided again on its state.
                _state = null;
                _services.Instruments.TurnLostRace(Journal.Kind);
            }
            catch (JournalUnavailableException)
            {
                // Nothing was written, so the state is still the journal's. A store that is busy is not asked to recover
                // every grain that it turned away.
                throw;
            }
            catch
            {
                _state = null;
                throw;
            }
        }
    }

    private async ValueTask<TurnResult<TAnswer>> TryTurnAsync<TAnswer>(
        Command<TState, TEvent, TAnswer> command, CancellationToken shutdown)
    {
        // 1. Recover, once an activation.
        var isFresh = _state is null;
        var state = _state ??= await RecoverAsync(shutdown);

        // 2. Decide.
        var turn = new TurnContext(_services.Time.GetUtcNow(), _services.Policy);
        var decision = command.DecideHere(state, turn);
        if (decision.Events.Count == 0 && _services.StoreIsShared && !isFresh && await CatchUpAsync(state, shutdown))
            decision = command.DecideHere(state, turn);

        if (decision.Events.Count > 0)
        {
            // 3. Append.
            var appended = await _services.Store.AppendAsync(Encode(decision), shutdown);

            // 4. Apply.
            Invariant.Hold(appended.FirstVersion == _version + 1, "An append continues the version it was decided on.");
            for (var i = 0; i < decision.Events.Count; i++)
            {
                _version++;
                _model.Apply(
                    state, decision.Events[i], new EventStamp(_version, appended.Shard, appended.FirstPosition + i));
            }
        }

        try
        {
            // 5. Reply.
            return decision.Refusal is { } refusal
                ? new TurnResult<TAnswer>(default, refusal)
                : new TurnResult<TAnswer>(decision.AnswerFrom(state), null);
        }
        finally
        {
            // 6. Publish, also when the reply has a bug: the events are durable. The feed only wakes: what it tells is
            // read from the journal.
            if (decision.Events.Count > 0)
                Publish();
        }
    }

    /// <returns>Whether others wrote in the meantime.</returns>
    private async ValueTask<bool> CatchUpAsync(TState state, CancellationToken shutdown)
    {
        var before = _version;
        _version = await GrainRecovery.CatchUpAsync(
            Journal, _shard, _model, _services.Store, state, before, shutdown);
        return _version > before;
    }

    private void Publish()
    {
        _services.Feed.Publish(Journal);
        if (Snapshots.IsDue(Journal.Kind, _version, _snapshotVersion) && _services.Snapshots.Request(Journal))
            _snapshotVersion = _version;
    }

    private JournalTurn Encode<TAnswer>(Decision<TState, TEvent, TAnswer> decision)
    {
        var bodies = new ReadOnlyMemory<byte>[decision.Events.Count];
        for (var i = 0; i < bodies.Length; i++)
            bodies[i] = _model.Encode(decision.Events[i]);
        var turn = new JournalTurn(Journal, _version, bodies);
        return decision.Content is { } content
            ? turn with { Contents = [new JournalContent(content.Sha256, content.Bytes)] }
            : turn;
    }

    private async ValueTask<TState> RecoverAsync(CancellationToken shutdown)
    {
        var recovered = await GrainRecovery.RecoverAsync(Journal, _shard, _model, _services.Store, shutdown);
        _version = recovered.Version;
        _snapshotVersion = recovered.SnapshotVersion;
        _services.Instruments.GrainRecovered(Journal.Kind);
        return recovered.State;
    }
}
