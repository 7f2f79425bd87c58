using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using HealthGrains.Rpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>A server with the echo service on a port of its own, and a client. An error in its log that a test did not
/// announce fails the test when the host is disposed.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ErrorLog _log;

    private TestHost(WebApplication app, RpcServerOptions options, ErrorLog log)
    {
        _app = app;
        _log = log;
        Options = options;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Channel = new RpcChannel(Address, null);
    }

    public Uri Address { get; }

    public int Port => Address.Port;

    public RpcServerOptions Options { get; }

    public RpcChannel Channel { get; }

    public ConcurrentQueue<string> Errors => _log.Errors;

    /// <summary>The test expects errors in the log.</summary>
    public bool ErrorsAnnounced { get; set; }

    public static async Task<TestHost> StartAsync(
        Action<RpcService>? bind = null, Action<RpcServerOptions>? server = null, RpcTransportOptions? transport = null,
        HttpProtocols? otherListener = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        var log = new ErrorLog();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (otherListener is { } protocols)
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols);
            else
                kestrel.ConfigureRpc(new IPEndPoint(IPAddress.Loopback, 0), transport);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        WebApplication app = builder.Build();
        var options = new RpcServerOptions { DrainTimeout = TimeSpan.FromSeconds(2) };
        var echo = new RpcService(EchoReflection.Descriptor.Services[0]);
        (bind ?? BindAll)(echo);
        options.Services.Add(echo);
        server?.Invoke(options);
        app.MapRpc(options);
        await app.StartAsync();
        return new TestHost(app, options, log);
    }

    public static void BindAll(RpcService echo)
    {
        echo.Unary<EchoRequest, EchoReply>("Say", (request, _, _) => Task.FromResult(Reply(request)));
        echo.ServerStreaming<EchoRequest, EchoReply>("Split", async (request, replies, _, ct) =>
        {
            for (int i = 0; i < request.Count; i++)
                await replies.WriteAsync(new EchoReply { Text = $"{request.Text}{i}", Payload = request.Payload }, ct);
        });
        echo.ClientStreaming<EchoRequest, EchoReply>("Join", async (requests, _, ct) =>
        {
            var texts = new List<string>();
            await foreach (EchoRequest request in requests.WithCancellation(ct))
                texts.Add(request.Text);
            return new EchoReply { Text = string.Join(',', texts) };
        });
        echo.Duplex<EchoRequest, EchoReply>("Chat", async (requests, replies, _, ct) =>
        {
            await foreach (EchoRequest request in requests.WithCancellation(ct))
                await replies.WriteAsync(Reply(request), ct);
        });
        echo.Unary<Nested, EchoReply>("Nest", (_, _, _) => Task.FromResult(new EchoReply { Text = "nested" }));
    }

    public static EchoReply Reply(EchoRequest request) => new() { Text = request.Text, Payload = request.Payload };

    public Task<EchoReply> SayAsync(string text, RpcCallOptions? options = null, CancellationToken ct = default) =>
        Channel.UnaryAsync<EchoRequest, EchoReply>("/rpctest.Echo/Say", new EchoRequest { Text = text }, options, ct);

    /// <summary>The next honest call is answered.</summary>
    public async Task AnswersAsync()
    {
        EchoReply reply = await SayAsync("honest").Within("the honest call");
        Assert.Equal("honest", reply.Text);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await Channel.DisposeAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (!ErrorsAnnounced)
            Assert.True(_log.Errors.IsEmpty, $"errors that were not announced: {string.Join("; ", _log.Errors)}");
    }

    /// <summary>Keeps what is logged as an error.</summary>
    internal sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Errors { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Errors.Enqueue($"{eventId.Name}: {formatter(state, exception)} {exception?.GetType().Name}");
        }
    }
}
