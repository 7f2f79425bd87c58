using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>What one connection, or many, may do to the server. An honest caller beside it is answered.</summary>
[Collection(nameof(Counted))]
public sealed class ConnectionTests
{
    public static TheoryData<string, byte, byte, int, byte[]> Floods => new()
    {
        { "PING", RawHttp2.Ping, 0, 0, new byte[8] },
        { "SETTINGS", RawHttp2.Settings, 0, 0, [] },
        { "PRIORITY", RawHttp2.Priority, 0, 3, [0, 0, 0, 1, 1] },
        { "WINDOW_UPDATE", RawHttp2.WindowUpdate, 0, 0, [0, 0, 0, 1] },
        { "unknown", 0xbb, 0, 0, new byte[8] },
        { "empty DATA", RawHttp2.Data, 0, 1, [] },
        { "DATA of padding alone", RawHttp2.Data, RawHttp2.Padded, 1, [2, 0, 0] },
        { "empty CONTINUATION", RawHttp2.Continuation, 0, 1, [] },
    };

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_flood_of_frames_without_work_is_told_to_calm_down(string name, byte type, byte flags, int stream, byte[] payload)
    {
        var time = new ManualTimeProvider();
        await using TestHost host = await StartAsync(new RpcTransportOptions { TimeProvider = time, IdleFramesPerSecond = 10, IdleFramesBurst = 50 });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        bool opensWithContinuation = type == RawHttp2.Continuation;
        await raw.SendAsync(RawHttp2.Headers, opensWithContinuation ? (byte)0 : RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));

        await raw.WriteAsync([.. Enumerable.Repeat(RawHttp2.Frame(type, flags, stream, payload), 60).SelectMany(f => f)]);
        RawFrame? end = await raw.ReadUntilAsync(f => f.Type == RawHttp2.GoAway, $"GOAWAY after a flood of {name}");
        Assert.NotNull(end);
        Assert.Equal(RawHttp2.EnhanceYourCalm, end.Code);
        Assert.Null(await raw.ReadUntilAsync(_ => false, "the connection to close"));
        await host.AnswersAsync();
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task Frames_within_the_rate_are_borne(string name, byte type, byte flags, int stream, byte[] payload)
    {
        Assert.NotEmpty(name);
        var time = new ManualTimeProvider();
        await using TestHost host = await StartAsync(new RpcTransportOptions { TimeProvider = time, IdleFramesPerSecond = 10, IdleFramesBurst = 50 });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        bool continues = type == RawHttp2.Continuation;
        await raw.SendAsync(RawHttp2.Headers, continues ? (byte)0 : RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
        for (int second = 0; second < 10; second++)
        {
            await raw.WriteAsync([.. Enumerable.Repeat(RawHttp2.Frame(type, flags, stream, payload), second == 0 ? 40 : 10).SelectMany(f => f)]);
            if (!continues)
            {
                // A ping of our own comes back once everything before it was read; it is one of the ten each second.
                await raw.SendAsync(RawHttp2.Ping, 0, 0, [1, 2, 3, 4, 5, 6, 7, (byte)second]);
                Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Ping && f.Payload[7] == second && f.Payload[0] == 1, "the echo of a ping"));
                time.Advance(TimeSpan.FromSeconds(1.2));
            }
            else if (second == 0)
            {
                // Only the burst: within a header block no ping may stand.
                break;
            }
        }
        if (continues)
            await raw.SendAsync(RawHttp2.Continuation, RawHttp2.EndHeaders, 1, []);
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest()));
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && (f.Flags & RawHttp2.EndStream) != 0, "the status"));
    }

    [Fact]
    public async Task Window_updates_that_answer_data_are_no_flood()
    {
        using var counted = new Counted();
        var time = new ManualTimeProvider();
        await using TestHost host = await StartAsync(new RpcTransportOptions { TimeProvider = time, IdleFramesPerSecond = 1, IdleFramesBurst = 20 });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request("/rpctest.Echo/Split"));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest
        {
            Count = 300,
            Payload = Google.Protobuf.ByteString.CopyFrom(new byte[1_000]),
        }));
        int data = 0;
        // Each DATA frame is acknowledged twice, for its stream and for the connection, as an eager client does.
        while (await raw.ReadAsync().Within("the next frame") is { } frame)
        {
            if (frame.Type == RawHttp2.Headers && (frame.Flags & RawHttp2.EndStream) != 0)
                break;
            Assert.NotEqual(RawHttp2.GoAway, frame.Type);
            if (frame.Type != RawHttp2.Data || frame.Payload.Length == 0)
                continue;
            data++;
            byte[] credit = [(byte)(frame.Payload.Length >> 24), (byte)(frame.Payload.Length >> 16), (byte)(frame.Payload.Length >> 8), (byte)frame.Payload.Length];
            await raw.SendAsync(RawHttp2.WindowUpdate, 0, 1, credit);
            await raw.SendAsync(RawHttp2.WindowUpdate, 0, 0, credit);
        }
        Assert.True(data > 20, $"{data} DATA frames are too few to show anything");
        Assert.Equal(0, counted.Keys.Count(k => k.Contains("connections_calmed", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_flood_whose_sender_does_not_read_is_cut()
    {
        await using TestHost host = await StartAsync(new RpcTransportOptions { IdleFramesPerSecond = 10, IdleFramesBurst = 50 });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        byte[] pings = [.. Enumerable.Repeat(RawHttp2.Frame(RawHttp2.Ping, 0, 0, new byte[8]), 1_000).SelectMany(f => f)];
        Exception? error = await Record.ExceptionAsync(async () =>
        {
            for (int i = 0; i < 10_000; i++)
                await raw.WriteAsync(pings).Within("the server to cut the connection");
        });
        Assert.IsAssignableFrom<IOException>(error);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task Bytes_of_frames_may_come_one_by_one()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        byte[] all =
        [
            .. RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say)),
            .. RawHttp2.Frame(RawHttp2.Data, RawHttp2.EndStream | RawHttp2.Padded, 1, [3, .. RawCall.Frame(new EchoRequest()), 0, 0, 0]),
        ];
        foreach (byte b in all)
            await raw.WriteAsync([b]);
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && (f.Flags & RawHttp2.EndStream) != 0, "the status"));
    }

    [Fact]
    public async Task A_connection_beyond_the_address_limit_refuses()
    {
        using var counted = new Counted();
        await using TestHost host = await StartAsync(new RpcTransportOptions { ConnectionsPerAddressMax = 2 });
        await using RawHttp2 first = await PingedAsync(host);
        await using (RawHttp2 second = await PingedAsync(host))
        {
            await IsClosedAsync(host);
            Assert.Equal(1, counted["healthgrains.rpc.connections_refused limit=ConnectionsPerAddressMax"]);
        }
        // A place becomes free when its connection is gone.
        await ReconnectsAsync(host);
    }

    [Fact]
    public async Task A_connection_beyond_the_total_refuses()
    {
        using var counted = new Counted();
        await using TestHost host = await StartAsync(new RpcTransportOptions { ConnectionsMax = 1 });
        await using RawHttp2 first = await PingedAsync(host);
        await IsClosedAsync(host);
        Assert.Equal(1, counted["healthgrains.rpc.connections_refused limit=ConnectionsMax"]);
    }

    [Fact]
    public async Task A_stream_beyond_the_limit_of_its_connection_refuses()
    {
        await using TestHost host = await TestHost.StartAsync(WaitingEcho, transport: new RpcTransportOptions { StreamsPerConnectionMax = 3 });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        for (int i = 0; i < 4; i++)
        {
            await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1 + 2 * i, RawHttp2.Request(RawCall.Say));
            await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1 + 2 * i, RawCall.Frame(new EchoRequest()));
        }
        RawFrame? reset = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Reset, "the fourth stream to be refused");
        Assert.NotNull(reset);
        Assert.Equal(7, reset.Stream);
        Assert.Equal(RawHttp2.RefusedStream, reset.Code);
    }

    [Fact]
    public async Task Headers_that_do_not_come_in_time_end_the_connection()
    {
        await using TestHost host = await StartAsync(new RpcTransportOptions { RequestHeadersTimeout = TimeSpan.FromMilliseconds(500) });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, 0, 1, RawHttp2.Request(RawCall.Say));
        Assert.Null(await raw.ReadUntilAsync(_ => false, "the connection to close"));
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_header_list_above_the_limit_refuses()
    {
        await using TestHost host = await TestHost.StartAsync();
        // By hand: an ordinary client that has read the server's settings does not even send this.
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        string third = new('v', 11_000);
        byte[] block = RawHttp2.Request(RawCall.Say, ("a", third), ("b", third), ("c", third));
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndStream, 1, block[..16_000]);
        await raw.SendAsync(RawHttp2.Continuation, 0, 1, block[16_000..32_000]);
        await raw.SendAsync(RawHttp2.Continuation, RawHttp2.EndHeaders, 1, block[32_000..]);
        RawFrame? answer = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers, "the refusal");
        Assert.NotNull(answer);
        Assert.Contains("431", System.Text.Encoding.ASCII.GetString(answer.Payload));
        await host.AnswersAsync();
    }

    [Fact]
    public async Task Too_many_headers_refuse()
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync(
            RawCall.Say, [], method: HttpMethod.Get, headers: [.. Enumerable.Range(0, Limits.HeadersMax + 1).Select(i => ($"h{i}", ""))]);
        Assert.Equal(431, answer.HttpStatus);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task Headers_far_above_the_limit_end_the_connection()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        byte[] block = RawHttp2.Request(RawCall.Say, [.. Enumerable.Range(0, 10).Select(i => ($"h{i}", new string('v', 11_000)))]);
        await raw.SendAsync(RawHttp2.Headers, 0, 1, block[..16_000]);
        for (int at = 16_000; at < block.Length; at += 16_000)
            await raw.SendAsync(RawHttp2.Continuation, 0, 1, block[at..Math.Min(block.Length, at + 16_000)]);
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.GoAway, "GOAWAY"));
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_silent_peer_is_pinged_and_one_that_does_not_answer_is_cut()
    {
        await using TestHost host = await TestHost.StartAsync(WaitingEcho, transport: new RpcTransportOptions
        {
            KeepAlivePingDelay = TimeSpan.FromSeconds(1),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(1),
        });
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Ping, "a ping"));
        Assert.Null(await raw.ReadUntilAsync(_ => false, "the connection to close"));
    }

    private static Task<TestHost> StartAsync(RpcTransportOptions transport) => TestHost.StartAsync(transport: transport);

    private static void WaitingEcho(RpcService echo) => echo.Unary<EchoRequest, EchoReply>("Say", async (_, _, ct) =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        return new EchoReply();
    });

    private static async Task IsClosedAsync(TestHost host)
    {
        try
        {
            await using RawHttp2 raw = await RawHttp2.ConnectSilentAsync(host.Port);
            Assert.Equal("", await raw.ReadTextAsync());
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Closed before the connect had returned.
        }
    }

    // Counted by the server: its answer proves it.
    private static async Task<RawHttp2> PingedAsync(TestHost host)
    {
        RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Ping, 0, 0, new byte[8]);
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Ping, "a ping's echo"));
        return raw;
    }

    // The server notices the end of a connection in its own time.
    private static async Task ReconnectsAsync(TestHost host)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            try
            {
                await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
                if (await raw.ReadAsync().Within("an answer") is not null)
                    return;
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // Refused once more: the old connection is still counted.
            }
        }
    }
}
