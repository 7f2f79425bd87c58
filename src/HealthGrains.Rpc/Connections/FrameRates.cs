namespace HealthGrains.Rpc.Connections;

/// <summary>Frame types of HTTP/2 (RFC 9113, section 6).</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Decides when a connection sends too many frames that ask for work but carry none.</summary>
/// <remarks>Kestrel itself limits resets and the size of headers; these frames it answers or skips without end.
/// Inbound frames are counted by one thread; the server's DATA frames by another.</remarks>
internal sealed class FrameRates(RpcTransportOptions options)
{
    public const byte EndStream = 0x1;
    public const byte Padded = 0x8;

    private TokenBucket _idle = new(options.IdleFramesPerSecond, options.IdleFramesBurst, options.TimeProvider);
    private TokenBucket _windows = new(options.IdleFramesPerSecond, options.IdleFramesBurst, options.TimeProvider);

    // Counts up with DATA frames sent, down with the WINDOW_UPDATE frames that they allowed.
    private int _windowCredit;

    public void DataSent()
    {
        // Far more credit than any peer needs is not kept, so that a long download is no licence for a flood.
        if (Volatile.Read(ref _windowCredit) < Limits.IdleFramesBurst)
            Interlocked.Add(ref _windowCredit, Limits.WindowUpdatesPerDataFrame);
    }

    /// <summary>False once the connection has to end.</summary>
    /// <param name="content">Bytes of payload, without padding.</param>
    public bool Allow(byte type, byte flags, int content) => (FrameType)type switch
    {
        FrameType.Data => content > 0 || (flags & EndStream) != 0 || _idle.TryTake(),
        FrameType.Continuation => content > 0 || _idle.TryTake(),
        FrameType.Headers or FrameType.ResetStream or FrameType.PushPromise => true,
        FrameType.WindowUpdate => TryTakeCredit() || _windows.TryTake(),
        _ => _idle.TryTake(),
    };

    /// <summary>For logs and metrics: a bounded set of names.</summary>
    public static string NameOf(byte type) => Enum.IsDefined((FrameType)type) ? ((FrameType)type).ToString() : "Unknown";

    private bool TryTakeCredit()
    {
        if (Volatile.Read(ref _windowCredit) <= 0)
            return false;
        // Only this thread takes, so what was seen above is still there.
        Interlocked.Decrement(ref _windowCredit);
        return true;
    }
}
