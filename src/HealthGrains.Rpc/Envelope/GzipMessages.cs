using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace HealthGrains.Rpc.Envelope;

/// <summary>How far inflating one message may go.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct InflateLimits(int BytesMax, int RatioMax, int RatioFloorBytes)
{
    public static readonly InflateLimits Default =
        new(Limits.InflatedBytesMax, Limits.InflateRatioMax, Limits.InflateRatioFloorBytes);
}

/// <summary>gzip (RFC 1952) of one message at a time.</summary>
internal static class GzipMessages
{
    private const int StepBytes = 8 * 1024;

    // Ten bytes of header, two of an empty block, eight of checksum and size.
    private const int MemberBytesMin = 20;

    /// <summary>Inflates step by step and counts while doing so: what lies beyond a limit is never inflated.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED beyond a limit; INTERNAL for bytes that are not gzip or end early.</exception>
    public static void Inflate(in ReadOnlySequence<byte> compressed, IBufferWriter<byte> output, InflateLimits limits)
    {
        long received = compressed.Length;
        long byRatio = Math.Max(limits.RatioFloorBytes, received * limits.RatioMax);
        long allowed = Math.Min(limits.BytesMax, byRatio);
        long inflated = 0;
        try
        {
            using var input = new SequenceStream(compressed);
            using var gzip = new GZipStream(input, CompressionMode.Decompress);
            int read;
            while ((read = gzip.Read(output.GetSpan(StepBytes)[..StepBytes])) > 0)
            {
                output.Advance(read);
                inflated += read;
                if (inflated > allowed)
                {
                    throw new RpcException(RpcStatusCode.ResourceExhausted, allowed < limits.BytesMax
                        ? $"a message of {received} compressed bytes inflates by more than {limits.RatioMax} to 1"
                        : $"a message inflates to more than the limit of {limits.BytesMax} bytes");
                }
            }
        }
        catch (InvalidDataException)
        {
            throw NotGzip();
        }
        if (!EndsWithSize(compressed, inflated))
            throw NotGzip();
    }

    // The decoder takes the end of its input for the end of the stream, so a cut is only seen by what should stand there: the
    // size (RFC 1952, ISIZE). It is the size of the last member; gRPC libraries write one.
    private static bool EndsWithSize(in ReadOnlySequence<byte> compressed, long inflated)
    {
        if (compressed.Length < MemberBytesMin)
            return false;
        Span<byte> size = stackalloc byte[sizeof(uint)];
        compressed.Slice(compressed.Length - sizeof(uint)).CopyTo(size);
        return BinaryPrimitives.ReadUInt32LittleEndian(size) == (uint)inflated;
    }

    public static void Deflate(in ReadOnlySequence<byte> message, PooledSequence output)
    {
        using var sink = new WriterStream(output);
        using var gzip = new GZipStream(sink, CompressionLevel.Fastest, leaveOpen: true);
        foreach (ReadOnlyMemory<byte> part in message)
            gzip.Write(part.Span);
    }

    private static RpcException NotGzip() =>
        new(RpcStatusCode.Internal, "a message is flagged as compressed, but it is not a whole gzip stream");

    private sealed class SequenceStream(ReadOnlySequence<byte> rest) : ReadOnlyStream
    {
        private ReadOnlySequence<byte> _rest = rest;

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, _rest.Length);
            _rest.Slice(0, count).CopyTo(buffer);
            _rest = _rest.Slice(count);
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }

    private sealed class WriterStream(IBufferWriter<byte> output) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);
        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer.AsSpan(offset, count));
    }
}

/// <summary>What a stream that can only be read has to say about everything else.</summary>
internal abstract class ReadOnlyStream : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
