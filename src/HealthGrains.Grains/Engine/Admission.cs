using HealthGrains.Domain.Turns;

namespace HealthGrains.Grains.Engine;

/// <summary>Counts the calls under way, and says who may come in and who has waited too long.</summary>
/// <remarks>
/// <para>Load is shed in four places, lower priorities first in each:</para>
/// <para>A1. At the door: each priority has a part of the calls that may be under way, running and waiting together
/// (<see cref="GrainLimits.CallsMaxFor"/>). Replays meet their limit at half of it, emergency reads at the whole.</para>
/// <para>A2. At a full mailbox: the call takes the place of the youngest call of the lowest priority, if that is lower than
/// its own; otherwise it is refused. Either is told at once.</para>
/// <para>A3. In the mailbox: a call that would have waited longer than <see cref="GrainLimits.AdmissionWaitMax"/> before
/// the next look is late. Late calls are shed while the load is high, priority by priority from the lowest, the
/// oldest first, and only until it is high no more. High is: more than a quarter of the engine's calls under way, or more
/// than half a mailbox waiting for that grain. Below that, waiting is a matter between the caller and its deadline.</para>
/// <para>A4. At the door again: when the turns that run already are expected to take longer than
/// <see cref="GrainLimits.AdmissionWaitMax"/> (<see cref="TurnPace"/>), calls are refused by
/// <see cref="GrainLimits.ExpectedWaitMaxFor"/>. So the store's queue stays short enough for what is never refused for it:
/// an emergency read or a revocation gets its commit soon, whatever else is asked.</para>
/// <para>Counting has no lock; the order "count, then look whether the engine drains" here, and "say that it drains, then
/// look at the count" there, lets a call be counted or refused, never neither.</para>
/// </remarks>
internal sealed class Admission(int callsMax, TimeSpan admissionWaitMax, TimeProvider time)
{
    private readonly ArrivalList[] _arrivals =
        [.. Enumerable.Range(0, (int)TurnPriority.Replay + 1).Select(_ => new ArrivalList())];

    private readonly int[] _callsMaxFor =
        [.. Enumerable.Range(0, (int)TurnPriority.Replay + 1)
            .Select(priority => GrainLimits.CallsMaxFor((TurnPriority)priority, callsMax))];

    private readonly TimeSpan?[] _expectedWaitMaxFor =
        [.. Enumerable.Range(0, (int)TurnPriority.Replay + 1)
            .Select(priority => GrainLimits.ExpectedWaitMaxFor((TurnPriority)priority, admissionWaitMax))];

    private readonly TurnPace _pace = new(time);
    private readonly int _callsHigh = Math.Max(1, callsMax / GrainLimits.CallsHighDivisor);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _underWay;
    private int _draining;
    private long _refused;

    /// <summary>Calls let in and not ended.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    public bool IsDraining => Volatile.Read(ref _draining) != 0;

    public long Refused => Interlocked.Read(ref _refused);

    public int Waiting
    {
        get
        {
            var waiting = 0;
            foreach (var arrivals in _arrivals)
                waiting += arrivals.Count;
            return waiting;
        }
    }

    /// <summary>How long a turn that begins now will take; zero while the engine is not busy.</summary>
    public TimeSpan ExpectedWait => _pace.ExpectedWait(UnderWay - Waiting);

    /// <summary>Completes when the engine drains and no call is under way.</summary>
    public Task Drained => _drained.Task;

    private bool IsHigh => UnderWay > _callsHigh;

    /// <summary>Lets a call in; <see cref="Leave"/> is owed for it then.</summary>
    /// <returns>Null, or who refused it.</returns>
    public RefusedBy? TryEnter(TurnPriority priority)
    {
        var underWay = Interlocked.Increment(ref _underWay);
        if (IsDraining)
        {
            Leave();
            return RefusedBy.Draining;
        }

        if (underWay > _callsMaxFor[(int)priority])
        {
            Leave();
            return RefusedBy.Calls;
        }

        if (_expectedWaitMaxFor[(int)priority] is { } most && ExpectedWait > most)
        {
            Leave();
            return RefusedBy.ExpectedWait;
        }

        return null;
    }

    /// <summary>A call that was let in has ended, one way or another.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _underWay) == 0 && IsDraining)
            _drained.TrySetResult();
    }

    /// <summary>A turn that ran has ended.</summary>
    public void TurnEnded() => _pace.TurnEnded();

    /// <summary>Called a few times in each <see cref="GrainLimits.AdmissionWaitMax"/>.</summary>
    public void LookAtPace() => _pace.Look(UnderWay - Waiting);

    public void CountRefused() => Interlocked.Increment(ref _refused);

    /// <summary>From here on nobody is let in.</summary>
    public void Drain()
    {
        Interlocked.Exchange(ref _draining, 1);
        if (UnderWay == 0)
            _drained.TrySetResult();
    }

    /// <summary>The call waits in a mailbox now; its stripe's lock is held.</summary>
    public void BeginWaiting(Call call, long now)
    {
        call.ArrivedAt = now;
        _arrivals[(int)call.Priority].Add(call);
    }

    /// <summary>The call waits no more; its stripe's lock is held.</summary>
    public void EndWaiting(Call call) => _arrivals[(int)call.Priority].Remove(call);

    /// <summary>A3: the late calls that are shed now, lowest priority first. It is the enumeration that decides, so the
    /// caller sheds each one before it asks for the next.</summary>
    /// <param name="lateUntil">Calls that arrived then or before are late.</param>
    public IEnumerable<Call> Late(long lateUntil)
    {
        for (var priority = (int)TurnPriority.Replay; priority >= 0; priority--)
        {
            if (_arrivals[priority].Count == 0)
                continue;
            foreach (var call in _arrivals[priority].ArrivedUntil(lateUntil))
            {
                // The depth is read without the stripe's lock: a hint is enough to judge load.
                if (IsHigh || call.QueuedOn?.Waiting.Depth > GrainLimits.MailboxDepthHigh)
                    yield return call;
            }
        }
    }

    /// <summary>Every call that waits at this moment.</summary>
    public IEnumerable<Call> AllWaiting() => _arrivals.SelectMany(arrivals => arrivals.ArrivedUntil(long.MaxValue));
}
