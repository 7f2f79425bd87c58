using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HealthGrains.Testing.Clocks;

/// <summary>Awaits that end: with what they wait for, or with a message that says what did not come.</summary>
public static class BoundedAwait
{
    /// <summary>Real time; only a test that fails waits this long.</summary>
    public static readonly TimeSpan AtMost = TimeSpan.FromSeconds(30);

    /// <param name="task">What is awaited.</param>
    /// <param name="phase">What the test is doing, as in "draining the engine".</param>
    /// <param name="what">Whom or what it is about.</param>
    /// <param name="where">Filled in by the compiler.</param>
    /// <exception cref="TimeoutException">It did not complete.</exception>
    public static async Task Within(
        this Task task, string phase, string what = "", [CallerArgumentExpression(nameof(task))] string where = "")
    {
        await Task.WhenAny(task, Task.Delay(AtMost));
        if (!task.IsCompleted)
            throw Timeout(phase, what, where);
        await task;
    }

    /// <inheritdoc cref="Within(Task,string,string,string)"/>
    public static async Task<T> Within<T>(
        this Task<T> task, string phase, string what = "", [CallerArgumentExpression(nameof(task))] string where = "")
    {
        await ((Task)task).Within(phase, what, where);
        return await task;
    }

    /// <inheritdoc cref="Within(Task,string,string,string)"/>
    public static Task<T> Within<T>(
        this ValueTask<T> task, string phase, string what = "", [CallerArgumentExpression(nameof(task))] string where = "") =>
        task.AsTask().Within(phase, what, where);

    /// <inheritdoc cref="Within(Task,string,string,string)"/>
    public static Task Within(
        this ValueTask task, string phase, string what = "", [CallerArgumentExpression(nameof(task))] string where = "") =>
        task.AsTask().Within(phase, what, where);

    /// <summary>Looks again and again until a figure is what it is to become, for figures that nobody announces.</summary>
    /// <exception cref="TimeoutException">It did not; the message says expected and actual.</exception>
    public static async Task UntilAsync<T>(
        Func<T> read, T expected, string phase, [CallerArgumentExpression(nameof(read))] string what = "")
    {
        var started = Stopwatch.GetTimestamp();
        T actual;
        while (!EqualityComparer<T>.Default.Equals(actual = read(), expected))
        {
            if (Stopwatch.GetElapsedTime(started) > AtMost)
                throw new TimeoutException($"While {phase}: {what} is {actual}, expected {expected}, after {AtMost}.");
            await Task.Yield();
        }
    }

    private static TimeoutException Timeout(string phase, string what, string where) =>
        new($"While {phase}: '{what}' did not come ({where}) within {AtMost}.");
}
