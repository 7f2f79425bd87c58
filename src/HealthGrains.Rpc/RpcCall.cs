using System.Net;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Rpc.Connections;

namespace HealthGrains.Rpc;

/// <summary>What a handler knows of the call beside its messages.</summary>
public sealed class RpcCall
{
    private readonly RpcConnection? _connection;
    private RpcMetadata? _responseHeaders;
    private RpcMetadata? _responseTrailers;

    internal RpcCall(string method, RpcMetadata requestHeaders, RpcConnection? connection, DateTimeOffset? deadline)
    {
        Method = method;
        RequestHeaders = requestHeaders;
        Deadline = deadline;
        _connection = connection;
    }

    /// <summary>For tests of handlers without a server.</summary>
    public RpcCall(string method, RpcMetadata requestHeaders)
        : this(method, requestHeaders, connection: null, deadline: null)
    {
    }

    /// <summary>"/package.Service/Method".</summary>
    public string Method { get; }

    /// <summary>The caller's metadata, without the headers of HTTP and of gRPC itself.</summary>
    public RpcMetadata RequestHeaders { get; }

    /// <summary>Metadata sent before the first reply; what is added after that does not leave.</summary>
    public RpcMetadata ResponseHeaders => _responseHeaders ??= new RpcMetadata();

    /// <summary>Metadata sent with the status, also with an error.</summary>
    public RpcMetadata ResponseTrailers => _responseTrailers ??= new RpcMetadata();

    /// <summary>Where the connection comes from; a proxy's address behind a proxy.</summary>
    public EndPoint? Peer => _connection?.Peer;

    /// <summary>The certificate that the caller showed, already checked by the listener's rules; null without mutual TLS.</summary>
    public X509Certificate2? ClientCertificate => _connection?.ClientCertificate;

    /// <summary>When the call ends by itself; null for a stream without one.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>Whether replies from here on are compressed, where the caller accepts gzip and it makes them smaller.</summary>
    /// <remarks>Set it before the first reply: the encoding is announced in the response headers.</remarks>
    public bool CompressReplies { get; set; }

    /// <summary>Who calls, put there by <see cref="RpcServerOptions.Authenticate"/>.</summary>
    public object? Caller { get; set; }

    /// <summary>Fires when the server begins to stop: a stream without an end of its own should close soon.</summary>
    public CancellationToken Draining { get; internal init; }

    internal RpcConnection? Connection => _connection;

    internal RpcMetadata? ResponseHeadersOrNull => _responseHeaders;

    internal RpcMetadata? ResponseTrailersOrNull => _responseTrailers;
}
