using Google.Protobuf.Reflection;
using HealthGrains.Rpc.Connections;

namespace HealthGrains.Rpc.Standard;

/// <summary>What both versions of server reflection answer with.</summary>
internal sealed class ReflectionService
{
    private readonly RpcServerOptions _options;

    private ReflectionService(IEnumerable<RpcService> services, RpcServerOptions options)
    {
        _options = options;
        ServiceDescriptor[] descriptors =
        [
            .. services.Select(service => service.Descriptor),
            Grpc.Reflection.V1.ReflectionReflection.Descriptor.Services[0],
            Grpc.Reflection.V1Alpha.ReflectionReflection.Descriptor.Services[0],
        ];
        Index = new DescriptorIndex(descriptors);
        Services = [.. descriptors.Select(service => service.FullName).Order(StringComparer.Ordinal)];
    }

    public static RpcMethodOptions Options { get; } = new() { Anonymous = true, EndsOnDrain = true, IdleTimeout = TimeSpan.FromMinutes(1) };

    public DescriptorIndex Index { get; }

    public IReadOnlyList<string> Services { get; }

    public static IEnumerable<RpcService> Create(IReadOnlyCollection<RpcService> services, RpcServerOptions options)
    {
        var reflection = new ReflectionService(services, options);
        return [ReflectionV1.Create(reflection), ReflectionV1Alpha.Create(reflection)];
    }

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the connection asks too often.</exception>
    public void CheckRate(RpcCall call)
    {
        RpcConnection? connection = call.Connection;
        if (connection is null || connection.TryReflect(_options.ReflectionPerSecond, _options.ReflectionBurst, _options.TimeProvider))
            return;
        throw new RpcException(RpcStatusCode.ResourceExhausted,
            $"more than {_options.ReflectionPerSecond} reflection questions a second",
            new Google.Rpc.RetryInfo { RetryDelay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(Limits.RetryDelay) });
    }

    /// <summary>The file, then its imports that this stream was not sent before: one question is then enough to use a service.</summary>
    public static IEnumerable<FileDescriptor> WithImports(FileDescriptor file, HashSet<string> sent)
    {
        sent.Add(file.Name);
        var waiting = new Queue<FileDescriptor>([file]);
        while (waiting.TryDequeue(out FileDescriptor? next))
        {
            yield return next;
            foreach (FileDescriptor import in next.Dependencies)
            {
                if (sent.Add(import.Name))
                    waiting.Enqueue(import);
            }
        }
    }
}
