using System.Globalization;
using HealthGrains.Rpc.GrpcWire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace HealthGrains.Rpc.Server;

/// <summary>Writes the status of a call (gRPC over HTTP2, Trailers and Trailers-Only).</summary>
internal static class StatusHeaders
{
    private static readonly StringValues[] s_codes =
        [.. Enum.GetValues<RpcStatusCode>().Select(code => new StringValues(((int)code).ToString(CultureInfo.InvariantCulture)))];

    /// <summary>An error before any reply: one block of headers that ends the stream.</summary>
    public static void WriteTrailersOnly(HttpResponse response, string contentType, RpcException error, RpcCall? call)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = contentType;
        if (call?.ResponseHeadersOrNull is { } headers)
            AddMetadata(response.Headers, headers);
        Write(response.Headers, error, call);
    }

    public static void WriteTrailers(HttpResponse response, RpcException? error, RpcCall call)
    {
        IHeaderDictionary? trailers = response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
        if (trailers is not null && !trailers.IsReadOnly)
            Write(trailers, error, call);
    }

    public static void AddMetadata(IHeaderDictionary target, RpcMetadata metadata)
    {
        foreach (KeyValuePair<string, string> entry in metadata.Entries)
        {
            if (!GrpcHeaders.IsReserved(entry.Key))
                target.Append(entry.Key, entry.Value);
        }
    }

    private static void Write(IHeaderDictionary target, RpcException? error, RpcCall? call)
    {
        target[GrpcHeaders.Status] = s_codes[(int)(error?.Code ?? RpcStatusCode.Ok)];
        if (error is not null)
        {
            string message = StatusMessage.Encode(error.Detail);
            if (message.Length > 0)
                target[GrpcHeaders.Message] = message;
            if (StatusDetails.Encode(error) is { } details)
                target[GrpcHeaders.StatusDetails] = details;
        }
        if (call?.ResponseTrailersOrNull is { } trailers)
            AddMetadata(target, trailers);
    }
}
