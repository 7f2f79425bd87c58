namespace HealthGrains.LoadTests.Measuring;

/// <summary>Makes the calls of a schedule when they are due, whatever became of those before.</summary>
/// <remarks>
/// I1: a call's latency counts from its intended start, so waiting in this program counts too (no coordinated omission).
/// I2: at most so many calls are under way; one that is due above that is not made, and told as overflow. It is never
/// made later, for then it would be another schedule.
/// </remarks>
/// <param name="elapsed">Time since the begin of the schedule.</param>
/// <param name="wait">Waits about as long.</param>
/// <param name="outstandingMax">From 1.</param>
internal sealed class OpenLoop(Func<TimeSpan> elapsed, Func<TimeSpan, CancellationToken, Task> wait, int outstandingMax)
{
    private static readonly TimeSpan WaitMin = TimeSpan.FromMilliseconds(1);

    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _outstanding = 1;

    /// <summary>Calls under way.</summary>
    public int Outstanding => Math.Max(0, Volatile.Read(ref _outstanding) - 1);

    /// <summary>Goes through the schedule and returns once the last call has ended.</summary>
    /// <param name="schedule">What is due when.</param>
    /// <param name="call">Makes call number n, given its intended start. It handles its own failures.</param>
    /// <param name="overflow">Is told of a start that was not made.</param>
    /// <param name="cancellation">Ends the schedule early; calls under way are waited for.</param>
    public async Task RunAsync(
        Schedule schedule, Func<long, TimeSpan, Task> call, Action<long, TimeSpan> overflow, CancellationToken cancellation)
    {
        for (long number = 0; number < schedule.Count && !cancellation.IsCancellationRequested; number++)
        {
            var start = schedule.StartOf(number);
            for (var early = start - elapsed(); early > TimeSpan.Zero; early = start - elapsed())
            {
                try
                {
                    await wait(early > WaitMin ? early : WaitMin, cancellation);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    break;
                }
            }

            if (cancellation.IsCancellationRequested || _drained.Task.IsFaulted)
                break;
            if (Volatile.Read(ref _outstanding) > outstandingMax)
            {
                overflow(number, start);
                continue;
            }

            Interlocked.Increment(ref _outstanding);
            _ = CompleteAsync(call(number, start));
        }

        Leave();
        await _drained.Task;
    }

    private async Task CompleteAsync(Task call)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A call that lets an exception out is a defect of this program: the run ends with it instead of a figure.
        if (call.Exception is { } broken)
            _drained.TrySetException(broken.InnerExceptions);
        else
            Leave();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _outstanding) == 0)
            _drained.TrySetResult();
    }
}
