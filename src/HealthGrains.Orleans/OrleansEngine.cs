using global::Orleans;
using global::Orleans.Runtime;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Orleans.Calls;
using HealthGrains.Orleans.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Orleans;

/// <summary>The engine of a cluster: this process is one of its silos.</summary>
/// <remarks>
/// <para><b>A call</b> goes to the one activation of its grain, on the silo that has the grain's shard, and there into that
/// silo's engine, which says when its turn is. On the caller's own silo it stays an object; between silos it is what
/// <see cref="CommandCatalog"/> says.</para>
/// <para><b>A silo that leaves</b> refuses calls, and nothing was done; the caller's silo asks again where the grain is next,
/// for at most <see cref="OrleansLimits.HandoverMax"/>. A silo that <b>dies</b> with a call under way leaves an unknown outcome,
/// which only reading the journal tells; its grains are made again on other silos once it is known to be dead.</para>
/// <para><b>Giving up</b> is told to the silo of the grain, which drops the call if its turn has not begun (E2).</para>
/// <para><b>Two silos that both believe to have a grain</b>, on either side of a partition or because one of them was asleep,
/// cannot both write: the store decides (E5).</para>
/// </remarks>
public sealed class OrleansEngine : IGrainEngine
{
    private static readonly string[] NotSent =
        ["Unable to connect", "is no longer active", "Unable to create local activation"];

    private readonly IHost _host;
    private readonly SiloParts _silo;
    private readonly ShardKeeper _keeper;
    private readonly global::Orleans.IGrainFactory _grains;
    private readonly CommandCatalog _commands;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _callsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _stopping;
    private int _calls;
    private int _draining;
    private int _disposed;

    private OrleansEngine(IHost host, SiloParts silo, ShardKeeper keeper, CommandCatalog commands, ILogger log)
    {
        _host = host;
        _silo = silo;
        _keeper = keeper;
        _grains = host.Services.GetRequiredService<global::Orleans.IGrainFactory>();
        _commands = commands;
        _log = log;
    }

    /// <inheritdoc/>
    /// <remarks>Of this silo.</remarks>
    public EngineStatus Status => _silo.Turns.Status;

    /// <summary>How far the shards have come that this silo routes, and its alarms.</summary>
    public Router Router => _silo.Routing.Router;

    /// <summary>Silos that take grains, as this one sees them.</summary>
    public int Silos => _silo.Members.Silos.Count;

    /// <summary>Completes when the silo has stopped, also by itself: one that the others took for dead ends, since it has no
    /// grains any more.</summary>
    public Task Stopped { get; private set; } = Task.CompletedTask;

    /// <summary>Starts the silo, and returns when it is a member and has its shards.</summary>
    /// <param name="options">Of this silo.</param>
    /// <param name="time">The clock of turns and routing; the cluster's own is the system's.</param>
    /// <param name="loggers">Orleans' own lines below a warning are left out.</param>
    /// <exception cref="JournalUnavailableException">The cluster could not be joined.</exception>
    public static async Task<OrleansEngine> StartAsync(
        OrleansEngineOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        OrleansEngine? engine = null;
        var host = SiloHost.Build(options, time, loggers, () => engine ?? throw new EngineDrainingException());
        var silo = host.Services.GetRequiredService<SiloParts>();
        var keeper = host.Services.GetRequiredService<ShardKeeper>();
        engine = new OrleansEngine(host, silo, keeper, options.Commands, loggers.CreateLogger<OrleansEngine>());
        try
        {
            await host.StartAsync(CancellationToken.None);
            engine.Stopped = host.WaitForShutdownAsync(CancellationToken.None);
            var known = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            keeper.Start(known, options.Routes);
            await known.Task;
            return engine;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await engine.DisposeAsync();
            throw new JournalUnavailableException(
                "The cluster could not be joined.", JournalUnavailableReason.Away, e);
        }
    }

    /// <inheritdoc/>
    public ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        ArgumentNullException.ThrowIfNull(command);
        if (grain.Value is null)
            throw new ArgumentException("A grain has an id.", nameof(grain));
        if (waiting.IsCancellationRequested)
            return ValueTask.FromCanceled<TurnResult<TAnswer>>(waiting);
        var call = new CommandCall<TState, TEvent, TAnswer>(command);
        Grains.Invariant.Hold(_commands.Has(call.Name), "Each command that is asked in a cluster is in the catalogue.");
        return AskAsync<TAnswer>(grain, new CallMessage(grain, call), waiting);
    }

    /// <inheritdoc/>
    /// <remarks>Then the silo leaves the cluster: from there on no grain is made here. Calls of other silos are refused from the
    /// beginning, and ask again until that is known to them.</remarks>
    public async ValueTask DrainAsync(TimeSpan atMost)
    {
        Refuse();
        await _silo.Turns.DrainAsync(atMost);
        await CallsEndedAsync();
        _ = StopSilo();
    }

    /// <summary>Drains, ends the waiting of turns for the store's queue, and leaves the cluster.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        Refuse();
        await _silo.Turns.DisposeAsync();
        await CallsEndedAsync();
        await StopSilo();
        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
    }

    /// <summary>From here on callers of this process are refused.</summary>
    internal void Refuse() => Interlocked.Exchange(ref _draining, 1);

    /// <summary>Ends the waiting of turns for the store's queue; they answer, and the silo stays.</summary>
    internal ValueTask EndTurnsAsync() => _silo.Turns.DisposeAsync();

    /// <summary>Shards whose grains are here, as this silo sees it.</summary>
    internal IEnumerable<int> Shards => _silo.Members.MyShards();

    /// <summary>Grains that are active on this silo, routers apart.</summary>
    internal int Residents => _silo.Residents.CountEntities;

    // Calls to other silos too: their answers come through this one.
    private async Task CallsEndedAsync()
    {
        if (Volatile.Read(ref _calls) == 0)
            return;
        try
        {
            await _callsEnded.Task.WaitAsync(OrleansLimits.GivingUpMax);
        }
        catch (TimeoutException)
        {
            // Their outcome is the journal's.
        }
    }

    private async ValueTask<TurnResult<TAnswer>> AskAsync<TAnswer>(
        JournalId grain, CallMessage message, CancellationToken waiting)
    {
        // Count, then look whether it drains; draining says so, then looks at the count.
        var calls = Interlocked.Increment(ref _calls);
        try
        {
            // Each silo bounds what it runs; this bounds what waits here for the others.
            if (calls > Grains.GrainLimits.CallsMax)
                throw new EngineOverloadedException("Too many calls of this process are under way.");
            return Volatile.Read(ref _draining) == 0
                ? await AskUntilAnsweredAsync<TAnswer>(grain, message, waiting)
                : throw new EngineDrainingException();
        }
        finally
        {
            if (Interlocked.Decrement(ref _calls) == 0 && Volatile.Read(ref _draining) != 0)
                _callsEnded.TrySetResult();
        }
    }

    private async ValueTask<TurnResult<TAnswer>> AskUntilAnsweredAsync<TAnswer>(
        JournalId grain, CallMessage message, CancellationToken waiting)
    {
        var target = Of(grain);
        var since = _clock.GetTimestamp();
        for (var pause = OrleansLimits.HandoverPauseFirst; ; pause = Longer(pause))
        {
            try
            {
                var answer = (await SendAsync(target, message, waiting)).Answer;
                if (!answer.IsDraining || Volatile.Read(ref _draining) != 0)
                    return answer.Read<TAnswer>();
            }
            catch (OperationCanceledException e)
            {
                if (waiting.IsCancellationRequested)
                    throw new OperationCanceledException(e.Message, e, waiting);
                throw new JournalOutcomeUnknownException("The call was ended on the way.", e);
            }
            catch (OrleansMessageRejectionException e) when (Volatile.Read(ref _draining) != 0 && NeverArrived(e))
            {
                throw new EngineDrainingException();
            }
            catch (OrleansMessageRejectionException e) when (NeverArrived(e))
            {
                // Nothing was done: it is asked where the grain is next.
            }
            catch (Exception e) when (e is OrleansMessageRejectionException or SiloUnavailableException or TimeoutException)
            {
                throw new JournalOutcomeUnknownException("The silo of the grain did not answer.", e);
            }

            if (_clock.GetElapsedTime(since) > OrleansLimits.HandoverMax)
            {
                throw new JournalUnavailableException(
                    "The grain has no silo at the moment.", JournalUnavailableReason.Away);
            }

            await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), _clock, waiting);
        }
    }

    private static async ValueTask<AnswerMessage> SendAsync(
        IEntityGrain target, CallMessage message, CancellationToken waiting)
    {
        var sent = target.AskAsync(message);
        if (sent.IsCompleted || !waiting.CanBeCanceled)
            return await sent;

        var answer = sent.AsTask();
        var gaveUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = waiting.UnsafeRegister(static gaveUp => ((TaskCompletionSource?)gaveUp)?.TrySetResult(), gaveUp);
        if (await Task.WhenAny(answer, gaveUp.Task) == answer)
            return await answer;

        // Not by a token of Orleans: waiting for its acknowledgement would also hold up the probes of silos. The grain's silo says
        // at once that it dropped the call, or lets it go on; unless it is gone.
        _ = target.GiveUpAsync(message.Number).AsTask();
        try
        {
            return await answer.WaitAsync(OrleansLimits.GivingUpMax, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new OperationCanceledException(waiting);
        }
    }

    // A rejection says in words alone whether the message was on the wire already. "Connection terminated" was: the grain may have
    // answered into a closed socket. Words that are not known here are taken for an unknown outcome.
    private static bool NeverArrived(OrleansMessageRejectionException rejection) => Array.Exists(
        NotSent, words => rejection.Message.Contains(words, StringComparison.Ordinal));

    private static TimeSpan Longer(TimeSpan pause) =>
        pause * 2 < OrleansLimits.HandoverPauseMax ? pause * 2 : OrleansLimits.HandoverPauseMax;

    private IEntityGrain Of(JournalId grain)
    {
        var key = _silo.Keys.Of(grain);
        return grain.Kind switch
        {
            JournalKind.Patient => _grains.GetGrain<IPatientGrain>(key),
            JournalKind.Inbox => _grains.GetGrain<IInboxGrain>(key),
            JournalKind.Sender => _grains.GetGrain<ISenderGrain>(key),
            JournalKind.Agenda => _grains.GetGrain<IAgendaGrain>(key),
            JournalKind.Caregiver => _grains.GetGrain<ICaregiverGrain>(key),
            _ => throw new Grains.InvariantException("Each kind of journal has a kind of grain."),
        };
    }

    // Tells the others first that this silo leaves: from then on they make no grains here.
    private Task StopSilo()
    {
        lock (_gate)
            return _stopping ??= Task.Run(StopSiloAsync);
    }

    private async Task StopSiloAsync()
    {
        await _keeper.StopAsync();
        using var atMost = new CancellationTokenSource(OrleansLimits.StopMax, _clock);
        try
        {
            await _host.StopAsync(atMost.Token);
        }
        catch (Exception e)
        {
            // A silo that was declared dead, or whose database is away, cannot say goodbye. Nothing acknowledged depends on it.
            OrleansLog.SiloStopFailed(_log, OrleansLimits.StopMax, e.GetType().Name);
        }
    }
}
