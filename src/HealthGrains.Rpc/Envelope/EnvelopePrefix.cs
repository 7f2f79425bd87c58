using System.Buffers;
using System.Buffers.Binary;

namespace HealthGrains.Rpc.Envelope;

/// <summary>The five bytes before each message: a flag, and the length as a big-endian number (gRPC over HTTP2,
/// Length-Prefixed-Message).</summary>
internal readonly record struct EnvelopePrefix(bool Compressed, int Length)
{
    public const int Size = 5;

    /// <summary>Checks the prefix before a single byte of its message is waited for.</summary>
    /// <exception cref="RpcException">INTERNAL for a broken prefix, RESOURCE_EXHAUSTED for a message above the limit.</exception>
    public static EnvelopePrefix Parse(in ReadOnlySequence<byte> buffer, bool encodingNamed, int messageBytesMax)
    {
        Span<byte> prefix = stackalloc byte[Size];
        if (buffer.FirstSpan.Length >= Size)
            buffer.FirstSpan[..Size].CopyTo(prefix);
        else
            buffer.Slice(0, Size).CopyTo(prefix);

        if (prefix[0] > 1)
            throw new RpcException(RpcStatusCode.Internal, $"the message flag is {prefix[0]}, only 0 and 1 are defined");
        bool compressed = prefix[0] == 1;
        if (compressed && !encodingNamed)
            throw new RpcException(RpcStatusCode.Internal, "a message is flagged as compressed, but grpc-encoding names no compression");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > messageBytesMax)
        {
            throw new RpcException(RpcStatusCode.ResourceExhausted,
                $"a message of {length} bytes is larger than the limit of {messageBytesMax}");
        }
        return new EnvelopePrefix(compressed, (int)length);
    }

    public static void Write(IBufferWriter<byte> output, bool compressed, int length)
    {
        Span<byte> prefix = output.GetSpan(Size);
        prefix[0] = compressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        output.Advance(Size);
    }
}
