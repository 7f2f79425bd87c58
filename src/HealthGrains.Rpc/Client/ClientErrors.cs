using System.Net;

namespace HealthGrains.Rpc.Client;

/// <summary>The status that stands for an end without one (gRPC over HTTP2, Errors; HTTP to gRPC status code mapping).</summary>
internal static class ClientErrors
{
    private const long RefusedStream = 0x7;
    private const long Cancel = 0x8;
    private const long EnhanceYourCalm = 0xb;
    private const long InadequateSecurity = 0xc;

    public static RpcException ToStatus(Exception e)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is HttpProtocolException protocol)
            {
                return new RpcException(
                    FromHttp2(protocol.ErrorCode), $"the server ended the stream with HTTP/2 code {protocol.ErrorCode}", [], e);
            }
        }
        // Also for an answer that is no HTTP/2: so a connection looks that closes while it is being made.
        return new RpcException(RpcStatusCode.Unavailable, "the server was not reached, or went away", [], e);
    }

    public static RpcStatusCode ToStatus(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest => RpcStatusCode.Internal,
        HttpStatusCode.Unauthorized => RpcStatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => RpcStatusCode.PermissionDenied,
        HttpStatusCode.NotFound => RpcStatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout => RpcStatusCode.Unavailable,
        _ => RpcStatusCode.Unknown,
    };

    private static RpcStatusCode FromHttp2(long code) => code switch
    {
        // NO_ERROR without a status, as a connection that closes gracefully under a call, may be tried again elsewhere.
        0 or RefusedStream => RpcStatusCode.Unavailable,
        Cancel => RpcStatusCode.Cancelled,
        EnhanceYourCalm => RpcStatusCode.ResourceExhausted,
        InadequateSecurity => RpcStatusCode.PermissionDenied,
        _ => RpcStatusCode.Internal,
    };
}
