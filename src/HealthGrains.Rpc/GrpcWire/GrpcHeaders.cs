namespace HealthGrains.Rpc.GrpcWire;

/// <summary>Names and constant values of the headers that gRPC defines.</summary>
internal static class GrpcHeaders
{
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string StatusDetails = "grpc-status-details-bin";

    public const string ContentType = "application/grpc";
    public const string ContentTypeProto = "application/grpc+proto";
    public const string Gzip = "gzip";
    public const string Identity = "identity";
    public const string AcceptedEncodings = "identity,gzip";

    /// <summary>The content type to answer with, or null for one that is not gRPC with protobuf.</summary>
    public static string? AcceptContentType(string? value)
    {
        if (value is null)
            return null;
        // Parameters ("; charset=utf-8") say nothing about a binary format and are passed over.
        ReadOnlySpan<char> type = value.AsSpan();
        int semicolon = type.IndexOf(';');
        if (semicolon >= 0)
            type = type[..semicolon].TrimEnd();
        if (type.Equals(ContentType, StringComparison.OrdinalIgnoreCase))
            return ContentType;
        return type.Equals(ContentTypeProto, StringComparison.OrdinalIgnoreCase) ? ContentTypeProto : null;
    }

    /// <summary>Whether gzip is among the encodings that a peer accepts.</summary>
    public static bool AcceptsGzip(string? acceptEncoding)
    {
        if (acceptEncoding is null)
            return false;
        foreach (Range part in acceptEncoding.AsSpan().Split(','))
        {
            if (acceptEncoding.AsSpan(part).Trim().Equals(Gzip, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    /// <summary>True for headers that are HTTP's or gRPC's own and so no metadata.</summary>
    public static bool IsReserved(string name) => name.Length switch
    {
        0 => true,
        _ when name[0] == ':' => true,
        _ when name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase) => true,
        2 => name.Equals("te", StringComparison.OrdinalIgnoreCase),
        4 => name.Equals("host", StringComparison.OrdinalIgnoreCase) || name.Equals("date", StringComparison.OrdinalIgnoreCase),
        6 => name.Equals("server", StringComparison.OrdinalIgnoreCase),
        12 => name.Equals("content-type", StringComparison.OrdinalIgnoreCase),
        14 => name.Equals("content-length", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
