using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace HealthGrains.Rpc;

/// <summary>How one listener takes connections in. Share one instance between listeners to share its counts.</summary>
public sealed class RpcTransportOptions
{
    /// <summary>Certificate, client certificates and protocols of TLS; null for plaintext, which belongs on loopback only.</summary>
    public Action<HttpsConnectionAdapterOptions>? Tls { get; set; }

    /// <summary>Connections over all listeners that share this instance.</summary>
    public int ConnectionsMax { get; set; } = Limits.ConnectionsMax;

    /// <summary>Connections from one address.</summary>
    public int ConnectionsPerAddressMax { get; set; } = Limits.ConnectionsPerAddressMax;

    /// <summary>Calls under way on one connection.</summary>
    public int StreamsPerConnectionMax { get; set; } = Limits.StreamsPerConnectionMax;

    /// <summary>Frames without work, a second.</summary>
    public int IdleFramesPerSecond { get; set; } = Limits.IdleFramesPerSecond;

    /// <summary>Frames without work, at once.</summary>
    public int IdleFramesBurst { get; set; } = Limits.IdleFramesBurst;

    /// <summary>Time to complete the headers of a request. For the whole server.</summary>
    public TimeSpan RequestHeadersTimeout { get; set; } = Limits.RequestHeadersTimeout;

    /// <summary>Silence before the server pings. For the whole server.</summary>
    public TimeSpan KeepAlivePingDelay { get; set; } = Limits.KeepAlivePingDelay;

    /// <summary>Time to answer the ping. For the whole server.</summary>
    public TimeSpan KeepAlivePingTimeout { get; set; } = Limits.KeepAlivePingTimeout;

    /// <summary>Frame rates run on it.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal Connections.ConnectionCounts Counts { get; } = new();
}
