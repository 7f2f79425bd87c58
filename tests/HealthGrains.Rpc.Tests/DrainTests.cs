using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class DrainTests
{
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_call_under_way_finishes_and_health_says_so_first()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.Unary<EchoRequest, EchoReply>("Say", async (_, _, ct) =>
        {
            _running.SetResult();
            await _go.Task.WaitAsync(ct);
            return new EchoReply { Text = "finished" };
        }));
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port);
        Task<EchoReply> call = host.SayAsync("x");
        await _running.Task.Within("the handler");
        Task stopping = host.StopAsync();
        // GOAWAY with NO_ERROR: no new calls here.
        RawFrame? end = await raw.ReadUntilAsync(f => f.Type == RawHttp2.GoAway, "GOAWAY");
        Assert.Equal(0u, end?.Code);
        Assert.Equal(ServingStatus.NotServing, host.Options.Health.Get(""));
        Assert.False(stopping.IsCompleted);
        _go.SetResult();
        Assert.Equal("finished", (await call.Within("the call under way")).Text);
        await stopping.Within("the end of the server");
    }

    [Fact]
    public async Task A_stopping_server_takes_no_new_connections()
    {
        await using TestHost host = await TestHost.StartAsync();
        await host.AnswersAsync();
        await host.StopAsync().Within("the end of the server");
        await using var late = new RpcChannel(host.Address, null);
        await late.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest(), null, CancellationToken.None)
            .FailsAsync(RpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task A_stream_without_an_end_of_its_own_ends_at_once()
    {
        await using TestHost host = await StartWatchingAsync(new RpcMethodOptions { EndsOnDrain = true }, drain: TimeSpan.FromMinutes(10));
        await using IAsyncEnumerator<EchoReply> watch = await OpenAsync(host);
        Task stopping = host.StopAsync();
        RpcException error = await watch.MoveNextAsync().AsTask().FailsAsync(RpcStatusCode.Unavailable);
        Assert.NotNull(error.FindDetail<Google.Rpc.RetryInfo>());
        await stopping.Within("the end of the server");
    }

    [Fact]
    public async Task A_stream_that_does_not_finish_ends_when_its_time_is_over()
    {
        var time = new ManualTimeProvider();
        await using TestHost host = await StartWatchingAsync(new RpcMethodOptions(), drain: TimeSpan.FromSeconds(30), time);
        await using IAsyncEnumerator<EchoReply> watch = await OpenAsync(host);
        Task<bool> next = watch.MoveNextAsync().AsTask();
        Task stopping = host.StopAsync();
        await time.TimerWithinAsync(TimeSpan.FromSeconds(30));
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await next.FailsAsync(RpcStatusCode.Unavailable);
        await stopping.Within("the end of the server");
    }

    [Fact]
    public async Task A_handler_can_see_that_the_server_stops()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", async (_, replies, call, ct) =>
            {
                await replies.WriteAsync(new EchoReply { Text = "first" }, ct);
                var draining = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await using CancellationTokenRegistration registration = call.Draining.Register(draining.SetResult);
                await draining.Task.WaitAsync(ct);
                await replies.WriteAsync(new EchoReply { Text = "last" }, ct);
            }));
        await using IAsyncEnumerator<EchoReply> watch = await OpenAsync(host);
        Task stopping = host.StopAsync();
        Assert.True(await watch.MoveNextAsync().AsTask().Within("the last reply"));
        Assert.Equal("last", watch.Current.Text);
        Assert.False(await watch.MoveNextAsync().AsTask().Within("the end"));
        await stopping.Within("the end of the server");
    }

    private static Task<TestHost> StartWatchingAsync(RpcMethodOptions options, TimeSpan drain, TimeProvider? time = null) => TestHost.StartAsync(
        echo => echo.ServerStreaming<EchoRequest, EchoReply>("Split", async (_, replies, _, ct) =>
        {
            await replies.WriteAsync(new EchoReply { Text = "first" }, ct);
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        }, options),
        server =>
        {
            server.DrainTimeout = drain;
            server.TimeProvider = time ?? TimeProvider.System;
        });

    private static async Task<IAsyncEnumerator<EchoReply>> OpenAsync(TestHost host)
    {
        IAsyncEnumerator<EchoReply> watch = host.Channel.ServerStreaming<EchoRequest, EchoReply>(
            "/rpctest.Echo/Split", new EchoRequest(), null, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync().AsTask().Within("the first reply"));
        return watch;
    }
}
