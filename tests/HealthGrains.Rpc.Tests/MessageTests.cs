using Google.Protobuf;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>The envelope: every broken one has its answer, and the next honest call is answered.</summary>
[Collection(nameof(Counted))]
public sealed class MessageTests
{
    private static readonly byte[] s_hello = RawCall.Frame(new EchoRequest { Text = "hello" });

    public static TheoryData<string, byte[], RpcStatusCode> Broken => new()
    {
        { "length FFFFFFFF", [0, 255, 255, 255, 255, 1, 2, 3], RpcStatusCode.ResourceExhausted },
        { "length above the body", [0, 0, 0, 1, 0, 1, 2, 3], RpcStatusCode.Internal },
        { "length below the body: the rest is a cut second prefix", [0, 0, 0, 0, 0, 1, 2, 3], RpcStatusCode.Unimplemented },
        { "prefix cut", [0, 0, 0], RpcStatusCode.Internal },
        { "no message", [], RpcStatusCode.Unimplemented },
        { "two messages", [.. s_hello, .. s_hello], RpcStatusCode.Unimplemented },
        { "flag 2", [2, 0, 0, 0, 0], RpcStatusCode.Internal },
        { "flag 255", [255, 0, 0, 0, 0], RpcStatusCode.Internal },
        { "compressed without encoding", RawCall.Frame(1, RawCall.Gzip([1, 2, 3])), RpcStatusCode.Internal },
        { "no protobuf", RawCall.Frame(0, [0xff, 0xff, 0xff]), RpcStatusCode.InvalidArgument },
        { "field longer than the message", RawCall.Frame(0, [0x0a, 0x7f, 1]), RpcStatusCode.InvalidArgument },
        { "length that overflows inside the parser", RawCall.Frame(0, [0x22, 0xff, 0xff, 0xff, 0xff, 0x07, 0x08, 1]), RpcStatusCode.InvalidArgument },
        { "200,000 empty messages", [.. Enumerable.Repeat(new byte[5], 200_000).SelectMany(f => f)], RpcStatusCode.Unimplemented },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_envelope_refuses(string name, byte[] body, RpcStatusCode expected)
    {
        Assert.NotEmpty(name);
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(body);
        answer.Is(expected);
        Assert.True(answer.TrailersOnly);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_message_of_the_limit_passes_and_A_byte_more_refuses()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.MessageBytesMax = 100_000);
        byte[] Body(int size) => RawCall.Frame(0, Padded(size));
        (await host.SayRawAsync(Body(100_000))).Is(RpcStatusCode.Ok);
        (await host.SayRawAsync(Body(100_001))).Is(RpcStatusCode.ResourceExhausted);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_message_above_the_default_limit_refuses_before_it_is_read()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
        // Only the prefix is sent, and the stream stays open.
        int length = Limits.MessageBytesMax + 1;
        await raw.SendAsync(RawHttp2.Data, 0, 1, [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length]);
        RawFrame? status = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && f.Stream == 1, "the refusal");
        Assert.NotNull(status);
        Assert.NotEqual(0, status.Flags & RawHttp2.EndStream);
    }

    [Fact]
    public async Task A_reply_above_the_limit_refuses()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.ReplyBytesMax = 1_000);
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(0, Padded(2_000)));
        answer.Is(RpcStatusCode.ResourceExhausted);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task A_message_may_come_in_pieces_of_any_size()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
        foreach (byte b in s_hello)
            await raw.SendAsync(RawHttp2.Data, 0, 1, [b]);
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, []);
        RawFrame? reply = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Data && f.Payload.Length > 0, "the reply");
        Assert.NotNull(reply);
        Assert.Equal("hello", EchoReply.Parser.ParseFrom(reply.Payload.AsSpan(5)).Text);
    }

    [Fact]
    public async Task A_half_close_without_a_message_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders | RawHttp2.EndStream, 1, RawHttp2.Request(RawCall.Say));
        RawFrame? status = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers, "the refusal");
        Assert.NotNull(status);
        Assert.NotEqual(0, status.Flags & RawHttp2.EndStream);
        await host.AnswersAsync();
    }

    [Theory]
    [InlineData(Limits.MessageNestingMax, RpcStatusCode.Ok)]
    [InlineData(Limits.MessageNestingMax + 1, RpcStatusCode.InvalidArgument)]
    [InlineData(20_000, RpcStatusCode.InvalidArgument)]
    public async Task A_message_nested_too_deep_refuses(int depth, RpcStatusCode expected)
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] body = [];
        for (int i = 0; i < depth; i++)
            body = RawCall.Field(2, body);
        (await host.PostAsync("/rpctest.Echo/Nest", RawCall.Frame(0, body))).Is(expected);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_broken_message_ends_its_stream_after_the_good_ones()
    {
        var seen = new List<string>();
        await using TestHost host = await TestHost.StartAsync(echo => echo.ClientStreaming<EchoRequest, EchoReply>(
            "Join", async (requests, _, ct) =>
            {
                await foreach (EchoRequest request in requests.WithCancellation(ct))
                    seen.Add(request.Text);
                return new EchoReply();
            }));
        (await host.PostAsync("/rpctest.Echo/Join", [.. s_hello, .. s_hello, 7, 0, 0, 0, 0])).Is(RpcStatusCode.Internal);
        Assert.Equal(["hello", "hello"], seen);
    }

    [Fact]
    public async Task Empty_messages_in_a_stream_are_messages()
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync("/rpctest.Echo/Join", new byte[15]);
        answer.Is(RpcStatusCode.Ok);
        Assert.Equal(",,", EchoReply.Parser.ParseFrom(answer.Body.AsSpan(5)).Text);
    }

    // A request of exactly this many bytes: a tag, a length and zeros.
    private static byte[] Padded(int size) => Enumerable.Range(2, 4)
        .Select(overhead => new EchoRequest { Payload = ByteString.CopyFrom(new byte[size - overhead]) }.ToByteArray())
        .First(message => message.Length == size);
}
