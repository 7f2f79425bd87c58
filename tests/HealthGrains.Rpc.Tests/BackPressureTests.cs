using Google.Protobuf;
using Google.Rpc;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>A reader that does not read makes its writer wait, and in the end loses its stream, not the server.</summary>
public sealed class BackPressureTests
{
    private static readonly EchoReply s_chunk = new() { Payload = ByteString.CopyFrom(new byte[8_000]) };
    private static readonly byte[] s_smallWindow = [0, 4, 0, 0, 0x10, 0]; // SETTINGS_INITIAL_WINDOW_SIZE 4096

    private readonly ManualTimeProvider _time = new();
    private int _written;

    [Fact]
    public async Task A_writer_waits_for_a_reader_that_takes_nothing()
    {
        await using TestHost host = await StartAsync();
        await using RawHttp2 raw = await OpenAsync(host);
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(60));
        // The window holds 4 KiB, so not even the first message of 8 kB is through.
        Assert.Equal(0, Volatile.Read(ref _written));
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_for_a_minute_refuses_itself()
    {
        await using TestHost host = await StartAsync();
        await using RawHttp2 raw = await OpenAsync(host);
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(60));
        // It wakes up: what was waiting comes, then the status.
        await raw.SendAsync(RawHttp2.WindowUpdate, 0, 1, [0, 0x10, 0, 0]);
        RawFrame? trailers = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Headers && (f.Flags & RawHttp2.EndStream) != 0, "the status");
        Assert.NotNull(trailers);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_reader_that_does_not_even_take_its_status_is_reset()
    {
        await using TestHost host = await StartAsync();
        await using RawHttp2 raw = await OpenAsync(host);
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(60));
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));
        RawFrame? reset = await raw.ReadUntilAsync(f => f.Type == RawHttp2.Reset, "the reset");
        Assert.NotNull(reset);
        await host.AnswersAsync();
    }

    [Fact]
    public void The_status_of_a_slow_reader_says_when_to_come_back()
    {
        using var lifetime = new Server.CallLifetime(_time, null, new Microsoft.AspNetCore.Http.Features.HttpRequestLifetimeFeature());
        lifetime.Stop(Server.CallEnd.ReplyNotTaken);
        RpcException status = lifetime.ToStatus();
        Assert.Equal(RpcStatusCode.Unavailable, status.Code);
        Assert.NotNull(status.FindDetail<RetryInfo>());
    }

    [Fact]
    public async Task A_slow_reader_is_served_as_long_as_it_takes_something()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.TimeProvider = _time);
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port, s_smallWindow);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request("/rpctest.Echo/Split"));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest { Count = 10, Payload = s_chunk.Payload }));
        int bytes = 0;
        while (await raw.ReadAsync().Within("the next frame") is { } frame)
        {
            if (frame.Type == RawHttp2.Headers && (frame.Flags & RawHttp2.EndStream) != 0)
                break;
            if (frame.Type != RawHttp2.Data || frame.Payload.Length == 0)
                continue;
            bytes += frame.Payload.Length;
            // A message takes three of these pieces at most: slow, but never silent for a minute.
            _time.Advance(TimeSpan.FromSeconds(10));
            await raw.SendAsync(RawHttp2.WindowUpdate, 0, 0, [0, 0, 0x10, 0]);
            await raw.SendAsync(RawHttp2.WindowUpdate, 0, 1, [0, 0, 0x10, 0]);
        }
        Assert.True(bytes > 10 * 8_000, $"only {bytes} bytes came");
    }

    [Fact]
    public async Task A_large_unary_reply_that_nobody_takes_is_reset()
    {
        await using TestHost host = await TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, _, _) => Task.FromResult(s_chunk)),
            options => options.TimeProvider = _time);
        await using RawHttp2 raw = await OpenAsync(host, RawCall.Say);
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.NotNull(await raw.ReadUntilAsync(f => f.Type == RawHttp2.Reset, "the reset"));
    }

    [Fact]
    public async Task A_reader_that_is_slow_makes_the_other_direction_wait()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo.ClientStreaming<EchoRequest, EchoReply>(
            "Join", async (requests, _, ct) =>
            {
                entered.SetResult();
                await go.Task.WaitAsync(ct);
                int seen = 0;
                while (await requests.MoveNextAsync(ct))
                    seen++;
                return new EchoReply { Text = $"{seen}" };
            }));
        await using RpcClientStreamingCall<EchoRequest, EchoReply> call =
            host.Channel.ClientStreaming<EchoRequest, EchoReply>("/rpctest.Echo/Join", null, CancellationToken.None);
        int sent = 0;
        async Task WriteAsync()
        {
            for (; sent < 100; sent++)
                await call.WriteAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[64 * 1024]) });
        }
        Task writing = WriteAsync();
        await entered.Task.Within("the handler");
        // 6.4 MB do not fit into any window, so the writer cannot be through.
        Assert.False(writing.IsCompleted);
        go.SetResult();
        await writing.Within("the writer");
        Assert.Equal("100", (await call.FinishAsync().Within("the reply")).Text);
    }

    private Task<TestHost> StartAsync() => TestHost.StartAsync(
        echo =>
        {
            echo.ServerStreaming<EchoRequest, EchoReply>("Split", async (_, replies, _, ct) =>
            {
                while (true)
                {
                    await replies.WriteAsync(s_chunk, ct);
                    Interlocked.Increment(ref _written);
                }
            });
            echo.Unary<EchoRequest, EchoReply>("Say", (request, _, _) => Task.FromResult(TestHost.Reply(request)));
        },
        options => options.TimeProvider = _time);

    // A caller that allows one window of 4 KiB and then says nothing.
    private static async Task<RawHttp2> OpenAsync(TestHost host, string path = "/rpctest.Echo/Split")
    {
        RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port, s_smallWindow);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(path));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest()));
        return raw;
    }
}
