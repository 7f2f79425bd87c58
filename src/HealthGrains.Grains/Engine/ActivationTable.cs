using System.Numerics;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Engine;

/// <summary>The grains in memory.</summary>
/// <remarks>
/// <para>Striped by the hash of the journal. Everything that decides who has a turn happens under one stripe's lock, and
/// none is ever held together with another's: see <see cref="ActivationStripe.Gate"/> for the race that this closes.</para>
/// <para>The count is common to all stripes and never passes its maximum: a place is counted before a grain is added.
/// Without a free place the grain that is idle the longest, in whatever stripe, is let go; a busy one never is.</para>
/// </remarks>
internal sealed class ActivationTable
{
    private const int StripesPerProcessor = 8;

    private readonly StandaloneEngine _engine;
    private readonly Admission _admission;
    private readonly GrainsInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly int _activationsMax;
    private readonly int _mailboxDepthMax;
    private readonly ActivationStripe[] _stripes;
    private int _count;

    public ActivationTable(
        StandaloneEngine engine,
        Admission admission,
        GrainsInstruments instruments,
        TimeProvider time,
        StandaloneEngineOptions options)
    {
        _engine = engine;
        _admission = admission;
        _instruments = instruments;
        _time = time;
        _activationsMax = options.ActivationsMax;
        _mailboxDepthMax = options.MailboxDepthMax;
        var stripes = BitOperations.RoundUpToPowerOf2((uint)(Environment.ProcessorCount * StripesPerProcessor));
        _stripes = [.. Enumerable.Range(0, (int)stripes).Select(_ => new ActivationStripe())];
    }

    public int Count => Volatile.Read(ref _count);

    /// <summary>Begins a turn on an idle grain, or queues the call on a busy one.</summary>
    /// <param name="journal">Whose grain.</param>
    /// <param name="call">Null as long as the caller hopes for a turn on the spot.</param>
    /// <param name="activation">The turn's owner must end it with <see cref="EndTurn"/> or pass it on.</param>
    /// <param name="displaced">The call that lost its place in the mailbox to this one; the caller tells it.</param>
    public Entrance Enter(JournalId journal, Call? call, out Activation? activation, out Call? displaced)
    {
        displaced = null;
        var stripe = _stripes[(uint)journal.GetHashCode() & (uint)(_stripes.Length - 1)];
        while (true)
        {
            lock (stripe.Gate)
            {
                if (stripe.TryFind(journal, out activation))
                {
                    Invariant.Hold(activation is not null, "The table holds no empty places.");
                    if (activation.IsBusy)
                        return call is null ? Entrance.Busy : Queue(activation, call, out displaced);
                    stripe.BecomeBusy(activation);
                    return Entrance.TurnBegun;
                }

                if (TryCountPlace())
                {
                    activation = new Activation(_engine, stripe, journal) { IsBusy = true };
                    stripe.Add(activation);
                    _instruments.GrainActivated(journal.Kind);
                    return Entrance.TurnBegun;
                }
            }

            // Each round in vain means that another call took the place that was just made: somebody gets on.
            if (!TryLetGoLongestIdle())
                return Entrance.NoPlace;
        }
    }

    /// <summary>Ends a turn that began on the spot: idle, or on to what waits.</summary>
    public void EndTurn(Activation activation)
    {
        lock (activation.Stripe.Gate)
        {
            if (activation.Waiting.Depth == 0)
            {
                activation.Stripe.BecomeIdle(activation, _time.GetTimestamp());
                return;
            }
        }

        // Still busy, so nobody else begins or removes it. Not on this thread: it is its caller's.
        activation.Schedule();
    }

    /// <summary>The next call of a busy activation. Null when there is none: it is idle then.</summary>
    public Call? TakeNext(Activation activation)
    {
        lock (activation.Stripe.Gate)
        {
            if (activation.Waiting.TakeFirst() is { } call)
            {
                call.WaitsFor = null;
                _admission.EndWaiting(call);
                return call;
            }

            activation.Stripe.BecomeIdle(activation, _time.GetTimestamp());
            return null;
        }
    }

    /// <summary>Takes a call out of its mailbox.</summary>
    /// <returns>False when it does not wait any more: its turn has begun, or somebody else took it out.</returns>
    public bool TryWithdraw(Call call)
    {
        if (call.QueuedOn is not { } activation)
            return false;
        lock (activation.Stripe.Gate)
        {
            if (call.WaitsFor is null)
                return false;
            Remove(activation, call);
            return true;
        }
    }

    /// <summary>Lets go every grain that is idle since <paramref name="until"/> or before.</summary>
    public void LetGoIdle(long until)
    {
        foreach (var stripe in _stripes)
        {
            while (stripe.IdleSince <= until && stripe.LetGoIdle(until) is { } idle)
                CountOut(idle, LetGo.Idle);
        }
    }

    private Entrance Queue(Activation activation, Call call, out Call? displaced)
    {
        displaced = null;
        if (activation.Waiting.Depth >= _mailboxDepthMax)
        {
            if (activation.Waiting.Last is not { } last || last.Priority <= call.Priority)
                return Entrance.MailboxFull;
            Remove(activation, last);
            displaced = last;
        }

        call.QueuedOn = activation;
        call.WaitsFor = activation;
        activation.Waiting.Add(call);
        _admission.BeginWaiting(call, _time.GetTimestamp());
        return Entrance.Queued;
    }

    private void Remove(Activation activation, Call call)
    {
        activation.Waiting.Remove(call);
        call.WaitsFor = null;
        _admission.EndWaiting(call);
    }

    private bool TryCountPlace()
    {
        if (Interlocked.Increment(ref _count) <= _activationsMax)
            return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    private bool TryLetGoLongestIdle()
    {
        while (true)
        {
            var oldest = _stripes[0];
            foreach (var stripe in _stripes)
            {
                if (stripe.IdleSince < oldest.IdleSince)
                    oldest = stripe;
            }

            if (oldest.IdleSince == long.MaxValue)
                return false;
            if (oldest.LetGoIdle(long.MaxValue) is { } idle)
            {
                CountOut(idle, LetGo.PlaceNeeded);
                return true;
            }
        }
    }

    private void CountOut(Activation idle, LetGo why)
    {
        Interlocked.Decrement(ref _count);
        _instruments.GrainLetGo(idle.Journal.Kind, why);
    }
}

/// <summary>What became of a call at its grain.</summary>
internal enum Entrance
{
    /// <summary>The grain was idle: the caller has the turn.</summary>
    TurnBegun,

    /// <summary>The grain is busy: come again with a <see cref="Call"/>.</summary>
    Busy,

    /// <summary>The call waits.</summary>
    Queued,

    MailboxFull,

    /// <summary>The table is full of busy grains.</summary>
    NoPlace,
}
