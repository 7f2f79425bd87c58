using System.Collections.Frozen;
using HealthGrains.Rpc.Connections;
using HealthGrains.Rpc.GrpcWire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace HealthGrains.Rpc.Server;

/// <summary>Where each gRPC request enters: the checks in their order, then the method, then its status.</summary>
/// <remarks>
/// I1. Whatever a caller sends gets an answer by these rules; nothing of an exception's text leaves, and the connection lives on.
/// I2. A handler runs only after protocol, method, content type, path, encoding, metadata, deadline and caller were checked.
/// I3. Each call ends exactly once: completed by its handler or stopped by its lifetime, whichever came first.
/// Source: gRPC over HTTP2; status codes as in gRPC's own table, except that bytes which are no valid message are the
/// caller's mistake (INVALID_ARGUMENT) and not an error of ours.
/// </remarks>
internal sealed class RpcEndpoint(
    FrozenDictionary<string, RpcMethod> methods, IReadOnlySet<string> services, RpcServerOptions options, RpcDrain drain, ILogger logger)
{
    private const string UnknownMethod = "_OTHER";

    /// <summary>Answers a request that is for this layer, by its listener or by what it says it is; others pass on.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        RpcConnection? connection = context.Features.Get<RpcConnection>();
        return connection is not null
            || (context.Request.ContentType?.StartsWith(GrpcHeaders.ContentType, StringComparison.OrdinalIgnoreCase) ?? false)
            ? AnswerAsync(context, connection)
            : next(context);
    }

    private async Task AnswerAsync(HttpContext context, RpcConnection? connection)
    {
        HttpRequest request = context.Request;
        if (!HttpProtocol.IsHttp2(request.Protocol))
        {
            await RefuseAsync(context, StatusCodes.Status426UpgradeRequired, "gRPC needs HTTP/2.\n");
            return;
        }
        if (!HttpMethods.IsPost(request.Method))
        {
            context.Response.Headers.Allow = HttpMethods.Post;
            await RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "gRPC calls use POST.\n");
            return;
        }
        if (GrpcHeaders.AcceptContentType(request.ContentType) is not { } contentType)
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType,
                "The content type has to be application/grpc or application/grpc+proto.\n");
            return;
        }
        if (!methods.TryGetValue(request.Path.Value ?? "", out RpcMethod? method))
        {
            RpcInstruments.CallBegan();
            StatusHeaders.WriteTrailersOnly(context.Response, contentType, Unimplemented(request.Path.Value ?? ""), call: null);
            RpcInstruments.CallEnded(UnknownMethod, RpcStatusCode.Unimplemented, TimeSpan.Zero);
            return;
        }
        await CallAsync(context, connection, method, contentType);
    }

    private async Task CallAsync(HttpContext context, RpcConnection? connection, RpcMethod method, string contentType)
    {
        long began = options.TimeProvider.GetTimestamp();
        RpcInstruments.CallBegan();
        RpcException? error;
        ServerExchange? exchange = null;
        try
        {
            bool gzip = CheckEncoding(context);
            RpcMetadata metadata = ReadMetadata(context.Request);
            TimeSpan? timeout = ReadTimeout(context.Request, method);

            using var lifetime = new CallLifetime(
                options.TimeProvider, timeout, context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>());
            var call = new RpcCall(method.Path, metadata, connection, timeout is { } t ? DeadlineAfter(t) : null)
            {
                CompressReplies = method.Options.CompressReplies ?? options.CompressReplies,
                Draining = drain.Begun,
            };
            exchange = new ServerExchange(context, method, call, lifetime, options, logger, contentType, gzip,
                GrpcHeaders.AcceptsGzip(context.Request.Headers.GrpcAcceptEncoding));
            // Deadlines, the silence that a method allows and the size of each message hold instead of Kestrel's own ideas.
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
                rate.MinDataRate = null;
            error = method.IsUnary
                ? await RunAsync(exchange)
                : await RunStreamAsync(context, exchange);
        }
        catch (RpcException refusal)
        {
            error = refusal;
        }
        await FinishAsync(context, exchange, error, contentType);
        RpcInstruments.CallEnded(method.Path, error?.Code ?? RpcStatusCode.Ok, options.TimeProvider.GetElapsedTime(began));
    }

    private async Task<RpcException?> RunStreamAsync(HttpContext context, ServerExchange exchange)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        CancellationToken end = exchange.Method.Options.EndsOnDrain ? drain.Begun : drain.Over;
        using CancellationTokenRegistration draining = end.UnsafeRegister(
            static lifetime => ((CallLifetime)lifetime!).Stop(CallEnd.Draining), exchange.Lifetime); // ! passed just here
        return await RunAsync(exchange);
    }

    // The border: from here on there are statuses only.
    private async Task<RpcException?> RunAsync(ServerExchange exchange)
    {
        CallLifetime lifetime = exchange.Lifetime;
        try
        {
            if (lifetime.IsStopped)
                return lifetime.ToStatus();
            if (options.Authenticate is { } authenticate && !exchange.Method.Options.Anonymous)
            {
                ValueTask checking = authenticate(exchange.Call, lifetime.Token);
                if (!checking.IsCompleted)
                    lifetime.Arm();
                await checking;
            }
            await exchange.Method.InvokeAsync(exchange);
            return null;
        }
        catch (Exception e)
        {
            // Why the call was stopped comes first: an exception after that is mostly a consequence.
            bool stopped = !lifetime.TryComplete() && lifetime.IsStopped;
            if (stopped && e is (OperationCanceledException or RpcException))
                return lifetime.ToStatus();
            RpcException? status = e as RpcException ?? options.MapException?.Invoke(e);
            if (status is null)
                RpcLog.HandlerFailed(logger, exchange.Call.Method, e.GetType().Name, e.StackTrace);
            return stopped ? lifetime.ToStatus() : status ?? new RpcException(RpcStatusCode.Internal, "internal error");
        }
    }

    private async Task FinishAsync(HttpContext context, ServerExchange? exchange, RpcException? error, string contentType)
    {
        if (exchange is null)
        {
            StatusHeaders.WriteTrailersOnly(context.Response, contentType, error!, call: null); // ! without an exchange there is an error
            return;
        }
        if (exchange.Broken)
        {
            context.Abort();
            return;
        }
        exchange.WriteStatus(error);
        // What a caller does not take must not stay here for as long as its connection lives. What was completed is small, or
        // a stream's, and that was taken already.
        CallEnd end = exchange.Lifetime.End;
        bool stopped = end is not (CallEnd.Completed or CallEnd.ClientGone) && exchange.LastReplyBytes > 0;
        bool large = end == CallEnd.Completed && exchange.Method.IsUnary && exchange.LastReplyBytes > Limits.ReplyLeftBehindBytesMax;
        if ((stopped || large) && !await exchange.FlushWithinAsync(stopped ? options.StatusNotTakenTimeout : options.ReplyNotTakenTimeout))
            context.Abort();
    }

    /// <summary>True if requests may be gzip.</summary>
    private static bool CheckEncoding(HttpContext context)
    {
        string? encoding = context.Request.Headers.GrpcEncoding;
        if (encoding is null || encoding.Equals(GrpcHeaders.Identity, StringComparison.OrdinalIgnoreCase))
            return false;
        if (encoding.Equals(GrpcHeaders.Gzip, StringComparison.OrdinalIgnoreCase))
            return true;
        context.Response.Headers.GrpcAcceptEncoding = GrpcHeaders.AcceptedEncodings;
        throw new RpcException(RpcStatusCode.Unimplemented,
            $"the grpc-encoding is not supported; supported are {GrpcHeaders.AcceptedEncodings}");
    }

    private RpcMetadata ReadMetadata(HttpRequest request)
    {
        var metadata = new RpcMetadata();
        int size = 0;
        foreach (KeyValuePair<string, StringValues> header in request.Headers)
        {
            if (GrpcHeaders.IsReserved(header.Key))
                continue;
            bool credential = header.Key.Equals("authorization", StringComparison.OrdinalIgnoreCase);
            foreach (string? value in header.Value)
            {
                if (value is null)
                    continue;
                if (!credential)
                    size += header.Key.Length + value.Length + 32;
                else if (value.Length > Limits.BearerTokenBytesMax)
                {
                    throw new RpcException(
                        RpcStatusCode.Unauthenticated, $"the credential is longer than {Limits.BearerTokenBytesMax} bytes");
                }
                if (!metadata.AddReceived(header.Key, value))
                {
                    throw new RpcException(
                        RpcStatusCode.InvalidArgument, "the value of a metadata entry whose name ends with -bin is not base64");
                }
            }
        }
        if (size > options.MetadataBytesMax)
        {
            throw new RpcException(
                RpcStatusCode.ResourceExhausted, $"metadata of {size} bytes is larger than the limit of {options.MetadataBytesMax}");
        }
        return metadata;
    }

    private TimeSpan? ReadTimeout(HttpRequest request, RpcMethod method)
    {
        TimeSpan? fallback = method.Options.DefaultDeadline ?? (method.IsUnary ? options.UnaryDeadlineDefault : null);
        TimeSpan? most = method.Options.MaximumDeadline ?? (method.IsUnary ? options.UnaryDeadlineMax : null);
        StringValues header = request.Headers.GrpcTimeout;
        if (header.Count == 0)
            return fallback;
        if (header.Count > 1 || !GrpcTimeout.TryParse(header[0] ?? "", out TimeSpan asked))
            throw new RpcException(RpcStatusCode.Internal, "grpc-timeout is not one to eight digits and one of H, M, S, m, u, n");
        return asked > most ? most : asked;
    }

    private DateTimeOffset DeadlineAfter(TimeSpan timeout)
    {
        DateTimeOffset now = options.TimeProvider.GetUtcNow();
        return timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue;
    }

    private RpcException Unimplemented(string path)
    {
        int slash = path.LastIndexOf('/');
        bool known = slash > 1 && services.Contains(path[1..slash]);
        return new RpcException(RpcStatusCode.Unimplemented, known
            ? "the service has no such method, or this server does not implement it"
            : "this server has no such service");
    }

    private static async Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
}
