using System.Buffers;

namespace HealthGrains.Rpc.Connections;

/// <summary>Follows the frame headers in one direction of an HTTP/2 connection as its bytes go by, in pieces of any size.</summary>
/// <remarks>Keeps nine bytes and a count; payloads are passed over. Source: RFC 9113, sections 3.4 and 4.1.</remarks>
internal struct FrameScanner
{
    private const int HeaderBytes = 9;
    private const int PrefaceBytes = 24;

    private HeaderBuffer _header;
    private int _headerFilled;
    private long _skip;
    private bool _padLengthNext;

    [System.Runtime.CompilerServices.InlineArray(HeaderBytes)]
    private struct HeaderBuffer
    {
        private byte _first;
    }

    /// <summary>A client speaks its preface first, which is no frame.</summary>
    public static FrameScanner ForClient() => new() { _skip = PrefaceBytes };

    private readonly int PayloadLength => (_header[0] << 16) | (_header[1] << 8) | _header[2];

    public readonly byte Type => _header[3];

    private readonly byte Flags => _header[4];

    /// <summary>Scans on; false as soon as the rates refuse a frame, whose type is then <see cref="Type"/>.</summary>
    public bool Scan(in ReadOnlySequence<byte> bytes, FrameRates rates)
    {
        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            if (!Scan(part.Span, rates))
                return false;
        }
        return true;
    }

    private bool Scan(ReadOnlySpan<byte> bytes, FrameRates rates)
    {
        while (bytes.Length > 0)
        {
            if (_padLengthNext)
            {
                _padLengthNext = false;
                int content = PayloadLength - 1 - bytes[0];
                _skip--;
                bytes = bytes[1..];
                if (!rates.Allow(Type, Flags, Math.Max(0, content)))
                    return false;
                continue;
            }
            if (!TakeHeader(ref bytes))
                continue;
            // How much of a padded DATA frame is content is only known from its first byte.
            if (Type == (byte)FrameType.Data && (Flags & FrameRates.Padded) != 0 && PayloadLength > 0)
                _padLengthNext = true;
            else if (!rates.Allow(Type, Flags, PayloadLength))
                return false;
        }
        return true;
    }

    /// <summary>Scans what the server writes: counts its DATA frames and, where told so, changes the error code of a GOAWAY.</summary>
    public void ScanOutbound(Span<byte> bytes, FrameRates rates, uint? goAwayCode)
    {
        while (bytes.Length > 0)
        {
            if (_headerFilled == HeaderBytes && _skip > 0 && Type == (byte)FrameType.GoAway && goAwayCode is { } code)
                PatchGoAway(bytes, code);
            ReadOnlySpan<byte> rest = bytes;
            bool complete = TakeHeader(ref rest);
            bytes = bytes[^rest.Length..];
            if (complete && Type == (byte)FrameType.Data)
                rates.DataSent();
        }
    }

    // The payload of GOAWAY is the last stream (4 bytes), the code (4 bytes) and free text; it may come in pieces.
    private readonly void PatchGoAway(Span<byte> payload, uint code)
    {
        long at = PayloadLength - _skip;
        for (int i = 0; i < payload.Length && i < _skip; i++)
        {
            long position = at + i;
            if (position is >= 4 and < 8)
                payload[i] = (byte)(code >> (int)(8 * (7 - position)));
        }
    }

    // Passes over payload, then collects a header; true when one has just become complete.
    private bool TakeHeader(ref ReadOnlySpan<byte> bytes)
    {
        if (_skip > 0)
        {
            int skipped = (int)Math.Min(_skip, bytes.Length);
            _skip -= skipped;
            bytes = bytes[skipped..];
            return false;
        }
        if (_headerFilled == HeaderBytes)
            _headerFilled = 0;
        int taken = Math.Min(HeaderBytes - _headerFilled, bytes.Length);
        bytes[..taken].CopyTo(((Span<byte>)_header)[_headerFilled..]);
        _headerFilled += taken;
        bytes = bytes[taken..];
        if (_headerFilled < HeaderBytes)
            return false;
        _skip = PayloadLength;
        return true;
    }
}
