using Google.Protobuf;
using HealthGrains.Rpc.Envelope;

namespace HealthGrains.Rpc.Client;

/// <summary>One codec for each reply type.</summary>
internal static class ClientCodec<T>
    where T : class, IMessage<T>, new()
{
    public static readonly MessageCodec<T> Instance = new(new T().Descriptor);
}
