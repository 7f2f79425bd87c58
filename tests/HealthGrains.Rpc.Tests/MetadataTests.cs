using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class MetadataTests
{
    [Fact]
    public async Task Text_and_binary_metadata_go_both_ways()
    {
        await using TestHost host = await StartEchoingAsync();
        var headers = new RpcMetadata();
        headers.Add("note", "hello");
        headers.Add("twice", "1");
        headers.Add("twice", "2");
        headers.AddBinary("blob-bin", new byte[] { 0, 1, 255 });
        var response = new RpcResponse();
        await host.SayAsync("x", new RpcCallOptions { Headers = headers, Response = response }).Within("the reply");
        Assert.Equal("hello", response.Headers.Get("note"));
        // A value that comes twice may be joined on its way.
        Assert.Equal("1, 2", string.Join(", ", response.Headers.GetAll("twice")));
        Assert.Equal([0, 1, 255], response.Headers.GetBinary("blob-bin"));
        Assert.Equal("done", response.Trailers.Get("end"));
        Assert.Equal([9], response.Trailers.GetBinary("end-bin"));
    }

    [Fact]
    public async Task Trailers_come_with_an_error_too()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) =>
        {
            call.ResponseTrailers.Add("end", "failed");
            throw new RpcException(RpcStatusCode.NotFound, "no");
        }));
        RpcException error = await host.SayAsync("x").FailsAsync(RpcStatusCode.NotFound);
        Assert.Equal("failed", error.Trailers.Get("end"));
    }

    [Theory]
    [InlineData("AAE")]
    [InlineData("AAE=")]
    public async Task Binary_metadata_is_taken_with_and_without_padding(string value)
    {
        byte[]? seen = null;
        await using TestHost host = await StartSeeingAsync(call => seen = call.RequestHeaders.GetBinary("blob-bin"));
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("blob-bin", value))).Is(RpcStatusCode.Ok);
        Assert.Equal([0, 1], seen);
    }

    [Fact]
    public async Task Binary_metadata_joined_by_commas_is_several_values()
    {
        string[] seen = [];
        await using TestHost host = await StartSeeingAsync(call => seen = [.. call.RequestHeaders.GetAll("blob-bin")]);
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("blob-bin", "AAE, AAI="))).Is(RpcStatusCode.Ok);
        Assert.Equal(["AAE", "AAI="], seen);
    }

    [Fact]
    public async Task Binary_metadata_that_is_not_base64_is_refused_clearly()
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("trace-bin", "!!!***"));
        answer.Is(RpcStatusCode.InvalidArgument);
        Assert.Contains("base64", answer.Message);
        Assert.DoesNotContain("!!!", answer.Message);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task Headers_of_http_and_grpc_are_no_metadata()
    {
        string[] seen = [];
        await using TestHost host = await StartSeeingAsync(call => seen = [.. call.RequestHeaders.Select(e => e.Key)]);
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()),
            ("te", "trailers"), ("grpc-timeout", "1S"), ("grpc-accept-encoding", "gzip"), ("grpc-future", "x"), ("own", "1")))
            .Is(RpcStatusCode.Ok);
        Assert.Equal(["own"], seen);
    }

    [Fact]
    public async Task A_credential_sent_twice_is_seen_as_such()
    {
        bool single = true;
        await using TestHost host = await StartSeeingAsync(call => single = call.RequestHeaders.TryGetSingle("authorization", out _));
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1,
            RawHttp2.Request(RawCall.Say, ("authorization", "a"), ("authorization", "b")));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest()));
        await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && (f.Flags & RawHttp2.EndStream) != 0, "the status");
        Assert.False(single);
    }

    [Fact]
    public async Task Metadata_up_to_the_limit_passes_and_A_byte_more_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        int room = Limits.MetadataBytesMax - 32 - "note".Length;
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("note", new string('n', room)))).Is(RpcStatusCode.Ok);
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("note", new string('n', room + 1)));
        answer.Is(RpcStatusCode.ResourceExhausted);
        Assert.True(answer.TrailersOnly);
    }

    [Fact]
    public async Task A_credential_above_sixteen_KiB_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("authorization", new string('t', Limits.BearerTokenBytesMax)))).Is(RpcStatusCode.Ok);
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("authorization", new string('t', Limits.BearerTokenBytesMax + 1))))
            .Is(RpcStatusCode.Unauthenticated);
    }

    [Theory]
    [InlineData("Upper", "x")]
    [InlineData("sp ace", "x")]
    [InlineData("", "x")]
    [InlineData("grpc-own", "x")]
    [InlineData("blob-bin", "x")]
    [InlineData("text", "caf\u00e9")]
    [InlineData("text", "two\nlines")]
    public void What_cannot_travel_cannot_be_added(string name, string value) =>
        Assert.Throws<ArgumentException>(() => new RpcMetadata().Add(name, value));

    [Fact]
    public void Bytes_need_a_binary_name() =>
        Assert.Throws<ArgumentException>(() => new RpcMetadata().AddBinary("text", new byte[1]));

    private static Task<TestHost> StartSeeingAsync(Action<RpcCall> see) => TestHost.StartAsync(echo =>
        echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) =>
        {
            see(call);
            return Task.FromResult(new EchoReply());
        }));

    private static Task<TestHost> StartEchoingAsync() => TestHost.StartAsync(echo =>
        echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) =>
        {
            foreach ((string name, string value) in call.RequestHeaders)
            {
                if (name.EndsWith("-bin", StringComparison.Ordinal))
                    call.ResponseHeaders.AddBinary(name, call.RequestHeaders.GetBinary(name));
                else
                    call.ResponseHeaders.Add(name, value);
            }
            call.ResponseTrailers.Add("end", "done");
            call.ResponseTrailers.AddBinary("end-bin", new byte[] { 9 });
            return Task.FromResult(new EchoReply());
        }));
}
