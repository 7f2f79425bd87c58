namespace HealthGrains.Rpc;

/// <summary>What one call of the client does differently.</summary>
public sealed record RpcCallOptions
{
    /// <summary>Metadata to send.</summary>
    public RpcMetadata? Headers { get; init; }

    /// <summary>Deadline from now; sent along, and kept on this side too. Null: none of the caller's.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Whether requests are sent as gzip where that makes them smaller.</summary>
    public bool Compress { get; init; }

    /// <summary>Filled with what came beside the replies; one instance for one call.</summary>
    public RpcResponse? Response { get; init; }
}

/// <summary>What the server sent beside its replies.</summary>
public sealed class RpcResponse
{
    /// <summary>Metadata before the first reply.</summary>
    public RpcMetadata Headers { get; internal set; } = new();

    /// <summary>Metadata with the status.</summary>
    public RpcMetadata Trailers { get; internal set; } = new();

    /// <summary>"gzip" or "identity": what the server announced as "grpc-encoding".</summary>
    public string Encoding { get; internal set; } = GrpcWire.GrpcHeaders.Identity;
}
