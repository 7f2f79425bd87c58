using Google.Protobuf;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class CallShapeTests
{
    [Fact]
    public async Task A_unary_call_is_answered()
    {
        await using TestHost host = await TestHost.StartAsync();
        EchoReply reply = await host.SayAsync("hello").Within("the reply");
        Assert.Equal("hello", reply.Text);
    }

    [Fact]
    public async Task A_server_stream_delivers_all_replies_in_order()
    {
        await using TestHost host = await TestHost.StartAsync();
        var texts = new List<string>();
        await foreach (EchoReply reply in host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest { Text = "t", Count = 1_000 }, null, CancellationToken.None))
        {
            texts.Add(reply.Text);
        }
        Assert.Equal(Enumerable.Range(0, 1_000).Select(i => $"t{i}"), texts);
    }

    [Fact]
    public async Task A_server_stream_without_replies_ends_with_ok()
    {
        await using TestHost host = await TestHost.StartAsync();
        await foreach (EchoReply _ in host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest(), null, CancellationToken.None))
        {
            Assert.Fail("No reply was asked for.");
        }
    }

    [Fact]
    public async Task A_client_stream_is_answered_after_its_end()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RpcClientStreamingCall<EchoRequest, EchoReply> call =
            host.Channel.ClientStreaming<EchoRequest, EchoReply>("/rpctest.Echo/Join", null, CancellationToken.None);
        for (int i = 0; i < 5; i++)
            await call.WriteAsync(new EchoRequest { Text = $"{i}" });
        EchoReply reply = await call.FinishAsync().Within("the reply");
        Assert.Equal("0,1,2,3,4", reply.Text);
    }

    [Fact]
    public async Task A_bidirectional_stream_answers_each_request_before_the_next()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RpcDuplexCall<EchoRequest, EchoReply> call =
            host.Channel.Duplex<EchoRequest, EchoReply>("/rpctest.Echo/Chat", null, CancellationToken.None);
        for (int i = 0; i < 20; i++)
        {
            await call.WriteAsync(new EchoRequest { Text = $"{i}" });
            Assert.True(await call.MoveNextAsync().AsTask().Within("a reply"));
            Assert.Equal($"{i}", call.Current.Text);
        }
        call.FinishRequests();
        Assert.False(await call.MoveNextAsync().AsTask().Within("the end"));
    }

    [Fact]
    public async Task A_thousand_pipelined_requests_are_answered()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RpcDuplexCall<EchoRequest, EchoReply> call =
            host.Channel.Duplex<EchoRequest, EchoReply>("/rpctest.Echo/Chat", null, CancellationToken.None);
        async Task WriteAsync()
        {
            for (int i = 0; i < 1_000; i++)
                await call.WriteAsync(new EchoRequest { Text = $"{i}", Payload = ByteString.CopyFrom(new byte[100]) });
            call.FinishRequests();
        }
        Task writing = WriteAsync();
        int seen = 0;
        await foreach (EchoReply reply in call.ReadAllAsync())
            Assert.Equal($"{seen++}", reply.Text);
        await writing;
        Assert.Equal(1_000, seen);
    }

    [Fact]
    public async Task A_message_of_four_mebibytes_goes_both_ways()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] payload = new byte[4 * 1024 * 1024];
        new Random(1).NextBytes(payload);
        EchoReply reply = await host.Channel.UnaryAsync<EchoRequest, EchoReply>(
            "/rpctest.Echo/Say", new EchoRequest { Payload = ByteString.CopyFrom(payload) }, null, CancellationToken.None).Within("the reply");
        Assert.Equal(payload, reply.Payload.ToByteArray());
    }
}
