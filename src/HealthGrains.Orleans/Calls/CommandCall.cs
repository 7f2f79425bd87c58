using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Orleans.Calls;

/// <summary>A command with its types, so that everything between the caller and the turn can do without them.</summary>
internal abstract class CommandCall
{
    /// <summary>The name of the command in <see cref="CommandCatalog"/>: what crosses to another silo.</summary>
    public abstract string Name { get; }

    /// <summary>Asks the engine of the silo where the grain is. Never fails: a failure is an answer.</summary>
    public abstract ValueTask<CallAnswer> AskAsync(IGrainEngine engine, JournalId grain, CancellationToken waiting);
}

/// <inheritdoc cref="CommandCall"/>
internal sealed class CommandCall<TState, TEvent, TAnswer>(Command<TState, TEvent, TAnswer> command) : CommandCall
    where TState : class
    where TEvent : class
{
    public override string Name => command.GetType().Name;

    public Command<TState, TEvent, TAnswer> Command => command;

    public override async ValueTask<CallAnswer> AskAsync(IGrainEngine engine, JournalId grain, CancellationToken waiting)
    {
        try
        {
            return new CallAnswer<TAnswer>(Name, await engine.AskAsync(grain, command, waiting));
        }
        catch (Exception e)
        {
            // The border between silos, as the RPC border is one: what a turn throws may quote what it was about, and neither
            // Orleans' log nor another machine may get that. The turn loop has logged it.
            return new CallFailure(e);
        }
    }
}

/// <summary>How a call ended on the silo of its grain.</summary>
internal abstract class CallAnswer
{
    /// <summary>Whether nothing was done because that silo is leaving.</summary>
    public virtual bool IsDraining => false;

    /// <summary>The name of the command that it answers; empty for a failure.</summary>
    public virtual string Command => "";

    /// <exception cref="Exception">The failure that the turn had.</exception>
    public abstract TurnResult<TAnswer> Read<TAnswer>();
}

/// <summary>The turn's result.</summary>
internal sealed class CallAnswer<TAnswer>(string command, TurnResult<TAnswer> result) : CallAnswer
{
    public override string Command => command;

    public TurnResult<TAnswer> Result => result;

    public override TurnResult<T> Read<T>() => this is CallAnswer<T> mine
        ? mine.Result
        : throw new Grains.InvariantException("A command is answered with what it asks for.");
}

/// <summary>What the turn, or the engine before it, threw.</summary>
internal sealed class CallFailure(Exception failure) : CallAnswer
{
    public Exception Failure => failure;

    public override bool IsDraining => failure is EngineDrainingException;

    public override TurnResult<TAnswer> Read<TAnswer>()
    {
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        return default;
    }
}
