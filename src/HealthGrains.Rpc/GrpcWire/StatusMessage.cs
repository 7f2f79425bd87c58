using System.Text;

namespace HealthGrains.Rpc.GrpcWire;

/// <summary>The percent-encoding of "grpc-message" (gRPC over HTTP2, Status-Message).</summary>
internal static class StatusMessage
{
    private const string Hex = "0123456789ABCDEF";

    /// <summary>Encodes at most <see cref="Limits.StatusMessageBytesMax"/> bytes of UTF-8, cut between characters.</summary>
    public static string Encode(string message)
    {
        if (message.Length <= Limits.StatusMessageBytesMax && !NeedsEncoding(message))
            return message;
        var encoded = new StringBuilder(message.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        int taken = 0;
        foreach (Rune rune in message.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(bytes);
            taken += length;
            if (taken > Limits.StatusMessageBytesMax)
                break;
            foreach (byte b in bytes[..length])
            {
                if (b is >= 0x20 and <= 0x7e and not (byte)'%')
                    encoded.Append((char)b);
                else
                    encoded.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
            }
        }
        return encoded.ToString();
    }

    /// <summary>Decodes what is well-formed and leaves the rest as it is; never fails.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%'))
            return encoded;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        int length = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length
                && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(encoded.AsSpan(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(encoded.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool NeedsEncoding(string message)
    {
        foreach (char c in message)
        {
            if (c is < ' ' or > '~' or '%')
                return true;
        }
        return false;
    }
}
