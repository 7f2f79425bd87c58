using System.Collections.Frozen;
using System.Net;
using HealthGrains.Rpc.Connections;
using HealthGrains.Rpc.Server;
using HealthGrains.Rpc.Standard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Rpc;

/// <summary>Puts this layer onto Kestrel: listeners with their limits, and the services behind them.</summary>
public static class RpcHosting
{
    /// <summary>Makes a listener one for gRPC: HTTP/2 only, counted and watched connections, TLS where the options have it.</summary>
    /// <remarks>Header limits, keep-alive and header timeouts are Kestrel's for the whole server; they are set here too, and
    /// listeners of other protocols in the same host inherit them.</remarks>
    public static ListenOptions ConfigureRpc(this ListenOptions listen, RpcTransportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(listen);
        RpcTransportOptions transport = options ?? new RpcTransportOptions();
        Configure(listen.KestrelServerOptions, transport);
        listen.Protocols = HttpProtocols.Http2;
        ILogger logger = Logger(listen.ApplicationServices);

        // Outermost, so that a refused connection costs no handshake.
        listen.Use(next => context => CountedAsync(next, context, transport, logger));
        if (transport.Tls is { } tls)
            listen.UseHttps(tls);
        // Innermost, so that it sees frames and not TLS records.
        listen.Use(next => context => GuardedAsync(next, context, transport, logger));
        return listen;
    }

    /// <summary>Adds one listener for gRPC.</summary>
    public static void ConfigureRpc(this KestrelServerOptions kestrel, IPEndPoint endpoint, RpcTransportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(endpoint);
        kestrel.Listen(endpoint, listen => listen.ConfigureRpc(options));
    }

    /// <summary>Answers gRPC requests: everything that comes through a listener of
    /// <see cref="ConfigureRpc(ListenOptions, RpcTransportOptions)"/>, and on other listeners whatever says that it is gRPC.
    /// Other requests pass on.</summary>
    /// <remarks>When the host stops, health says NOT_SERVING first; Kestrel then stops accepting and says GOAWAY; calls under way
    /// finish, streams within <see cref="RpcServerOptions.DrainTimeout"/>.</remarks>
    /// <exception cref="ArgumentException">Two services have the same name.</exception>
    public static IApplicationBuilder MapRpc(this IApplicationBuilder app, RpcServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        ILogger logger = Logger(app.ApplicationServices);

        List<RpcService> services = [.. options.Services, HealthService.Create(options.Health)];
        if (options.Reflection)
            services.AddRange(ReflectionService.Create(services, options));
        if (services.GroupBy(service => service.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ArgumentException($"The service {twice.Key} is mapped twice.", nameof(options));
        foreach (RpcService service in services)
            options.Health.Know(service.Name);

        var drain = new RpcDrain(options);
        var endpoint = new RpcEndpoint(
            services.SelectMany(service => service.Methods).ToFrozenDictionary(method => method.Path, StringComparer.Ordinal),
            services.Select(service => service.Name).ToFrozenSet(StringComparer.Ordinal),
            options, drain, logger);
        if (app.ApplicationServices.GetService<IHostApplicationLifetime>() is { } host)
        {
            host.ApplicationStopping.Register(() =>
            {
                RpcLog.Draining(logger, options.DrainTimeout.TotalSeconds);
                drain.Begin();
            });
            host.ApplicationStopped.Register(drain.Dispose);
        }
        return app.Use(next => context => endpoint.InvokeAsync(context, next));
    }

    private static void Configure(KestrelServerOptions kestrel, RpcTransportOptions transport)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.RequestHeadersTimeout = transport.RequestHeadersTimeout;
        limits.MaxRequestHeadersTotalSize = Limits.HeaderListBytesMax;
        limits.MaxRequestHeaderCount = Limits.HeadersMax;
        limits.Http2.MaxRequestHeaderFieldSize = Limits.HeaderFieldBytesMax;
        limits.Http2.MaxStreamsPerConnection = transport.StreamsPerConnectionMax;
        limits.Http2.KeepAlivePingDelay = transport.KeepAlivePingDelay;
        limits.Http2.KeepAlivePingTimeout = transport.KeepAlivePingTimeout;
    }

    private static async Task CountedAsync(
        ConnectionDelegate next, ConnectionContext context, RpcTransportOptions transport, ILogger logger)
    {
        IPAddress? address = (context.RemoteEndPoint as IPEndPoint)?.Address;
        if (transport.Counts.TryAdd(address, transport.ConnectionsMax, transport.ConnectionsPerAddressMax) is { } limit)
        {
            RpcInstruments.ConnectionRefused(limit);
            RpcLog.ConnectionRefused(logger, limit);
            context.Abort();
            return;
        }
        RpcInstruments.ConnectionOpened();
        try
        {
            await next(context);
        }
        finally
        {
            transport.Counts.Remove(address);
            RpcInstruments.ConnectionClosed();
        }
    }

    private static async Task GuardedAsync(
        ConnectionDelegate next, ConnectionContext context, RpcTransportOptions transport, ILogger logger)
    {
        context.Features.Set(new RpcConnection(context));
        using var guard = new FrameGuard(context, transport, logger);
        context.Transport = guard;
        await next(context);
    }

    private static ILogger Logger(IServiceProvider services) =>
        services.GetRequiredService<ILoggerFactory>().CreateLogger("HealthGrains.Rpc");
}
