using Google.Protobuf;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Bends a message: as protobuf sees it (fields) or as bytes.</summary>
/// <remarks>Source: the wire format of protobuf, encoding of tags, varints and lengths.</remarks>
internal static class WireMutator
{
    private static readonly ulong[] Corners =
        [0, 1, 127, 128, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ulong.MaxValue];

    public static byte[] Mutate(byte[] message, Random random)
    {
        var bytes = message;
        for (var n = random.Next(1, 4); n > 0; n--)
            bytes = random.Next(3) == 0 ? Bytes(bytes, random) : Fields(bytes, random, 0);
        return bytes;
    }

    /// <summary>Flips, cuts, inserts, repeats.</summary>
    public static byte[] Bytes(byte[] message, Random random)
    {
        var bytes = new List<byte>(message);
        var at = random.Next(bytes.Count + 1);
        switch (random.Next(6))
        {
            case 0 when bytes.Count > 0:
                bytes[Math.Min(at, bytes.Count - 1)] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when bytes.Count > 0:
                bytes[Math.Min(at, bytes.Count - 1)] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, random.Next(bytes.Count - at + 1));
                break;
            case 3:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            case 4 when bytes.Count < 64 * 1024:
                bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count + 1)).Take(random.Next(200)).ToArray());
                break;
            default:
                var noise = new byte[random.Next(32)];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
        }

        return [.. bytes];
    }

    /// <summary>One change that a parser of protobuf can follow: fields doubled, gone, in another order, of another number or
    /// type; numbers at their ends; varints longer than they need to be; lengths that lie; messages inside one another.</summary>
    private static byte[] Fields(byte[] message, Random random, int depth)
    {
        var fields = Read(message);
        if (fields is null || fields.Count == 0)
            return Bytes(message, random);
        var at = random.Next(fields.Count);
        var field = fields[at];
        switch (random.Next(10))
        {
            case 0:
                fields.Insert(random.Next(fields.Count + 1), field);
                break;
            case 1:
                fields.RemoveAt(at);
                break;
            case 2:
                fields.RemoveAt(at);
                fields.Insert(random.Next(fields.Count + 1), field);
                break;
            case 3:
                fields[at] = field with { Number = random.Next(4) == 0 ? random.Next(1, 1 << 29) : random.Next(1, 40) };
                break;
            case 4:
                fields[at] = field with { Type = random.Next(8) };
                break;
            case 5:
                fields[at] = field with { Value = Corners[random.Next(Corners.Length)] };
                break;
            case 6:
                fields[at] = field with { Overlong = random.Next(1, 12) };
                break;
            case 7:
                fields[at] = field with { LengthLie = random.Next(3) == 0 ? int.MaxValue : random.Next(-8, 1 << 20) };
                break;
            case 8 when field.Type == 2:
                var nested = field.Bytes;
                for (var n = random.Next(1, 60); n > 0 && nested.Length < 64 * 1024; n--)
                    nested = Write([field with { Bytes = nested }]);
                fields[at] = field with { Bytes = nested };
                break;
            default:
                if (field.Type == 2)
                    fields[at] = field with { Bytes = depth < 8 && random.Next(3) > 0 ? Fields(field.Bytes, random, depth + 1) : Bytes(field.Bytes, random) };
                break;
        }

        return Write(fields);
    }

    private static List<WireField>? Read(byte[] message)
    {
        var fields = new List<WireField>();
        var input = new CodedInputStream(message);
        try
        {
            while (input.ReadTag() is var tag && tag != 0)
            {
                var field = new WireField((int)(tag >> 3), (int)(tag & 7));
                switch (tag & 7)
                {
                    case 0: field = field with { Value = input.ReadUInt64() }; break;
                    case 1: field = field with { Value = input.ReadFixed64() }; break;
                    case 2: field = field with { Bytes = input.ReadBytes().ToByteArray() }; break;
                    case 5: field = field with { Value = input.ReadFixed32() }; break;
                    default: return null;
                }

                fields.Add(field);
            }
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        return fields;
    }

    private static byte[] Write(List<WireField> fields)
    {
        var output = new List<byte>();
        foreach (var field in fields)
        {
            Varint(output, ((ulong)field.Number << 3) | (uint)field.Type, 0);
            switch (field.Type)
            {
                case 1:
                    output.AddRange(BitConverter.GetBytes(field.Value));
                    break;
                case 2:
                    Varint(output, field.LengthLie == 0 ? (ulong)field.Bytes.Length : (ulong)Math.Max(0, field.LengthLie), field.Overlong);
                    output.AddRange(field.Bytes);
                    break;
                case 5:
                    output.AddRange(BitConverter.GetBytes((uint)field.Value));
                    break;
                case 3 or 4:
                    break;
                default:
                    Varint(output, field.Value, field.Overlong);
                    break;
            }
        }

        return [.. output];
    }

    private static void Varint(List<byte> output, ulong value, int overlong)
    {
        while (value >= 0x80 || overlong > 0)
        {
            output.Add((byte)(value | 0x80));
            value >>= 7;
            overlong--;
        }

        output.Add((byte)value);
    }

    private sealed record WireField(int Number, int Type)
    {
        public ulong Value { get; init; }

        public byte[] Bytes { get; init; } = [];

        public int Overlong { get; init; }

        /// <summary>The length that is written in place of the right one; 0 for the right one.</summary>
        public int LengthLie { get; init; }
    }
}
