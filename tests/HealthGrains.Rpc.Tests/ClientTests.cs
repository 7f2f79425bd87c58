using System.Net;
using System.Net.Sockets;
using System.Text;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class ClientTests
{
    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{port}"), null);
        await channel.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest(), null, CancellationToken.None)
            .FailsAsync(RpcStatusCode.Unavailable);
        await using RpcClientStreamingCall<EchoRequest, EchoReply> stream =
            channel.ClientStreaming<EchoRequest, EchoReply>("/rpctest.Echo/Join", null, CancellationToken.None);
        await stream.WriteAsync(new EchoRequest()).AsTask().FailsAsync(RpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task A_deadline_passes_on_the_callers_side_too()
    {
        // Nobody ever answers here.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var time = new ManualTimeProvider();
        await using var channel = new RpcChannel(
            new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), new RpcChannelOptions { TimeProvider = time });
        Task<EchoReply> call = channel.UnaryAsync<EchoRequest, EchoReply>(
            RawCall.Say, new EchoRequest(), new RpcCallOptions { Timeout = TimeSpan.FromSeconds(3) }, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(3));
        await call.FailsAsync(RpcStatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task The_callers_own_token_is_a_cancellation_and_no_status()
    {
        await using TestHost host = await TestHost.StartAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            host.SayAsync("x", new RpcCallOptions { Timeout = TimeSpan.FromSeconds(5) }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_deadline_travels_to_the_server()
    {
        DateTimeOffset? seen = null;
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>("Split", (_, _, call, _) =>
        {
            seen = call.Deadline;
            return Task.CompletedTask;
        }));
        await foreach (EchoReply _ in host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest(), new RpcCallOptions { Timeout = TimeSpan.FromMinutes(2) }, CancellationToken.None))
        {
            Assert.Fail("No reply was written.");
        }
        Assert.NotNull(seen);
    }

    [Fact]
    public async Task Connections_are_taken_in_turn()
    {
        await using TestHost host = await TestHost.StartAsync(echo =>
            echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) => Task.FromResult(new EchoReply { Text = $"{call.Peer}" })));
        await using var channel = new RpcChannel(host.Address, new RpcChannelOptions { Connections = 3 });
        var peers = new HashSet<string>();
        for (int i = 0; i < 6; i++)
            peers.Add((await channel.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest(), null, CancellationToken.None)).Text);
        Assert.Equal(3, peers.Count);
    }

    [Fact]
    public async Task More_calls_than_streams_of_a_connection_are_answered()
    {
        await using TestHost host = await TestHost.StartAsync();
        EchoReply[] replies = await Task.WhenAll(Enumerable.Range(0, 500).Select(i => host.SayAsync($"{i}"))).Within("500 calls");
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), replies.Select(r => r.Text));
    }

    [Fact]
    public async Task A_reply_above_the_callers_limit_is_refused()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.CompressReplies = false);
        await using var channel = new RpcChannel(host.Address, new RpcChannelOptions { MessageBytesMax = 100 });
        await channel.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest { Text = new string('x', 200) }, null, CancellationToken.None)
            .FailsAsync(RpcStatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task The_status_of_a_refused_upload_reaches_its_writer()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.ClientStreaming<EchoRequest, EchoReply>(
            "Join", (_, _, _) => throw new RpcException(RpcStatusCode.PermissionDenied, "not you")));
        await using RpcClientStreamingCall<EchoRequest, EchoReply> call =
            host.Channel.ClientStreaming<EchoRequest, EchoReply>("/rpctest.Echo/Join", null, CancellationToken.None);
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
                await call.WriteAsync(new EchoRequest { Text = "more" }).AsTask().Within("a write");
        });
        Assert.Equal(RpcStatusCode.PermissionDenied, error.Code);
    }

    [Fact]
    public async Task An_enumeration_can_be_uploaded()
    {
        await using TestHost host = await TestHost.StartAsync();
        static async IAsyncEnumerable<EchoRequest> Requests()
        {
            for (int i = 0; i < 3; i++)
            {
                await Task.Yield();
                yield return new EchoRequest { Text = $"{i}" };
            }
        }
        EchoReply reply = await host.Channel.ClientStreamingAsync<EchoRequest, EchoReply>(
            "/rpctest.Echo/Join", Requests(), null, CancellationToken.None).Within("the reply");
        Assert.Equal("0,1,2", reply.Text);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("")]
    public async Task A_server_that_speaks_no_http_2_is_an_error_with_a_code(string greeting)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var channel = new RpcChannel(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"), null);
        Task<EchoReply> call = channel.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest(), null, CancellationToken.None);
        using (TcpClient server = await listener.AcceptTcpClientAsync().Within("the connection"))
            await server.GetStream().WriteAsync(Encoding.ASCII.GetBytes(greeting));
        RpcException error = await Assert.ThrowsAsync<RpcException>(() => call.Within("the call's end"));
        Assert.True(error.Code is RpcStatusCode.Unavailable or RpcStatusCode.Internal, $"{error.Code}");
    }

    [Fact]
    public async Task A_stream_that_is_left_early_is_cancelled_on_the_server()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", async (_, replies, _, ct) =>
            {
                ct.Register(ended.SetResult);
                while (true)
                    await replies.WriteAsync(new EchoReply { Text = "again" }, ct);
            }));
        await foreach (EchoReply _ in host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest(), null, CancellationToken.None))
        {
            break;
        }
        await ended.Task.Within("the handler's token");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("unix:/tmp/x")]
    public void Other_schemes_are_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new RpcChannel(new Uri(address), null));
}
