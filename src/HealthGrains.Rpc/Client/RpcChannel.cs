using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using HealthGrains.Rpc.Client;
using HealthGrains.Rpc.GrpcWire;

namespace HealthGrains.Rpc;

/// <summary>A gRPC client: connections to one server, and the four shapes of calls.</summary>
/// <remarks>
/// Thread-safe. "http" speaks HTTP/2 with prior knowledge, "https" over TLS. Each call ends with its replies, with
/// <see cref="RpcException"/> (the server's status, or what stands for it when none came: UNAVAILABLE where the server was
/// not reached or went away, DEADLINE_EXCEEDED where time ran out here), or with <see cref="OperationCanceledException"/>
/// when the caller's own token fired. Nothing is repeated by the client itself.
/// </remarks>
public sealed class RpcChannel : IAsyncDisposable
{
    // Building an address costs more than any other part of a request; an API has few methods.
    private const int AddressesMax = 1_000;

    private readonly ConcurrentDictionary<string, Uri> _addresses = new(StringComparer.Ordinal);
    private readonly HttpMessageInvoker[] _connections;
    private readonly Uri _address;
    private readonly RpcChannelOptions _options;
    private uint _next;

    /// <param name="address">Scheme, host and port, as http://127.0.0.1:8081.</param>
    /// <exception cref="ArgumentException">The scheme is neither http nor https.</exception>
    public RpcChannel(Uri address, RpcChannelOptions? options)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            throw new ArgumentException("The address begins with http:// or https://.", nameof(address));
        _address = address;
        _options = options ?? new RpcChannelOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Connections, 1, nameof(options));
        _connections = [.. Enumerable.Range(0, _options.Connections).Select(_ => new HttpMessageInvoker(Handler()))];
    }

    /// <summary>One request, one reply.</summary>
    /// <param name="method">"/package.Service/Method".</param>
    public async Task<TReply> UnaryAsync<TRequest, TReply>(string method, TRequest request, RpcCallOptions? options, CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        await using ClientCall call = Begin(options, ct);
        call.Send(Request(method, new MessageContent(request, call.Options.Compress), call));
        return await call.ReadSingleAsync(ClientCodec<TReply>.Instance);
    }

    /// <summary>One request, any number of replies; the call begins when they are first asked for.</summary>
    public async IAsyncEnumerable<TReply> ServerStreaming<TRequest, TReply>(
        string method, TRequest request, RpcCallOptions? options, [EnumeratorCancellation] CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        await using ClientCall call = Begin(options, ct);
        call.Send(Request(method, new MessageContent(request, call.Options.Compress), call));
        while (await call.ReadAsync(ClientCodec<TReply>.Instance) is { } reply)
            yield return reply;
    }

    /// <summary>Any number of requests, written through the returned call, and one reply.</summary>
    public RpcClientStreamingCall<TRequest, TReply> ClientStreaming<TRequest, TReply>(
        string method, RpcCallOptions? options, CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        (ClientCall call, StreamingContent content) = BeginStream(method, options, ct);
        return new RpcClientStreamingCall<TRequest, TReply>(call, content);
    }

    /// <summary>The same for requests that come as a sequence.</summary>
    public async Task<TReply> ClientStreamingAsync<TRequest, TReply>(
        string method, IAsyncEnumerable<TRequest> requests, RpcCallOptions? options, CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        await using RpcClientStreamingCall<TRequest, TReply> call = ClientStreaming<TRequest, TReply>(method, options, ct);
        await foreach (TRequest request in requests.WithCancellation(ct))
            await call.WriteAsync(request);
        return await call.FinishAsync();
    }

    /// <summary>Any number of requests and of replies, independent of each other.</summary>
    public RpcDuplexCall<TRequest, TReply> Duplex<TRequest, TReply>(string method, RpcCallOptions? options, CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        (ClientCall call, StreamingContent content) = BeginStream(method, options, ct);
        return new RpcDuplexCall<TRequest, TReply>(call, content);
    }

    public ValueTask DisposeAsync()
    {
        foreach (HttpMessageInvoker connection in _connections)
            connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private ClientCall Begin(RpcCallOptions? options, CancellationToken ct) =>
        new(_connections[Interlocked.Increment(ref _next) % (uint)_connections.Length], options ?? s_default, _options, ct);

    private (ClientCall Call, StreamingContent Content) BeginStream(string method, RpcCallOptions? options, CancellationToken ct)
    {
        ClientCall call = Begin(options, ct);
        var content = new StreamingContent(call);
        call.Send(Request(method, content, call));
        content.FailWith(call.Headers);
        return (call, content);
    }

    private static readonly RpcCallOptions s_default = new();

    private HttpRequestMessage Request(string method, HttpContent content, ClientCall call)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        if (call.Options.Timeout is { } timeout)
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(timeout));
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (call.Options.Compress)
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Encoding, GrpcHeaders.Gzip);
        if (_options.AcceptGzip)
            request.Headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, GrpcHeaders.AcceptedEncodings);
        if (call.Options.Headers is { } metadata)
        {
            foreach (KeyValuePair<string, string> entry in metadata.Entries)
                request.Headers.TryAddWithoutValidation(entry.Key, entry.Value);
        }
        return request;
    }

    private Uri AddressOf(string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        if (_addresses.TryGetValue(method, out Uri? known))
            return known;
        var address = new Uri(_address, method);
        if (_addresses.Count < AddressesMax)
            _addresses.TryAdd(method, address);
        return address;
    }

    private SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = _options.ConnectTimeout,
            KeepAlivePingDelay = _options.KeepAlivePingDelay,
            KeepAlivePingTimeout = _options.KeepAlivePingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (_options.Tls is { } tls)
            handler.SslOptions = tls;
        return handler;
    }
}
