using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using HealthGrains.Rpc.Envelope;
using HealthGrains.Rpc.GrpcWire;

namespace HealthGrains.Rpc.Client;

/// <summary>What both kinds of request bodies share.</summary>
internal abstract class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_contentType = new(GrpcHeaders.ContentType);

    protected RequestContent() => Headers.ContentType = s_contentType;

    // Replies have their own limit; a request that is too large is for the server to refuse.
    protected static async ValueTask WriteAsync(Stream stream, IMessage message, bool compress, CancellationToken ct)
    {
        using var buffer = new PooledSequence(EnvelopePrefix.Size + Math.Min(message.CalculateSize(), Limits.PooledBlockBytes));
        EnvelopeWriter.Write(buffer, message, compress, int.MaxValue - EnvelopePrefix.Size);
        foreach (ReadOnlyMemory<byte> part in buffer.Written)
            await stream.WriteAsync(part, ct);
    }

    protected sealed override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);
}

/// <summary>A body of one message.</summary>
internal sealed class MessageContent(IMessage message, bool compress) : RequestContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        WriteAsync(stream, message, compress, cancellationToken).AsTask();
}

/// <summary>A body that is written while the call runs.</summary>
internal sealed class StreamingContent(ClientCall call) : RequestContent
{
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writing;

    /// <summary>Writes one message and sends it off.</summary>
    public async ValueTask WriteAsync(IMessage message)
    {
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("The previous write to this call has not completed.");
        try
        {
            if (_finished.Task.IsCompletedSuccessfully)
                throw new InvalidOperationException("The requests of this call are complete.");
            Stream stream = await _opened.Task;
            await WriteAsync(stream, message, call.Options.Compress, call.Token);
            await stream.FlushAsync(call.Token);
        }
        catch (ObjectDisposedException e)
        {
            // The handler closes the stream under its writer once the server has ended the call.
            throw new IOException("The server ended the call.", e);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    /// <summary>No more messages.</summary>
    public void Finish() => _finished.TrySetResult();

    /// <summary>A writer must not wait for a stream that will never open.</summary>
    public void FailWith(Task sending) => _ = FailWithAsync(sending);

    private async Task FailWithAsync(Task sending)
    {
        try
        {
            await sending;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The one who reads the call is told what happened; here it only ends the waiting.
        }
        _opened.TrySetException(new IOException("The call ended before its requests could be sent."));
        _ = _opened.Task.Exception;
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // Headers leave with the first flush: the server may have something to say before the first message.
        await stream.FlushAsync(cancellationToken);
        await using CancellationTokenRegistration ended = cancellationToken.UnsafeRegister(
            static (finished, token) => ((TaskCompletionSource)finished!).TrySetCanceled(token), _finished); // ! passed just here
        _opened.TrySetResult(stream);
        await _finished.Task;
    }
}
