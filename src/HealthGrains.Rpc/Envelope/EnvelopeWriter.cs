using System.Buffers;
using Google.Protobuf;

namespace HealthGrains.Rpc.Envelope;

/// <summary>Writes length-prefixed messages into any buffer.</summary>
internal static class EnvelopeWriter
{
    /// <summary>Writes one message; compressed only if that is asked for, worth it and smaller.</summary>
    /// <returns>What the prefix says: whether it was compressed, and the bytes after the prefix.</returns>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than <paramref name="messageBytesMax"/>.</exception>
    public static EnvelopePrefix Write(IBufferWriter<byte> output, IMessage message, bool compress, int messageBytesMax)
    {
        int size = message.CalculateSize();
        if (size > messageBytesMax)
        {
            throw new RpcException(RpcStatusCode.ResourceExhausted,
                $"a message of {size} bytes is larger than the limit of {messageBytesMax} for sending");
        }
        if (compress && size >= Limits.CompressionWorthBytes && TryWriteCompressed(output, message, size) is { } compressed)
            return compressed;
        EnvelopePrefix.Write(output, compressed: false, size);
        if (size > 0)
            message.WriteTo(output);
        return new EnvelopePrefix(Compressed: false, size);
    }

    private static EnvelopePrefix? TryWriteCompressed(IBufferWriter<byte> output, IMessage message, int size)
    {
        using var plain = new PooledSequence();
        using var packed = new PooledSequence();
        message.WriteTo(plain);
        GzipMessages.Deflate(plain.Written, packed);
        if (packed.Length >= size)
            return null;
        EnvelopePrefix.Write(output, compressed: true, (int)packed.Length);
        foreach (ReadOnlyMemory<byte> part in packed.Written)
            output.Write(part.Span);
        return new EnvelopePrefix(Compressed: true, (int)packed.Length);
    }
}
