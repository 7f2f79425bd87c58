using System.IO.Pipelines;
using Google.Protobuf;
using HealthGrains.Rpc.Envelope;
using HealthGrains.Rpc.GrpcWire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Rpc.Server;

/// <summary>The wire side of one call: reads its requests, writes its replies, and knows how far it came.</summary>
/// <remarks>Touches the HTTP context only while the endpoint's method runs; a unary handler that outlives its call has no
/// reference to it, and streams are closed before it ends.</remarks>
internal sealed class ServerExchange
{
    private readonly HttpContext _context;
    private readonly EnvelopeReader _reader;
    private readonly PipeWriter _output;
    private readonly bool _callerAcceptsGzip;
    private readonly ILogger _logger;
    private string? _contentType;
    private bool _announcedGzip;

    // Written by the handler's end, read by a flush that it forgot.
    private volatile bool _closing;

    public ServerExchange(
        HttpContext context, RpcMethod method, RpcCall call, CallLifetime lifetime, RpcServerOptions options, ILogger logger,
        string contentType, bool requestsAreGzip, bool callerAcceptsGzip)
    {
        _context = context;
        _logger = logger;
        _contentType = contentType;
        _callerAcceptsGzip = callerAcceptsGzip;
        _output = context.Response.BodyWriter;
        _reader = new EnvelopeReader(context.Request.BodyReader, requestsAreGzip, options.MessageBytesMax, options.Inflate, counted: true);
        Method = method;
        Call = call;
        Lifetime = lifetime;
        Options = options;
    }

    public RpcMethod Method { get; }

    public RpcCall Call { get; }

    public CallLifetime Lifetime { get; }

    public RpcServerOptions Options { get; }

    /// <summary>Response headers are fixed: the status has to go into trailers.</summary>
    public bool Started { get; private set; }

    /// <summary>A message was left half written: only a reset of the stream tells the truth.</summary>
    public bool Broken { get; private set; }

    /// <summary>Bytes of the last reply; zero before it.</summary>
    public int LastReplyBytes { get; private set; }

    /// <summary>The one request of a method that takes one.</summary>
    /// <exception cref="RpcException">UNIMPLEMENTED for none or several, as the status codes of gRPC have it.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(MessageCodec<T> codec)
        where T : class, IMessage<T>
    {
        T message = await ReadAsync(codec, CancellationToken.None)
            ?? throw new RpcException(RpcStatusCode.Unimplemented, "the method takes one message, none came");
        if (!_reader.EndSeen && !await AtEndAsync())
            throw new RpcException(RpcStatusCode.Unimplemented, "the method takes one message, more came");
        return message;
    }

    /// <summary>The next request, or null at the end of the stream.</summary>
    public ValueTask<T?> ReadAsync<T>(MessageCodec<T> codec, CancellationToken ct)
        where T : class, IMessage<T>
    {
        if (ct.CanBeCanceled && ct != Lifetime.Token)
            return ReadLinkedAsync(codec, ct);
        try
        {
            ValueTask<T?> read = _reader.ReadAsync(codec, Lifetime.Token);
            if (read.IsCompletedSuccessfully)
                return read;
            Lifetime.Arm();
            return Guarded(read);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The stream was gone before it was read, which Kestrel says at once.
            throw Gone();
        }
    }

    /// <summary>Waits for a unary handler, but not longer than the call lasts.</summary>
    /// <remarks>A commit under way ends by itself: the handler goes on, and only its waiting caller is answered.</remarks>
    public async Task<T> WaitAsync<T>(Task<T> handler)
    {
        Lifetime.Arm();
        try
        {
            return await handler.WaitAsync(Lifetime.Token);
        }
        catch (OperationCanceledException) when (!handler.IsCompleted)
        {
            _ = ObserveLateAsync(handler);
            throw;
        }
    }

    /// <summary>Completes the call with its only reply, if it is still under way.</summary>
    public void CompleteWith(IMessage reply)
    {
        if (reply is null)
            throw new InvalidOperationException("The handler returned no reply.");
        Complete();
        Write(reply);
    }

    /// <summary>From here on the outcome is the handler's.</summary>
    /// <exception cref="RpcException">The call was stopped before.</exception>
    public void Complete()
    {
        if (!Lifetime.TryComplete())
            throw Lifetime.ToStatus();
    }

    /// <summary>Puts one message into the response, without flushing it.</summary>
    public void Write(IMessage message)
    {
        if (!Started)
            Start();
        bool written = false;
        try
        {
            EnvelopePrefix sent = EnvelopeWriter.Write(_output, message, _announcedGzip && Call.CompressReplies, Options.ReplyBytesMax);
            LastReplyBytes = sent.Length;
            RpcInstruments.MessageSent(sent.Compressed, sent.Length);
            written = true;
        }
        catch (RpcException)
        {
            // Refused for its size, before its first byte.
            written = true;
            throw;
        }
        finally
        {
            Broken = !written;
        }
    }

    /// <summary>Completes when the caller's window has taken what was written.</summary>
    public ValueTask FlushAsync(CancellationToken ct)
    {
        try
        {
            ValueTask<FlushResult> flush = _output.FlushAsync(CancellationToken.None);
            if (!flush.IsCompletedSuccessfully)
                return WaitAsync(flush, ct);
            Check(flush.Result);
            return ValueTask.CompletedTask;
        }
        catch (IOException)
        {
            throw Gone();
        }
    }

    /// <summary>Waits until the caller has taken everything, whatever became of the call.</summary>
    /// <returns>False if it has not within the limit.</returns>
    public async Task<bool> FlushWithinAsync(TimeSpan limit)
    {
        try
        {
            // A cancellation that came too late for the flush before would end the first of these at once.
            await _output.FlushAsync(CancellationToken.None).AsTask().WaitAsync(limit, Options.TimeProvider);
            await _output.FlushAsync(CancellationToken.None).AsTask().WaitAsync(limit, Options.TimeProvider);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (IOException)
        {
            // The caller is gone, and with it the question.
            return true;
        }
    }

    public void CancelRead() => _context.Request.BodyReader.CancelPendingRead();

    /// <summary>Ends the flush that a handler has forgotten.</summary>
    public void CloseOutput()
    {
        _closing = true;
        CancelFlush();
    }

    private void CancelFlush() => _output.CancelPendingFlush();

    /// <summary>Sends OK or the error, as trailers or, where nothing was sent before, as the only headers.</summary>
    public void WriteStatus(RpcException? error)
    {
        HttpResponse response = _context.Response;
        if (!Started)
        {
            if (error is null)
            {
                // A stream without replies still has headers of its own.
                Start();
            }
            else
            {
                Started = true;
                StatusHeaders.WriteTrailersOnly(response, _contentType ?? GrpcHeaders.ContentType, error, Call);
                return;
            }
        }
        StatusHeaders.WriteTrailers(response, error, Call);
    }

    private void Start()
    {
        Started = true;
        HttpResponse response = _context.Response;
        response.ContentType = _contentType ?? GrpcHeaders.ContentType;
        _contentType = null;
        if (_callerAcceptsGzip && Call.CompressReplies)
        {
            _announcedGzip = true;
            response.Headers.GrpcEncoding = GrpcHeaders.Gzip;
        }
        if (Call.ResponseHeadersOrNull is { } metadata)
            StatusHeaders.AddMetadata(response.Headers, metadata);
    }

    private async ValueTask<bool> AtEndAsync()
    {
        Lifetime.Arm();
        try
        {
            return await _reader.IsAtEndAsync(Lifetime.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw Gone();
        }
    }

    private async ValueTask<T?> ReadLinkedAsync<T>(MessageCodec<T> codec, CancellationToken ct)
        where T : class, IMessage<T>
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, Lifetime.Token);
        Lifetime.Arm();
        try
        {
            return await _reader.ReadAsync(codec, linked.Token);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested && !Lifetime.IsStopped)
        {
            // The handler's own token: only its waiting ended.
            throw;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw Gone();
        }
    }

    private async ValueTask<T?> Guarded<T>(ValueTask<T?> read)
        where T : class
    {
        try
        {
            return await read;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            throw Gone();
        }
    }

    // Kestrel resets the stream of a flush whose token fires, and with it goes the status; a flush that is cancelled as
    // pending leaves the stream usable.
    private async ValueTask WaitAsync(ValueTask<FlushResult> flush, CancellationToken ct)
    {
        await using CancellationTokenRegistration stopped = Lifetime.Token.UnsafeRegister(
            static self => ((ServerExchange)self!).CancelFlush(), this); // ! passed just here
        await using CancellationTokenRegistration given = ct == Lifetime.Token ? default : ct.UnsafeRegister(
            static self => ((ServerExchange)self!).CancelFlush(), this); // ! passed just here
        try
        {
            // Kestrel does not pass on that a flush was cancelled: what was meant by it is asked below.
            Check(await flush);
        }
        catch (IOException)
        {
            throw Gone();
        }
        Lifetime.Token.ThrowIfCancellationRequested();
        ct.ThrowIfCancellationRequested();
        if (_closing)
            throw new OperationCanceledException("The handler has returned.");
    }

    private void Check(FlushResult result)
    {
        if (result.IsCompleted)
            throw Gone();
    }

    // Kestrel may say that the stream is gone before the token that it gave us fires.
    private OperationCanceledException Gone()
    {
        Lifetime.Stop(CallEnd.ClientGone);
        return new OperationCanceledException(Lifetime.Token);
    }

    private async Task ObserveLateAsync<T>(Task<T> handler)
    {
        string method = Call.Method;
        try
        {
            await handler;
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException)
        {
            // It noticed that nobody waits any more.
        }
        catch (Exception e)
        {
            if (Options.MapException?.Invoke(e) is null)
                RpcLog.LateHandlerFailed(_logger, method, e.GetType().Name, e.StackTrace);
        }
    }
}
