using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class CancellationTests
{
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_callers_reset_cancels_the_unary_handler()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.Unary<EchoRequest, EchoReply>("Say", async (_, _, ct) =>
        {
            await WaitAsync(ct);
            return new EchoReply();
        }));
        using var caller = new CancellationTokenSource();
        Task<EchoReply> call = host.SayAsync("x", ct: caller.Token);
        await _running.Task.Within("the handler");
        await caller.CancelAsync();
        await _cancelled.Task.Within("the handler's token");
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within("the caller"));
        Assert.Equal(caller.Token, error.CancellationToken);
    }

    [Fact]
    public async Task A_callers_reset_cancels_the_streaming_handler()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", (_, _, _, ct) => WaitAsync(ct)));
        using var caller = new CancellationTokenSource();
        await using IAsyncEnumerator<EchoReply> replies = host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest(), null, caller.Token).GetAsyncEnumerator();
        Task<bool> next = replies.MoveNextAsync().AsTask();
        await _running.Task.Within("the handler");
        await caller.CancelAsync();
        await _cancelled.Task.Within("the handler's token");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Within("the caller"));
    }

    [Fact]
    public async Task A_reset_wakes_a_handler_that_waits_for_a_request()
    {
        var woken = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo.Duplex<EchoRequest, EchoReply>(
            "Chat", async (requests, _, _, ct) =>
            {
                _running.SetResult();
                woken.SetResult(await Record.ExceptionAsync(async () => await requests.MoveNextAsync(ct)));
            }));
        await using (RpcDuplexCall<EchoRequest, EchoReply> call =
            host.Channel.Duplex<EchoRequest, EchoReply>("/rpctest.Echo/Chat", null, CancellationToken.None))
        {
            await _running.Task.Within("the handler");
        }
        Assert.IsAssignableFrom<OperationCanceledException>(await woken.Task.Within("the handler to wake"));
        await using TestHost other = await TestHost.StartAsync();
        await other.AnswersAsync();
    }

    [Fact]
    public async Task A_lost_connection_cancels_its_calls()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.Unary<EchoRequest, EchoReply>("Say", async (_, _, ct) =>
        {
            await WaitAsync(ct);
            return new EchoReply();
        }));
        await using (RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port))
        {
            await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request(RawCall.Say));
            await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest()));
            await _running.Task.Within("the handler");
        }
        await _cancelled.Task.Within("the handler's token");
    }

    [Fact]
    public async Task A_forgotten_read_ends_with_its_handler()
    {
        Task<bool>? forgotten = null;
        await using TestHost host = await TestHost.StartAsync(echo =>
        {
            echo.Duplex<EchoRequest, EchoReply>("Chat", (requests, _, _, ct) =>
            {
                forgotten = requests.MoveNextAsync(ct).AsTask();
                return Task.CompletedTask;
            });
            echo.Unary<EchoRequest, EchoReply>("Say", (request, _, _) => Task.FromResult(TestHost.Reply(request)));
        });
        await using RpcDuplexCall<EchoRequest, EchoReply> call =
            host.Channel.Duplex<EchoRequest, EchoReply>("/rpctest.Echo/Chat", null, CancellationToken.None);
        Assert.False(await call.MoveNextAsync().AsTask().Within("the end of the call"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forgotten!.Within("the forgotten read"));
        for (int i = 0; i < 20; i++)
            await host.AnswersAsync();
    }

    [Fact]
    public async Task A_stream_kept_after_its_call_is_closed()
    {
        IRpcReplyStream<EchoReply>? kept = null;
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", (_, replies, _, _) =>
            {
                kept = replies;
                return Task.CompletedTask;
            }));
        await host.PostAsync("/rpctest.Echo/Split", RawCall.Frame(new EchoRequest()));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await kept!.WriteAsync(new EchoReply(), CancellationToken.None));
    }

    [Fact]
    public async Task Two_writes_at_once_are_refused()
    {
        var outcome = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", async (_, replies, _, ct) =>
            {
                // More than the caller's window holds, so the first write waits.
                var big = new EchoReply { Payload = Google.Protobuf.ByteString.CopyFrom(new byte[100_000]) };
                Task first = replies.WriteAsync(big, ct).AsTask();
                outcome.SetResult(await Record.ExceptionAsync(async () => await replies.WriteAsync(big, ct)));
                await first;
            }));
        await using RawHttp2 raw = await OpenStreamAsync(host);
        Assert.IsType<InvalidOperationException>(await outcome.Task.Within("the second write"));
    }

    [Fact]
    public async Task A_forgotten_write_ends_with_its_handler()
    {
        Task? forgotten = null;
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", (_, replies, _, ct) =>
            {
                forgotten = replies.WriteAsync(new EchoReply { Payload = Google.Protobuf.ByteString.CopyFrom(new byte[100_000]) }, ct).AsTask();
                _running.SetResult();
                return Task.CompletedTask;
            }));
        await using RawHttp2 raw = await OpenStreamAsync(host);
        await _running.Task.Within("the handler");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forgotten!.Within("the forgotten write"));
    }

    private static async Task<RawHttp2> OpenStreamAsync(TestHost host)
    {
        RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        await raw.SendAsync(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.Request("/rpctest.Echo/Split"));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, RawCall.Frame(new EchoRequest()));
        return raw;
    }

    private async Task WaitAsync(CancellationToken ct)
    {
        _running.SetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        }
        catch (OperationCanceledException)
        {
            _cancelled.SetResult();
            throw;
        }
    }
}
