using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace HealthGrains.Rpc.Connections;

/// <summary>What is known of one connection; its feature, and the mark that its requests are for this layer.</summary>
internal sealed class RpcConnection(ConnectionContext context)
{
    private readonly Lock _reflectionLock = new();
    private TokenBucket? _reflection;
    private bool _certificateRead;
    private X509Certificate2? _certificate;

    public EndPoint? Peer { get; } = context.RemoteEndPoint;

    // The handshake is over when the first call arrives, and a later one finds the same certificate.
    public X509Certificate2? ClientCertificate
    {
        get
        {
            if (!_certificateRead)
            {
                _certificate = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
                _certificateRead = true;
            }
            return _certificate;
        }
    }

    /// <summary>One reflection question; several streams of one connection may ask at once.</summary>
    public bool TryReflect(int perSecond, int burst, TimeProvider time)
    {
        lock (_reflectionLock)
        {
            TokenBucket bucket = _reflection ?? new TokenBucket(perSecond, burst, time);
            bool taken = bucket.TryTake();
            _reflection = bucket;
            return taken;
        }
    }
}
