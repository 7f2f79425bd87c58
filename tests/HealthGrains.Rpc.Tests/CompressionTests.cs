using Google.Protobuf;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>gzip both ways, proved by what the server counted, and its limits.</summary>
[Collection(nameof(Counted))]
public sealed class CompressionTests
{
    private const string ReceivedGzip = "healthgrains.rpc.messages_received encoding=gzip";
    private const string SentGzip = "healthgrains.rpc.messages_sent encoding=gzip";
    private const string SentPlain = "healthgrains.rpc.messages_sent encoding=identity";

    private static readonly (string, string) s_gzip = ("grpc-encoding", "gzip");
    private static readonly (string, string) s_acceptGzip = ("grpc-accept-encoding", "identity,deflate,gzip");
    private static readonly EchoRequest s_wordy = new() { Text = string.Concat(Enumerable.Repeat("a wordy text ", 1_000)) };

    [Fact]
    public async Task Compressed_requests_are_taken_and_replies_compressed()
    {
        using var counted = new Counted();
        await using TestHost host = await TestHost.StartAsync();
        var response = new RpcResponse();
        EchoReply reply = await host.Channel.UnaryAsync<EchoRequest, EchoReply>(
            RawCall.Say, s_wordy, new RpcCallOptions { Compress = true, Response = response }, CancellationToken.None).Within("the reply");
        Assert.Equal(s_wordy.Text, reply.Text);
        Assert.Equal("gzip", response.Encoding);
        Assert.Equal(1, counted[ReceivedGzip]);
        Assert.Equal(1, counted[SentGzip]);
    }

    [Fact]
    public async Task Streams_are_compressed_message_by_message()
    {
        using var counted = new Counted();
        await using TestHost host = await TestHost.StartAsync();
        await using RpcDuplexCall<EchoRequest, EchoReply> call = host.Channel.Duplex<EchoRequest, EchoReply>(
            "/rpctest.Echo/Chat", new RpcCallOptions { Compress = true }, CancellationToken.None);
        for (int i = 0; i < 3; i++)
        {
            await call.WriteAsync(s_wordy);
            Assert.True(await call.MoveNextAsync().AsTask().Within("a reply"));
            Assert.Equal(s_wordy.Text, call.Current.Text);
        }
        Assert.Equal(3, counted[ReceivedGzip]);
        Assert.Equal(3, counted[SentGzip]);
    }

    [Fact]
    public async Task A_caller_that_does_not_accept_gzip_gets_none()
    {
        using var counted = new Counted();
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(s_wordy));
        answer.Is(RpcStatusCode.Ok);
        Assert.Equal(0, answer.Body[0]);
        Assert.False(answer.Headers.ContainsKey("grpc-encoding"));
        Assert.Equal(0, counted[SentGzip]);
    }

    [Fact]
    public async Task A_small_reply_is_not_worth_it()
    {
        using var counted = new Counted();
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest { Text = "small" }), s_acceptGzip);
        Assert.Equal(0, answer.Body[0]);
        Assert.Equal(1, counted[SentPlain]);
    }

    [Fact]
    public async Task A_reply_that_does_not_shrink_is_sent_as_it_is()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] noise = new byte[10_000];
        new Random(2).NextBytes(noise);
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest { Payload = ByteString.CopyFrom(noise) }), s_acceptGzip);
        answer.Is(RpcStatusCode.Ok);
        Assert.Equal(0, answer.Body[0]);
        Assert.Equal(noise, EchoReply.Parser.ParseFrom(answer.Body.AsSpan(5)).Payload.ToByteArray());
    }

    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, true, 1)]
    public async Task A_call_decides_whether_its_replies_are_compressed(bool byDefault, bool byCall, int flag)
    {
        await using TestHost host = await TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (request, call, _) =>
            {
                Assert.Equal(byDefault, call.CompressReplies);
                call.CompressReplies = byCall;
                return Task.FromResult(TestHost.Reply(request));
            }),
            options => options.CompressReplies = byDefault);
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(s_wordy), s_acceptGzip);
        answer.Is(RpcStatusCode.Ok);
        Assert.Equal(flag, answer.Body[0]);
    }

    [Fact]
    public async Task Plain_messages_may_come_where_gzip_was_named()
    {
        await using TestHost host = await TestHost.StartAsync();
        (await host.SayRawAsync(RawCall.Frame(s_wordy), s_gzip)).Is(RpcStatusCode.Ok);
    }

    [Theory]
    [InlineData("snappy")]
    [InlineData("deflate")]
    [InlineData("gzip,gzip")]
    public async Task An_unknown_encoding_refuses_and_names_the_known_ones(string encoding)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(1, [1, 2, 3]), ("grpc-encoding", encoding));
        answer.Is(RpcStatusCode.Unimplemented);
        Assert.Equal("identity,gzip", answer.Headers["grpc-accept-encoding"]);
    }

    [Fact]
    public async Task A_message_that_inflates_beyond_the_limit_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        // Half noise: below the ratio, above the size.
        byte[] noise = new byte[Limits.InflatedBytesMax / 2];
        new Random(3).NextBytes(noise);
        byte[] body = RawCall.Gzip(RawCall.Field(2, [.. noise, .. new byte[Limits.InflatedBytesMax / 2 + 1]]));
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(1, body), s_gzip);
        answer.Is(RpcStatusCode.ResourceExhausted);
        Assert.Contains("inflates to more than", answer.Message);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_message_of_exactly_the_inflated_limit_passes()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.InflatedBytesMax = 50_000);
        byte[] noise = new byte[50_000 - 4];
        new Random(4).NextBytes(noise);
        byte[] message = RawCall.Field(2, noise);
        Assert.Equal(50_000, message.Length);
        (await host.SayRawAsync(RawCall.Frame(1, RawCall.Gzip(message)), s_gzip)).Is(RpcStatusCode.Ok);
        (await host.SayRawAsync(RawCall.Frame(1, RawCall.Gzip(RawCall.Field(2, [.. noise, 0]))), s_gzip)).Is(RpcStatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task A_message_that_inflates_by_more_than_the_ratio_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        // A kibibyte or so of zeros, 1000 to 1.
        byte[] body = RawCall.Gzip(RawCall.Field(2, new byte[1024 * 1024]));
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(1, body), s_gzip);
        answer.Is(RpcStatusCode.ResourceExhausted);
        Assert.Contains("100 to 1", answer.Message);
    }

    [Fact]
    public async Task Below_sixty_four_KiB_the_ratio_does_not_matter()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] body = RawCall.Gzip(RawCall.Field(2, new byte[60 * 1024]));
        Assert.True(body.Length * Limits.InflateRatioMax < 60 * 1024, "the example has to be above the ratio");
        (await host.SayRawAsync(RawCall.Frame(1, body), s_gzip)).Is(RpcStatusCode.Ok);
    }

    [Fact]
    public async Task A_bomb_allocates_little()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] bomb = RawCall.Frame(1, RawCall.Gzip(RawCall.Field(2, new byte[64 * 1024 * 1024])));
        (await host.SayRawAsync(bomb, s_gzip)).Is(RpcStatusCode.ResourceExhausted);
        long before = GC.GetTotalAllocatedBytes();
        for (int i = 0; i < 5; i++)
            (await host.SayRawAsync(bomb, s_gzip)).Is(RpcStatusCode.ResourceExhausted);
        // Pools may grow; five times 64 MiB may not.
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 5L * 12 * 1024 * 1024);
    }

    [Fact]
    public async Task A_gzip_stream_that_is_cut_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] whole = RawCall.Gzip(s_wordy.ToByteArray());
        for (int length = 0; length < whole.Length; length += Math.Max(1, whole.Length / 40))
            (await host.SayRawAsync(RawCall.Frame(1, whole[..length]), s_gzip)).Is(RpcStatusCode.Internal);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_gzip_stream_with_a_wrong_checksum_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] whole = RawCall.Gzip(s_wordy.ToByteArray());
        whole[^6] ^= 1;
        (await host.SayRawAsync(RawCall.Frame(1, whole), s_gzip)).Is(RpcStatusCode.Internal);
    }

    [Fact]
    public async Task What_is_not_gzip_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        (await host.SayRawAsync(RawCall.Frame(1, [1, 2, 3, 4, 5, 6, 7, 8]), s_gzip)).Is(RpcStatusCode.Internal);
        (await host.SayRawAsync(RawCall.Frame(1, []), s_gzip)).Is(RpcStatusCode.Internal);
    }

    [Fact]
    public async Task Gzip_in_gzip_is_no_message()
    {
        await using TestHost host = await TestHost.StartAsync();
        byte[] twice = RawCall.Gzip(RawCall.Gzip(s_wordy.ToByteArray()));
        (await host.SayRawAsync(RawCall.Frame(1, twice), s_gzip)).Is(RpcStatusCode.InvalidArgument);
    }
}

/// <summary>Tests that count: not beside each other.</summary>
[CollectionDefinition(nameof(Counted), DisableParallelization = true)]
public sealed class CountedCollection;
