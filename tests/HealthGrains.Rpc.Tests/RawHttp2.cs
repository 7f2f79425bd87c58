using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HealthGrains.Rpc.Tests;

/// <summary>One frame as it came.</summary>
internal sealed record RawFrame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The error code of RST_STREAM or GOAWAY.</summary>
    public uint Code => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == RawHttp2.GoAway ? 4 : 0));
}

/// <summary>HTTP/2 by hand: writes any frame, reads frames as they come. Header blocks are literal and without Huffman coding.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Priority = 2, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8, Continuation = 9;
    public const byte EndStream = 1, EndHeaders = 4, Padded = 8;
    public const uint EnhanceYourCalm = 0xb, RefusedStream = 0x7;

    private readonly TcpClient _tcp = new();
    private readonly Stream _stream;

    private RawHttp2(TcpClient tcp, Stream stream)
    {
        _tcp = tcp;
        _stream = stream;
    }

    /// <summary>Connects, speaks the preface and the first SETTINGS.</summary>
    public static async Task<RawHttp2> ConnectAsync(int port, byte[]? settings = null, Func<Stream, Task<Stream>>? wrap = null)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        Stream stream = tcp.GetStream();
        if (wrap is not null)
            stream = await wrap(stream);
        var raw = new RawHttp2(tcp, stream);
        await raw.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
        await raw.SendAsync(Settings, 0, 0, settings ?? []);
        return raw;
    }

    /// <summary>Connects without a word.</summary>
    public static async Task<RawHttp2> ConnectSilentAsync(int port)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        return new RawHttp2(tcp, tcp.GetStream());
    }

    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public static byte[] Request(string path, params (string Name, string Value)[] headers)
    {
        using var block = new MemoryStream();
        block.WriteByte(0x83); // :method POST
        block.WriteByte(0x86); // :scheme http
        block.WriteByte(0x04); // :path
        Text(block, path);
        block.WriteByte(0x01); // :authority
        Text(block, "localhost");
        foreach ((string name, string value) in headers.Prepend(("content-type", "application/grpc")))
        {
            block.WriteByte(0);
            Text(block, name);
            Text(block, value);
        }
        return block.ToArray();
    }

    public Task SendAsync(byte type, byte flags, int stream, byte[] payload) => WriteAsync(Frame(type, flags, stream, payload));

    public async Task WriteAsync(byte[] bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    /// <summary>The next frame that the test asks for; null if the server closes before it comes.</summary>
    public async Task<RawFrame?> ReadUntilAsync(Func<RawFrame, bool> wanted, string what)
    {
        while (await ReadAsync().Within(what) is { } frame)
        {
            if (wanted(frame))
                return frame;
        }
        return null;
    }

    public async Task<RawFrame?> ReadAsync()
    {
        byte[] head = new byte[9];
        try
        {
            await _stream.ReadExactlyAsync(head);
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload);
            return new RawFrame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue, payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whatever bytes come until the server closes.</summary>
    public async Task<string> ReadTextAsync()
    {
        using var all = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(all).Within("the server to close the connection");
        }
        catch (IOException)
        {
            // It closed abruptly; what came before counts.
        }
        return Encoding.ASCII.GetString(all.ToArray());
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void Text(MemoryStream block, string text)
    {
        int rest = text.Length;
        if (rest < 127)
        {
            block.WriteByte((byte)rest);
        }
        else
        {
            block.WriteByte(127);
            for (rest -= 127; rest > 127; rest >>= 7)
                block.WriteByte((byte)((rest & 127) | 128));
            block.WriteByte((byte)rest);
        }
        block.Write(Encoding.ASCII.GetBytes(text));
    }
}
