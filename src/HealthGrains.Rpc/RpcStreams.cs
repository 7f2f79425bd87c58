namespace HealthGrains.Rpc;

/// <summary>The messages that a caller streams to a handler, in order, each read once.</summary>
/// <remarks>One reader at a time. Reading slower than the caller sends makes the caller wait (HTTP/2 flow control).
/// Ends when the caller half-closes; throws <see cref="OperationCanceledException"/> once the call is over and
/// <see cref="RpcException"/> for a message that breaks a rule of the wire.</remarks>
public interface IRpcRequestStream<T> : IAsyncEnumerable<T>
{
    /// <summary>The message that the last successful <see cref="MoveNextAsync"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end of the stream.</summary>
    ValueTask<bool> MoveNextAsync(CancellationToken ct);
}

/// <summary>The messages that a handler streams to its caller.</summary>
/// <remarks>One writer at a time.</remarks>
public interface IRpcReplyStream<in T>
{
    /// <summary>Sends one message; completes once the caller's HTTP/2 window has taken it.</summary>
    /// <remarks>Waits while the caller takes nothing, so that one message at most waits for a slow reader. The message is
    /// not kept.</remarks>
    /// <exception cref="OperationCanceledException">The call is over: cancelled, past its deadline, or its reader
    /// took nothing for the time that the method allows.</exception>
    ValueTask WriteAsync(T message, CancellationToken ct);
}
