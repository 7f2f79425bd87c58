using System.Numerics;
using HealthGrains.Domain.Agendas;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Routing;

/// <summary>What the deliveries of a shard stand on.</summary>
/// <param name="Owner">Of this router, as long as it lives.</param>
internal sealed record DeliveryServices(
    IJournalStore Store, IGrainEngine Engine, Handover Handover, TimeProvider Time, ILogger Logger, Guid Owner);

/// <summary>Hands the pages of one shard's log on, as long as this router has the shard.</summary>
/// <remarks>
/// <para>D1. A page is done when each recipient in it has taken it in, or is set aside in the shard's agenda, durable. Only then may the
/// checkpoint move. So whoever has the shard after a crash, reading first the checkpoint and then the agenda, knows everybody who
/// is owed something from before the checkpoint, and from which position on.</para>
/// <para>D2. A recipient that could not be told for <see cref="RoutingLimits.SetAsideAfter"/> is set aside: the page goes on without it,
/// and a lane of its own reads the log from the first entry that it lacks and hands it over in order, without end. The shard's loop
/// leaves it out until the lane has come as far as the loop, and as the checkpoint. A recipient is handed nothing before it has what comes before, by
/// whomever: that is what makes its memory of one position enough.</para>
/// <para>D3. It comes back in this order: the lane has come as far as the loop and the checkpoint, the loop serves it again, then the agenda's line is
/// settled. A crash in between finds the line, and delivers again what is taken in once. While the line is being settled the recipient
/// is not set aside anew.</para>
/// <para>D4. A line is settled only by the router that has it in hand. A former router of the shard, which does not know how far its
/// successor has gone on without the recipient, is told that the line is not its own and stops.</para>
/// <para>D5. The agenda itself cannot be set aside: a shard whose agenda cannot be written stands still, and its lag shows.</para>
/// </remarks>
internal sealed class ShardDeliveries : IAsyncDisposable
{
    private readonly int _shard;
    private readonly DeliveryServices _services;
    private readonly JournalId _agenda;
    private readonly CancellationTokenSource _ending;
    private readonly Lock _gate = new();

    // Both under _gate. A recipient is in the second from the moment in which the loop serves it again until its line is settled.
    private readonly Dictionary<JournalId, AsideLane> _lanes = [];
    private readonly Dictionary<JournalId, AsideLane> _returning = [];
    private readonly Dictionary<long, AsideTicket> _standstills = [];
    private long _planned;
    private long _asidesReadAt;
    private volatile bool _isLost;

    private ShardDeliveries(int shard, DeliveryServices services, CancellationToken stopping)
    {
        _shard = shard;
        _services = services;
        _agenda = GrainIds.AgendaOf(shard);
        _ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    /// <summary>Another router has taken over what was set aside here: this one is not the shard's any more.</summary>
    public bool IsLost => _isLost;

    /// <summary>Ends with the shard's loop, or when <see cref="IsLost"/>.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>Recipients that are set aside, and a standstill of the shard.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
                return _lanes.Count + _returning.Count + Math.Min(1, _standstills.Count);
        }
    }

    /// <summary>Of these, past their deadline.</summary>
    public int Overdue
    {
        get
        {
            lock (_gate)
            {
                return _lanes.Values.Count(lane => lane.IsOverdue)
                    + (_standstills.Values.Any(ticket => ticket.IsOverdue) ? 1 : 0);
            }
        }
    }

    /// <param name="shard">From 0.</param>
    /// <param name="services">See the type.</param>
    /// <param name="checkpoint">Read before the agenda is: D1.</param>
    /// <param name="stopping">Ends it.</param>
    public static async Task<ShardDeliveries> StartAsync(
        int shard, DeliveryServices services, long checkpoint, CancellationToken stopping)
    {
        var deliveries = new ShardDeliveries(shard, services, stopping) { _planned = checkpoint };
        try
        {
            await deliveries.TakeAsidesAsync();
            return deliveries;
        }
        catch
        {
            await deliveries.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes in hand what other routers have set aside in this shard, from time to time. Called between two pages.</summary>
    public async ValueTask LookAroundAsync()
    {
        if (_services.Time.GetElapsedTime(_asidesReadAt) >= RoutingLimits.AsidesReadEvery)
            await TakeAsidesAsync();
    }

    /// <summary>D1.</summary>
    /// <returns>Up to where everything is taken in or set aside.</returns>
    /// <exception cref="FormatException">The first entry is none that this version knows.</exception>
    public async Task<long> DeliverAsync(IReadOnlyList<LogEntry> page)
    {
        RoutePlan plan;
        try
        {
            plan = RoutePlan.Of(page);
        }
        catch (FormatException)
        {
            await NoteStandstillAsync(page[0].Position);
            throw;
        }

        // One for the first tries of a whole page: a timer for each delivery would be felt.
        using var first = Patiently();
        var deliveries = new List<Task>(plan.Inboxes.Count + plan.Senders.Count + 1);
        _planned = plan.UpTo;
        foreach (var part in plan.Parts)
        {
            if (!LeavesOut(part.Recipient, plan.UpTo))
                deliveries.Add(DeliverOrSetAsideAsync(part, plan.UpTo, page, first.Token));
        }

        if (plan.Duties.Count > 0)
            deliveries.Add(TakeDutiesAsync(new TakeIntoAgenda(plan.UpTo, plan.Duties)));
        await Task.WhenAll(deliveries);
        await EndStandstillAsync();
        return plan.UpTo;
    }

    /// <summary>Tries at once whoever is set aside under this name.</summary>
    public void Wake(string recipient)
    {
        lock (_gate)
        {
            foreach (var lane in _lanes.Values)
            {
                if (lane.Recipient.Value == recipient)
                    lane.Wake();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Task[] running;
        lock (_gate)
            running = [.. _lanes.Values.Concat(_returning.Values).Select(lane => lane.Running)];
        await Task.WhenAll(running);
        _ending.Dispose();
    }

    private string Name(long number) => $"{_shard}-{number}";

    private static string Pseudonym(JournalId recipient) => JournalPseudonym.Process.Of(recipient);

    private Patience Patiently() => new(_services.Time, _ending.Token);

    private bool LeavesOut(JournalId recipient, long upTo)
    {
        lock (_gate)
        {
            if (!_lanes.TryGetValue(recipient, out var lane))
                return false;
            lane.Required = Math.Max(lane.Required, upTo);
            return true;
        }
    }

    private async Task DeliverOrSetAsideAsync(
        RoutePart part, long upTo, IReadOnlyList<LogEntry> page, CancellationToken first)
    {
        var began = _services.Time.GetTimestamp();
        var pause = RoutingLimits.RetryFirst;
        for (var attempts = 1; ; attempts++)
        {
            var reason = attempts == 1
                ? await TryAsync(part, upTo, pause, first)
                : await TryPatientlyAsync(part, upTo, pause);
            if (reason is null)
                return;
            if (_services.Time.GetElapsedTime(began) >= RoutingLimits.SetAsideAfter
                && await TrySetAsideAsync(RoutePlan.HeldOf(page, part, reason), part.Recipient, attempts, upTo))
            {
                return;
            }

            await PauseAsync(pause);
            pause = RetryPause.Longer(pause);
        }
    }

    private async Task<string?> TryPatientlyAsync(RoutePart part, long upTo, TimeSpan pause)
    {
        using var patience = Patiently();
        return await TryAsync(part, upTo, pause, patience.Token);
    }

    /// <returns>Null when it was taken in; otherwise why not.</returns>
    private async Task<string?> TryAsync(RoutePart part, long upTo, TimeSpan pause, CancellationToken waiting)
    {
        try
        {
            await _services.Handover.DeliverAsync(_shard, part, upTo, waiting);
            return null;
        }
        catch (Exception failure) when (failure is JournalException or EngineOverloadedException
            || (failure is OperationCanceledException && !_ending.IsCancellationRequested))
        {
            // Not known whether it was taken in: asking again is harmless, since the recipient remembers positions.
            RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, pause);
            return HeldUp.By(failure);
        }
        catch (Exception bug) when (bug is not (OperationCanceledException or EngineDrainingException))
        {
            // Told here, since of several deliveries that fail together only one would be.
            RoutingLog.ShardFailed(_services.Logger, _shard, bug.GetType().Name, pause, bug.StackTrace);
            return HeldUp.By(bug);
        }
    }

    private async Task<bool> TrySetAsideAsync(HeldDelivery held, JournalId recipient, int attempts, long upTo)
    {
        AsideLane? returning;
        lock (_gate)
            _returning.TryGetValue(recipient, out returning);
        if (returning is not null)
            await returning.Running;
        try
        {
            var ticket = (await AskAsync(new SetDeliveryAside(_services.Owner, held, attempts))).Value.Ticket;
            if (ticket is null)
            {
                RoutingLog.NobodyMoreIsSetAside(_services.Logger, _shard);
                return false;
            }

            RoutingLog.DeliverySetAside(
                _services.Logger, _shard, Pseudonym(recipient), held.Position, held.Reason, Name(ticket.Number));
            Open(ticket, recipient, upTo, RoutingLimits.SetAsideAfter);
            return true;
        }
        catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
        {
            RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, RoutingLimits.RetryMax);
            return false;
        }
    }

    private async Task TakeAsidesAsync()
    {
        _asidesReadAt = _services.Time.GetTimestamp();
        var tickets = (await AskAsync(new ClaimStalled(_services.Owner))).Value;
        foreach (var ticket in tickets)
        {
            if (ticket.Held.Recipient.Length == 0)
            {
                lock (_gate)
                    _standstills.TryAdd(ticket.Number, ticket);
            }
            else
            {
                Open(ticket, JournalId.Parse(ticket.Held.Recipient), _planned, TimeSpan.Zero);
            }
        }
    }

    private void Open(AsideTicket ticket, JournalId recipient, long required, TimeSpan firstPause)
    {
        lock (_gate)
        {
            if (_lanes.TryGetValue(recipient, out var open))
            {
                if (!open.Numbers.Contains(ticket.Number))
                    open.Numbers.Add(ticket.Number);
                return;
            }

            // It is being settled at this moment; if that is not what happens, the next look finds it again.
            if (_returning.TryGetValue(recipient, out var returning) && returning.Numbers.Contains(ticket.Number))
                return;
            var lane = new AsideLane(recipient, required)
            {
                Held = ticket.Held, Attempts = ticket.Attempts, OverdueAt = ticket.OverdueAt, IsOverdue = ticket.IsOverdue,
            };
            lane.Numbers.Add(ticket.Number);
            _lanes[recipient] = lane;
            lane.Running = Task.Run(() => RunAsync(lane, firstPause), CancellationToken.None);
        }
    }

    private async Task RunAsync(AsideLane lane, TimeSpan firstPause)
    {
        var pause = RoutingLimits.RetryFirst;
        var position = lane.Held.Position - 1;
        try
        {
            if (firstPause > TimeSpan.Zero)
                await lane.PauseAsync(firstPause, _services.Time, _ending.Token);
            while (!_isLost)
            {
                try
                {
                    var (upTo, held) = await StepAsync(lane, position, pause);
                    if (held is null)
                    {
                        var came = upTo > position;
                        position = upTo;
                        pause = RoutingLimits.RetryFirst;
                        if (!Requires(lane, position) && await ReturnsAsync(lane, position))
                        {
                            await SettleAsync(lane);
                            return;
                        }

                        if (came)
                            continue;
                    }
                    else
                    {
                        await NoteAsync(lane, held);
                    }
                }
                catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
                {
                    RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, pause);
                }
                catch (Exception bug) when (bug is not (OperationCanceledException or EngineDrainingException))
                {
                    // Like the shard's loop, a lane outlives what it runs.
                    RoutingLog.ShardFailed(_services.Logger, _shard, bug.GetType().Name, pause, bug.StackTrace);
                }

                await lane.PauseAsync(pause, _services.Time, _ending.Token);
                pause = RetryPause.Longer(pause);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or EngineDrainingException)
        {
            // The line stands in the agenda: whoever has the shard next goes on from there.
        }
    }

    /// <returns>Up to where it has everything; or what holds it up.</returns>
    private async Task<(long UpTo, HeldDelivery? Held)> StepAsync(AsideLane lane, long position, TimeSpan pause)
    {
        var page = await _services.Store.ReadLogAsync(
            _shard, position, RoutingLimits.PageEntriesMax, _ending.Token);
        if (page.Count == 0)
            return (position, null);
        RoutePlan plan;
        try
        {
            plan = RoutePlan.Of(page);
        }
        catch (FormatException)
        {
            // The loop has not come by there either.
            return Requires(lane, position)
                ? (position, lane.Held with { Reason = HeldUp.UnreadableEntry })
                : (position, null);
        }

        if (plan.Parts.FirstOrDefault(part => part.Recipient == lane.Recipient) is not { } mine)
            return (plan.UpTo, null);
        return await TryPatientlyAsync(mine, plan.UpTo, pause) is { } reason
            ? (position, RoutePlan.HeldOf(page, mine, reason))
            : (plan.UpTo, null);
    }

    private bool Requires(AsideLane lane, long position)
    {
        lock (_gate)
            return position < lane.Required;
    }

    /// <summary>D3: from the same moment on the loop serves it again.</summary>
    private async ValueTask<bool> ReturnsAsync(AsideLane lane, long position)
    {
        // Where no lease keeps routers apart, the one that this line comes from may have been further than the loop here, and its
        // checkpoint with it: what lies before that checkpoint is nobody's to deliver but this lane's.
        var checkpoint = await _services.Store.ReadCheckpointAsync(Router.CheckpointName, _shard, _ending.Token);
        lock (_gate)
        {
            lane.Required = Math.Max(lane.Required, checkpoint);
            if (position < lane.Required)
                return false;
            _lanes.Remove(lane.Recipient);
            _returning[lane.Recipient] = lane;
            return true;
        }
    }

    private async Task SettleAsync(AsideLane lane)
    {
        for (var pause = RoutingLimits.RetryFirst; ; pause = RetryPause.Longer(pause))
        {
            try
            {
                foreach (var number in lane.Numbers)
                {
                    if (!(await AskAsync(new ResumeDelivery(_services.Owner, number))).Value)
                    {
                        await LoseAsync();
                        return;
                    }
                }

                RoutingLog.DeliveryResumed(_services.Logger, _shard, Pseudonym(lane.Recipient));
                lock (_gate)
                    _returning.Remove(lane.Recipient);
                return;
            }
            catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
            {
                RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, pause);
            }

            await PauseAsync(pause);
        }
    }

    /// <summary>Not each try is written down: a new head, the deadline, and every power of two.</summary>
    private async Task NoteAsync(AsideLane lane, HeldDelivery held)
    {
        var isNewHead = held.Position != lane.Held.Position;
        lane.Attempts = isNewHead ? 1 : lane.Attempts + 1;
        var overdueAt = isNewHead ? lane.OverdueAt + (held.AcceptedAt - lane.Held.AcceptedAt) : lane.OverdueAt;
        var isDue = !lane.IsOverdue && _services.Time.GetUtcNow() >= overdueAt;
        if (!isNewHead && !isDue && !BitOperations.IsPow2(lane.Attempts))
            return;
        var note = (await AskAsync(new NoteDelivery(_services.Owner, lane.Numbers[0], held, lane.Attempts))).Value;
        if (!note.IsOurs)
        {
            await LoseAsync();
            return;
        }

        lane.Held = held;
        lane.OverdueAt = overdueAt;
        if (note.IsNewAlarm)
        {
            RoutingLog.DeliveryOverdue(
                _services.Logger, _shard, Name(lane.Numbers[0]), Pseudonym(lane.Recipient), held.Reason, held.Position, lane.Attempts);
        }

        lane.IsOverdue |= isDue || note.IsNewAlarm;
    }

    private async Task NoteStandstillAsync(long position)
    {
        try
        {
            var held = new HeldDelivery(
                "", position, _services.Time.GetUtcNow(), null, null, default, HeldUp.UnreadableEntry);
            var ticket = (await AskAsync(new SetDeliveryAside(_services.Owner, held, 1))).Value.Ticket;
            if (ticket is null)
                return;
            if (!ticket.IsOverdue && _services.Time.GetUtcNow() >= ticket.OverdueAt)
            {
                var note = (await AskAsync(
                    new NoteDelivery(_services.Owner, ticket.Number, ticket.Held, ticket.Attempts))).Value;
                if (note.IsNewAlarm)
                {
                    RoutingLog.DeliveryOverdue(
                        _services.Logger, _shard, Name(ticket.Number), "everybody", HeldUp.UnreadableEntry, position, ticket.Attempts);
                }

                ticket = ticket with { IsOverdue = note.IsOurs };
            }

            lock (_gate)
                _standstills[ticket.Number] = ticket;
        }
        catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
        {
            // It stands still anyhow; the next look notes it.
            RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, RoutingLimits.RetryMax);
        }
    }

    private async Task EndStandstillAsync()
    {
        long[] over;
        lock (_gate)
            over = _standstills.Count == 0 ? [] : [.. _standstills.Where(one => one.Value.Held.Position <= _planned).Select(one => one.Key)];
        foreach (var number in over)
        {
            // Another router may have it in hand: then it is that one's to settle.
            await AskAsync(new ResumeDelivery(_services.Owner, number));
            lock (_gate)
                _standstills.Remove(number);
        }
    }

    private async Task LoseAsync()
    {
        RoutingLog.AsidesTakenOver(_services.Logger, _shard);
        _isLost = true;
        await _ending.CancelAsync();
    }

    // D5: tried without end.
    private async Task TakeDutiesAsync(TakeIntoAgenda command)
    {
        for (var pause = RoutingLimits.RetryFirst; ; pause = RetryPause.Longer(pause))
        {
            try
            {
                await AskAsync(command);
                return;
            }
            catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
            {
                RoutingLog.DeliveryHeldUp(_services.Logger, _shard, failure.GetType().Name, pause);
            }
            catch (Exception bug) when (bug is not (OperationCanceledException or EngineDrainingException))
            {
                RoutingLog.ShardFailed(_services.Logger, _shard, bug.GetType().Name, pause, bug.StackTrace);
            }

            await PauseAsync(pause);
        }
    }

    private ValueTask<Domain.Turns.TurnResult<TAnswer>> AskAsync<TAnswer>(AgendaCommand<TAnswer> command) =>
        _services.Engine.AskAsync(_agenda, command, _ending.Token);

    // Between two tries it looks at the token itself: a store that has failed may refuse without doing so, for ever.
    private Task PauseAsync(TimeSpan pause) =>
        Task.Delay(RetryPause.Jittered(pause), _services.Time, _ending.Token);

    /// <summary>How long a try is waited for.</summary>
    private sealed class Patience : IDisposable
    {
        private readonly CancellationTokenSource _timer;
        private readonly CancellationTokenSource _either;

        public Patience(TimeProvider time, CancellationToken ending)
        {
            _timer = new CancellationTokenSource(RoutingLimits.AttemptMax, time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(ending, _timer.Token);
        }

        public CancellationToken Token => _either.Token;

        public void Dispose()
        {
            _either.Dispose();
            _timer.Dispose();
        }
    }
}
