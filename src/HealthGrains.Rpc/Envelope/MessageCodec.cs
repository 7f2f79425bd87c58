using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace HealthGrains.Rpc.Envelope;

/// <summary>Protobuf bytes to one message type, within the nesting limit.</summary>
/// <remarks>
/// The parser that reads from a sequence without copying has a nesting limit of its own, 100, that cannot be changed; the
/// one that can be told a limit copies through a buffer. So the type decides: where its descriptor cannot nest deeper than
/// <see cref="Limits.MessageNestingMax"/>, the fast parser keeps the limit by construction (fields that it does not know are
/// kept as bytes, and only unknown groups go as deep as the parser's own limit). Types that may contain themselves take the slow one.
/// </remarks>
internal sealed class MessageCodec<T>
    where T : class, IMessage<T>
{
    private readonly MessageParser<T> _parser;
    private readonly bool _mayNestTooDeep;

    public MessageCodec(MessageDescriptor descriptor)
    {
        _parser = (MessageParser<T>)descriptor.Parser;
        _mayNestTooDeep = Nesting.DepthOf(descriptor, Limits.MessageNestingMax) > Limits.MessageNestingMax;
    }

    /// <exception cref="RpcException">INVALID_ARGUMENT: not this message, or nested too deep.</exception>
    public T Parse(in ReadOnlySequence<byte> bytes)
    {
        try
        {
            if (_mayNestTooDeep)
                return ParseWithin(bytes, Limits.MessageNestingMax);
            return bytes.IsSingleSegment ? _parser.ParseFrom(bytes.FirstSpan) : _parser.ParseFrom(bytes);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            // A length close to the largest integer overflows inside the parser, which then leaves with an exception that
            // it does not document; it reads nothing beyond the buffer. The parser's text is left out: it may quote what the caller sent.
            throw new RpcException(RpcStatusCode.InvalidArgument,
                $"the message is not a valid protobuf message of the method's type, or is nested deeper than {Limits.MessageNestingMax}");
        }
    }

    private T ParseWithin(in ReadOnlySequence<byte> bytes, int nesting)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent((int)bytes.Length);
        try
        {
            bytes.CopyTo(copy);
            using var stream = new MemoryStream(copy, 0, (int)bytes.Length, writable: false);
            using var input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, nesting);
            return _parser.ParseFrom(input);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }
}

/// <summary>How deep a message type can nest, by its descriptor.</summary>
internal static class Nesting
{
    /// <summary>The deepest chain of messages below this type, or <paramref name="enough"/> + 1 for anything deeper or endless.</summary>
    public static int DepthOf(MessageDescriptor type, int enough) => DepthOf(type, enough, []);

    private static int DepthOf(MessageDescriptor type, int enough, Dictionary<MessageDescriptor, int> known)
    {
        if (known.TryGetValue(type, out int depth))
            return depth;
        // While a type is being looked at it counts as endless: meeting it again means that it contains itself.
        known[type] = enough + 1;
        int deepest = 0;
        foreach (FieldDescriptor field in type.Fields.InDeclarationOrder())
        {
            if (field.FieldType is FieldType.Message or FieldType.Group)
                deepest = Math.Max(deepest, 1 + DepthOf(field.MessageType, enough, known));
        }
        return known[type] = Math.Min(deepest, enough + 1);
    }
}
