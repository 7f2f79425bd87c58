using Grpc.Health.V1;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class AuthenticationTests
{
    [Fact]
    public async Task The_caller_is_known_to_the_handler()
    {
        await using TestHost host = await TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) => Task.FromResult(new EchoReply { Text = $"{call.Caller}" })),
            options => options.Authenticate = (call, _) =>
            {
                call.Caller = call.RequestHeaders.Get("authorization");
                return ValueTask.CompletedTask;
            });
        var headers = new RpcMetadata();
        headers.Add("authorization", "Bearer me");
        EchoReply reply = await host.SayAsync("x", new RpcCallOptions { Headers = headers });
        Assert.Equal("Bearer me", reply.Text);
    }

    [Fact]
    public async Task A_refused_caller_is_refused_before_the_body_is_read()
    {
        await using TestHost host = await TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, _, _) => throw new InvalidOperationException("must not run")),
            options => options.Authenticate = (_, _) => throw new RpcException(RpcStatusCode.Unauthenticated, "who?"));
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
        RawFrame? status = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && f.Stream == 1, "the refusal");
        Assert.NotNull(status);
        Assert.NotEqual(0, status.Flags & RawHttp2.EndStream);
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()))).Is(RpcStatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Health_needs_no_caller()
    {
        await using TestHost host = await TestHost.StartAsync(server: options =>
            options.Authenticate = (_, _) => throw new RpcException(RpcStatusCode.Unauthenticated, "who?"));
        HealthCheckResponse response = await host.Channel.UnaryAsync<HealthCheckRequest, HealthCheckResponse>(
            "/grpc.health.v1.Health/Check", new HealthCheckRequest(), null, CancellationToken.None).Within("health");
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task A_failing_authenticator_is_internal_and_lets_nobody_in()
    {
        await using TestHost host = await TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, _, _) => Task.FromResult(new EchoReply())),
            options => options.Authenticate = (_, _) => throw new InvalidOperationException("keys are away"));
        host.ErrorsAnnounced = true;
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()))).Is(RpcStatusCode.Internal);
    }

    [Fact]
    public async Task The_peer_is_known()
    {
        await using TestHost host = await TestHost.StartAsync(echo =>
            echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) => Task.FromResult(new EchoReply { Text = $"{call.Peer}" })));
        Assert.StartsWith("127.0.0.1:", (await host.SayAsync("x")).Text);
    }
}
