using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace HealthGrains.Rpc.GrpcWire;

/// <summary>The trailer "grpc-status-details-bin": google.rpc.Status in base64.</summary>
internal static class StatusDetails
{
    /// <summary>Null without details. Leaves out the last details until the rest fits <see cref="Limits.StatusDetailsBytesMax"/>.</summary>
    public static string? Encode(RpcException error)
    {
        if (error.Details.Count == 0)
            return null;
        var status = new Google.Rpc.Status { Code = (int)error.Code, Message = error.Detail };
        foreach (IMessage detail in error.Details)
            status.Details.Add(detail as Any ?? Any.Pack(detail));
        if (status.Message.Length > Limits.StatusMessageBytesMax)
            status.Message = status.Message[..Limits.StatusMessageBytesMax];
        while (status.CalculateSize() > Limits.StatusDetailsBytesMax && status.Details.Count > 0)
            status.Details.RemoveAt(status.Details.Count - 1);
        return BinaryMetadata.Encode(status.ToByteArray());
    }

    /// <summary>Empty for anything that is not a Status: details never hide the code that they came with.</summary>
    public static IReadOnlyList<Any> Decode(string? trailer)
    {
        if (trailer is null || !BinaryMetadata.TryDecode(trailer, out byte[]? bytes))
            return [];
        try
        {
            return [.. Google.Rpc.Status.Parser.ParseFrom(bytes).Details];
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
