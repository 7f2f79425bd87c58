using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace HealthGrains.Rpc.Envelope;

/// <summary>Reads length-prefixed messages from a pipe, one at a time, without copying what is not compressed.</summary>
/// <remarks>Nothing is kept between two reads but what the pipe itself holds; at most one message of
/// <paramref name="messageBytesMax"/> bytes is waited for.</remarks>
/// <param name="gzipNamed">Whether the peer's "grpc-encoding" is gzip.</param>
/// <param name="counted">Whether messages are counted: the server's are.</param>
internal sealed class EnvelopeReader(PipeReader input, bool gzipNamed, int messageBytesMax, InflateLimits inflate, bool counted)
{
    /// <summary>The last read has seen the end of the stream right behind its message.</summary>
    public bool EndSeen { get; private set; }

    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="RpcException">The bytes break a rule; the stream cannot be read on.</exception>
    public ValueTask<T?> ReadAsync<T>(MessageCodec<T> codec, CancellationToken ct)
        where T : class, IMessage<T>
    {
        ValueTask<ReadResult> read = input.ReadAsync(ct);
        if (!read.IsCompletedSuccessfully)
            return ReadOnAsync(read, codec, ct);
        return TryTake(read.Result, codec, out T? message)
            ? new ValueTask<T?>(message)
            : ReadOnAsync(input.ReadAsync(ct), codec, ct);
    }

    /// <summary>Whether the stream ends here.</summary>
    public async ValueTask<bool> IsAtEndAsync(CancellationToken ct)
    {
        ReadResult result = await input.ReadAsync(ct);
        while (result.Buffer.IsEmpty && !result.IsCompleted)
        {
            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            result = await input.ReadAsync(ct);
        }
        bool empty = result.Buffer.IsEmpty;
        input.AdvanceTo(result.Buffer.Start);
        return empty;
    }

    private async ValueTask<T?> ReadOnAsync<T>(ValueTask<ReadResult> read, MessageCodec<T> codec, CancellationToken ct)
        where T : class, IMessage<T>
    {
        while (true)
        {
            if (TryTake(await read, codec, out T? message))
                return message;
            read = input.ReadAsync(ct);
        }
    }

    private bool TryTake<T>(ReadResult result, MessageCodec<T> codec, out T? message)
        where T : class, IMessage<T>
    {
        ReadOnlySequence<byte> buffer = result.Buffer;
        SequencePosition consumed = buffer.Start, examined = buffer.End;
        message = null;
        try
        {
            if (result.IsCanceled)
                throw new OperationCanceledException("The read was cancelled.");
            if (buffer.Length < EnvelopePrefix.Size)
            {
                if (result.IsCompleted && !buffer.IsEmpty)
                    throw new RpcException(RpcStatusCode.Internal, "the stream ends inside the prefix of a message");
                return result.IsCompleted;
            }
            EnvelopePrefix prefix = EnvelopePrefix.Parse(buffer, gzipNamed, messageBytesMax);
            if (buffer.Length < EnvelopePrefix.Size + (long)prefix.Length)
            {
                if (result.IsCompleted)
                    throw new RpcException(RpcStatusCode.Internal, "the stream ends inside a message");
                return false;
            }
            ReadOnlySequence<byte> body = buffer.Slice(EnvelopePrefix.Size, prefix.Length);
            message = prefix.Compressed ? Inflate(body, codec) : codec.Parse(body);
            if (counted)
                RpcInstruments.MessageReceived(prefix.Compressed, body.Length);
            consumed = examined = body.End;
            EndSeen = result.IsCompleted && buffer.Length == EnvelopePrefix.Size + (long)prefix.Length;
            return true;
        }
        finally
        {
            input.AdvanceTo(consumed, examined);
        }
    }

    private T Inflate<T>(in ReadOnlySequence<byte> body, MessageCodec<T> codec)
        where T : class, IMessage<T>
    {
        using var inflated = new PooledSequence();
        GzipMessages.Inflate(body, inflated, inflate);
        return codec.Parse(inflated.Written);
    }
}
