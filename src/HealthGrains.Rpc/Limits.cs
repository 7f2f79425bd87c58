namespace HealthGrains.Rpc;

/// <summary>Every maximum of this layer: its name, its default, and what happens at it.</summary>
/// <remarks>Those that an operator may change are defaults of <see cref="RpcServerOptions"/>,
/// <see cref="RpcTransportOptions"/> or <see cref="RpcMethodOptions"/>; the others hold as they are.</remarks>
public static class Limits
{
    /// <summary>Connections of one server. One more is accepted and closed at once.</summary>
    public const int ConnectionsMax = 20_000;

    /// <summary>Connections from one address. One more is accepted and closed at once.</summary>
    public const int ConnectionsPerAddressMax = 200;

    /// <summary>Calls under way on one connection. One more is refused with REFUSED_STREAM (RFC 9113, 5.1.2).</summary>
    public const int StreamsPerConnectionMax = 100;

    /// <summary>Bytes of all request headers of a call, as HTTP/2 counts them. Above it the request is answered with HTTP
    /// status 431, above twice as many the connection ends.</summary>
    public const int HeaderListBytesMax = 32 * 1024;

    /// <summary>Bytes of one request header. Above it the connection ends.</summary>
    /// <remarks>Larger than a bearer token may be, so that a token that is too long gets an answer of its own.</remarks>
    public const int HeaderFieldBytesMax = BearerTokenBytesMax + 4 * 1024;

    /// <summary>Request headers of a call. Above it the request is answered with HTTP status 431, above twice as many the
    /// connection ends.</summary>
    public const int HeadersMax = 100;

    /// <summary>Bytes of a call's metadata: names, values and 32 for each, without the authorization header.
    /// Above it the call is refused with RESOURCE_EXHAUSTED.</summary>
    public const int MetadataBytesMax = 8 * 1024;

    /// <summary>Characters of the authorization header. Above it the call is refused with UNAUTHENTICATED.</summary>
    public const int BearerTokenBytesMax = 16 * 1024;

    /// <summary>Time to complete the headers of a request. Later the connection is closed.</summary>
    public static readonly TimeSpan RequestHeadersTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Frames a second, on one connection, that ask for work but carry none: PING, SETTINGS, PRIORITY,
    /// GOAWAY, unknown types, CONTINUATION and DATA without content. Above it, once <see cref="IdleFramesBurst"/> is used up,
    /// the connection ends with ENHANCE_YOUR_CALM.</summary>
    public const int IdleFramesPerSecond = 200;

    /// <summary>Frames of this kind that may come at once.</summary>
    public const int IdleFramesBurst = 2_000;

    /// <summary>WINDOW_UPDATE frames that each DATA frame sent by the server allows, beyond the rate of idle frames.</summary>
    /// <remarks>Two, because an honest client may acknowledge each frame for its stream and for the connection.</remarks>
    public const int WindowUpdatesPerDataFrame = 2;

    /// <summary>How long a connection that was told to calm down may take to end, before it is cut.</summary>
    public static readonly TimeSpan CalmDownGrace = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which the server pings its peer.</summary>
    public static readonly TimeSpan KeepAlivePingDelay = TimeSpan.FromSeconds(15);

    /// <summary>Time to answer that ping. Later the connection is closed.</summary>
    public static readonly TimeSpan KeepAlivePingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a message as received. A larger one is refused with RESOURCE_EXHAUSTED before it is read.</summary>
    public const int MessageBytesMax = 4 * 1024 * 1024 + 512 * 1024;

    /// <summary>Bytes of a message once inflated. Inflating stops there, with RESOURCE_EXHAUSTED.</summary>
    public const int InflatedBytesMax = MessageBytesMax;

    /// <summary>Inflated bytes for each byte received, once <see cref="InflateRatioFloorBytes"/> are inflated.
    /// Inflating stops there, with RESOURCE_EXHAUSTED.</summary>
    public const int InflateRatioMax = 100;

    /// <summary>Below this many inflated bytes the ratio does not matter.</summary>
    public const int InflateRatioFloorBytes = 64 * 1024;

    /// <summary>Bytes of a reply before compression. A larger one ends the call with RESOURCE_EXHAUSTED.</summary>
    public const int ReplyBytesMax = MessageBytesMax;

    /// <summary>Messages inside one another below the request itself. A deeper one is refused with INVALID_ARGUMENT.</summary>
    public const int MessageNestingMax = 32;

    /// <summary>Deadline of a unary call whose caller named none. Then DEADLINE_EXCEEDED.</summary>
    public static readonly TimeSpan UnaryDeadlineDefault = TimeSpan.FromSeconds(10);

    /// <summary>Longest deadline of a unary call; a longer one is clipped.</summary>
    public static readonly TimeSpan UnaryDeadlineMax = TimeSpan.FromSeconds(60);

    /// <summary>Time that a caller may take none of what is sent to it. Then the call ends with UNAVAILABLE and RetryInfo.</summary>
    public static readonly TimeSpan ReplyNotTakenTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Time that the status of a call that ended so may wait to be taken, before the stream is reset.</summary>
    public static readonly TimeSpan StatusNotTakenTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Replies up to this size are left to Kestrel to send; for larger ones the call waits until they are taken.</summary>
    public const int ReplyLeftBehindBytesMax = 4 * 1024;

    /// <summary>UTF-8 bytes of a status message. What is longer is cut.</summary>
    public const int StatusMessageBytesMax = 1_024;

    /// <summary>Bytes of the status details. Details that do not fit are left out, the last ones first.</summary>
    /// <remarks>Clients accept 8 KiB of trailers by default, in base64 and with the other trailers.</remarks>
    public const int StatusDetailsBytesMax = 4 * 1024;

    /// <summary>Bytes from which a reply is worth compressing.</summary>
    public const int CompressionWorthBytes = 1_024;

    /// <summary>Time that calls under way may take to finish once the server stops. Then they end with UNAVAILABLE.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>What a caller is told to wait when a server or stream goes away.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Reflection questions a second on one connection. Above it RESOURCE_EXHAUSTED with RetryInfo.</summary>
    public const int ReflectionPerSecond = 5;

    /// <summary>Reflection questions that may come at once: enough for a tool to learn one API.</summary>
    public const int ReflectionBurst = 20;

    /// <summary>Health watchers of one server. One more is refused with RESOURCE_EXHAUSTED.</summary>
    public const int HealthWatchersMax = 10_000;

    /// <summary>A pooled buffer above this size is dropped instead of kept.</summary>
    internal const int PooledBlockBytes = 16 * 1024;
}
