using Google.Protobuf;
using HealthGrains.Rpc.Client;

namespace HealthGrains.Rpc;

/// <summary>A call with any number of requests and one reply. One writer at a time; disposing an unfinished call cancels it.</summary>
public sealed class RpcClientStreamingCall<TRequest, TReply> : IAsyncDisposable
    where TRequest : IMessage<TRequest>
    where TReply : class, IMessage<TReply>, new()
{
    private readonly ClientCall _call;
    private readonly StreamingContent _content;

    internal RpcClientStreamingCall(ClientCall call, StreamingContent content)
    {
        _call = call;
        _content = content;
    }

    /// <summary>Sends one request.</summary>
    /// <exception cref="RpcException">The server has ended the call; this is its status.</exception>
    public async ValueTask WriteAsync(TRequest request)
    {
        try
        {
            await _content.WriteAsync(request);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server did not want the rest: what it answered says why.
            await _call.ReadSingleAsync(ClientCodec<TReply>.Instance);
            throw _call.Translate(e);
        }
    }

    /// <summary>Sends the end of the requests and returns the reply.</summary>
    /// <exception cref="RpcException">Any status but OK.</exception>
    public async Task<TReply> FinishAsync()
    {
        _content.Finish();
        return await _call.ReadSingleAsync(ClientCodec<TReply>.Instance);
    }

    public ValueTask DisposeAsync() => _call.DisposeAsync();
}

/// <summary>A call with any number of requests and of replies. One writer and one reader at a time; disposing an unfinished
/// call cancels it.</summary>
public sealed class RpcDuplexCall<TRequest, TReply> : IAsyncDisposable
    where TRequest : IMessage<TRequest>
    where TReply : class, IMessage<TReply>, new()
{
    private readonly ClientCall _call;
    private readonly StreamingContent _content;
    private TReply? _current;

    internal RpcDuplexCall(ClientCall call, StreamingContent content)
    {
        _call = call;
        _content = content;
    }

    /// <summary>The reply that the last successful <see cref="MoveNextAsync"/> read.</summary>
    public TReply Current => _current ?? throw new InvalidOperationException("No reply was read yet, or there are no more.");

    /// <summary>Sends one request.</summary>
    /// <exception cref="RpcException">CANCELLED: the server has ended the call; its status is what reading it throws.</exception>
    public async ValueTask WriteAsync(TRequest request)
    {
        try
        {
            await _content.WriteAsync(request);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            Exception cause = _call.Translate(e);
            throw cause is RpcException { Code: RpcStatusCode.Unavailable or RpcStatusCode.Cancelled }
                ? new RpcException(RpcStatusCode.Cancelled, "the call is over; its status comes from reading it", [], e)
                : cause;
        }
    }

    /// <summary>Sends the end of the requests; replies go on.</summary>
    public void FinishRequests() => _content.Finish();

    /// <summary>Reads the next reply; false once the server has said OK.</summary>
    /// <exception cref="RpcException">Any status but OK.</exception>
    public async ValueTask<bool> MoveNextAsync()
    {
        _current = await _call.ReadAsync(ClientCodec<TReply>.Instance);
        return _current is not null;
    }

    /// <summary>All replies that are left.</summary>
    public async IAsyncEnumerable<TReply> ReadAllAsync()
    {
        while (await MoveNextAsync())
            yield return Current;
    }

    public ValueTask DisposeAsync() => _call.DisposeAsync();
}
