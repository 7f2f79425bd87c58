using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Engine;

/// <summary>Asks a grain a command: "ask this patient", "ask this inbox", "ask this sender".</summary>
/// <remarks>
/// <para>E1. One turn at a time for each grain, and the turns of one caller who awaits them in the order of the calls.</para>
/// <para>E2. A caller who gives up ends the waiting: a turn that has not begun is dropped, one that has begun goes on to its
/// end, and its commit with it.</para>
/// <para>E3. Overload is refused at once or within <see cref="GrainLimits.AdmissionWaitMax"/>, lowest priority first,
/// with <see cref="EngineOverloadedException"/>; nothing was done.</para>
/// <para>E4. Draining lets turns that have begun end, refuses new ones, and then returns.</para>
/// <para>E5. Two engines may own one grain for a while, in one process or in several: the store decides, no acknowledged
/// turn is lost.</para>
/// </remarks>
public interface IGrainEngine : IAsyncDisposable
{
    /// <param name="grain">Its kind chooses the aggregate, which must be the command's.</param>
    /// <param name="command">Plain data.</param>
    /// <param name="waiting">The caller's; see E2.</param>
    /// <exception cref="EngineOverloadedException">Nothing was done.</exception>
    /// <exception cref="EngineDrainingException">Nothing was done: this process is ending.</exception>
    /// <exception cref="JournalException">The store could not; see its kinds.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the outcome of a turn that had begun is unknown.</exception>
    ValueTask<TurnResult<TAnswer>> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class;

    /// <summary>Ends gracefully: E4.</summary>
    /// <param name="atMost">Then it returns although turns are still running; their outcome is the journal's.</param>
    ValueTask DrainAsync(TimeSpan atMost);

    /// <summary>Figures for operators.</summary>
    EngineStatus Status { get; }
}

/// <summary>Grains in memory, calls waiting, and calls refused so far.</summary>
public readonly record struct EngineStatus(int Activations, int WaitingCalls, long RefusedCalls)
{
    /// <summary>How long a turn that begins now will take; zero while the engine is not busy. Beyond
    /// <see cref="GrainLimits.AdmissionWaitMax"/> calls are refused, lower priorities first.</summary>
    public TimeSpan ExpectedWait { get; init; }
}

/// <summary>Too many calls: nothing was done, try again later.</summary>
/// <param name="what">Which limit spoke, in words.</param>
public sealed class EngineOverloadedException(string what) : Exception(what);

/// <summary>This process is ending; another one will answer.</summary>
public sealed class EngineDrainingException() : Exception("The engine is draining.");
