namespace HealthGrains.Grains.Engine;

/// <summary>How fast turns end while many run, and so how long one that begins now will take.</summary>
/// <remarks>
/// <para>By Little's law: the turns that run, divided by the turns that end in a second. The number that run is read at the
/// moment of the question, so the answer does not lag behind a sudden crowd; the rate is that of the last
/// <see cref="Looks"/> looks.</para>
/// <para>The rate of an idle engine says nothing of what it could do. So it is known only while at least
/// <see cref="GrainLimits.TurnsRunningBusy"/> turns run, at each of the looks, and before that nobody waits. One record
/// that is slow counts as one turn, however many calls wait in its mailbox.</para>
/// </remarks>
internal sealed class TurnPace(TimeProvider time)
{
    private const int Looks = 4;

    private readonly Lock _looking = new();
    private readonly (long Ended, long At)[] _looks = new (long, long)[Looks + 1];
    private int _looksKept;
    private long _ended;
    private double _perSecond;

    /// <summary>One more turn has ended.</summary>
    public void TurnEnded() => Interlocked.Increment(ref _ended);

    /// <summary>How long a turn that begins now will take; zero while nothing is known.</summary>
    /// <param name="running">Turns that have begun and not ended.</param>
    public TimeSpan ExpectedWait(int running)
    {
        var perSecond = Volatile.Read(ref _perSecond);
        return running < GrainLimits.TurnsRunningBusy || perSecond <= 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(Math.Min(running / perSecond, 60));
    }

    /// <summary>Called every so often, by a timer.</summary>
    public void Look(int running)
    {
        lock (_looking)
        {
            if (running < GrainLimits.TurnsRunningBusy)
            {
                _looksKept = 0;
                Volatile.Write(ref _perSecond, 0);
                return;
            }

            if (_looksKept == _looks.Length)
            {
                Array.Copy(_looks, 1, _looks, 0, _looks.Length - 1);
                _looksKept--;
            }

            _looks[_looksKept++] = (Interlocked.Read(ref _ended), time.GetTimestamp());
            if (_looksKept < 3)
                return;
            var (ended, at) = _looks[_looksKept - 1];
            var seconds = time.GetElapsedTime(_looks[0].At, at).TotalSeconds;

            // A store that ends none at all in this time is as slow as can be said.
            if (seconds > 0)
                Volatile.Write(ref _perSecond, Math.Max(1, ended - _looks[0].Ended) / seconds);
        }
    }
}
