using System.Net.Security;

namespace HealthGrains.Rpc;

/// <summary>How a channel connects.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>Connections that calls take in turn. Each opens more by itself while all its streams are in use.</summary>
    public int Connections { get; init; } = 1;

    /// <summary>Trust and client certificates of TLS, for an address that begins with https.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which the client pings the server while calls are open.</summary>
    public TimeSpan KeepAlivePingDelay { get; init; } = Limits.KeepAlivePingDelay;

    /// <summary>Time to answer the ping; then the connection's calls fail with UNAVAILABLE.</summary>
    public TimeSpan KeepAlivePingTimeout { get; init; } = Limits.KeepAlivePingTimeout;

    /// <summary>Bytes of a reply, as received and inflated.</summary>
    public int MessageBytesMax { get; init; } = Limits.MessageBytesMax;

    /// <summary>Whether replies may come as gzip.</summary>
    public bool AcceptGzip { get; init; } = true;

    /// <summary>Deadlines run on it.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
