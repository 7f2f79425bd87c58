using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class DeadlineTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_unary_call_without_a_deadline_has_ten_seconds()
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await StartAsync(seen);
        Task<RawAnswer> answer = host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        DateTimeOffset? deadline = await seen.Task.Within("the handler");
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(10), deadline);
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await answer.Within("the answer")).Is(RpcStatusCode.DeadlineExceeded);
    }

    [Theory]
    [InlineData("2S", 2)]
    [InlineData("99999999H", 60)]
    [InlineData("61S", 60)]
    public async Task A_unary_deadline_is_kept_and_clipped_to_a_minute(string timeout, int seconds)
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await StartAsync(seen);
        Task<RawAnswer> answer = host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("grpc-timeout", timeout));
        Assert.Equal(_time.GetUtcNow().AddSeconds(seconds), await seen.Task.Within("the handler"));
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(seconds));
        _time.Advance(TimeSpan.FromSeconds(seconds));
        (await answer.Within("the answer")).Is(RpcStatusCode.DeadlineExceeded);
    }

    [Fact]
    public async Task A_deadline_of_zero_is_exceeded_before_the_handler_runs()
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await StartAsync(seen);
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("grpc-timeout", "0S"))).Is(RpcStatusCode.DeadlineExceeded);
        Assert.False(seen.Task.IsCompleted);
    }

    [Theory]
    [InlineData("-1S")]
    [InlineData("100000000n")]
    [InlineData("soon")]
    [InlineData("10")]
    public async Task A_malformed_deadline_is_internal(string timeout)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()), ("grpc-timeout", timeout));
        answer.Is(RpcStatusCode.Internal);
        Assert.True(answer.TrailersOnly);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task A_stream_without_a_deadline_has_none()
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo
            .ServerStreaming<EchoRequest, EchoReply>("Split", async (_, replies, call, ct) =>
            {
                seen.SetResult(call.Deadline);
                await go.Task.WaitAsync(ct);
                await replies.WriteAsync(new EchoReply { Text = "late" }, ct);
            }), options => options.TimeProvider = _time);
        Task<RawAnswer> answer = host.PostAsync("/rpctest.Echo/Split", RawCall.Frame(new EchoRequest()));
        Assert.Null(await seen.Task.Within("the handler"));
        _time.Advance(TimeSpan.FromDays(30));
        go.SetResult();
        (await answer.Within("the answer")).Is(RpcStatusCode.Ok);
    }

    [Fact]
    public async Task The_deadline_of_a_stream_ends_it_with_what_was_sent_before()
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo
            .ServerStreaming<EchoRequest, EchoReply>("Split", async (_, replies, _, ct) =>
            {
                await replies.WriteAsync(new EchoReply { Text = "first" }, ct);
                sent.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }), options => options.TimeProvider = _time);
        Task<RawAnswer> answer = host.PostAsync("/rpctest.Echo/Split", RawCall.Frame(new EchoRequest()), headers: ("grpc-timeout", "5S"));
        await sent.Task.Within("the first reply");
        _time.Advance(TimeSpan.FromSeconds(5));
        RawAnswer ended = await answer.Within("the answer");
        ended.Is(RpcStatusCode.DeadlineExceeded);
        Assert.False(ended.TrailersOnly);
        Assert.NotEmpty(ended.Body);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_token_does_not_keep_the_caller_waiting()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var commit = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var committed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo
            .Unary<EchoRequest, EchoReply>("Say", async (_, _, _) =>
            {
                running.SetResult();
                await commit.Task;
                committed.SetResult();
                return new EchoReply();
            }), options => options.TimeProvider = _time);
        Task<RawAnswer> answer = host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        await running.Task.Within("the handler");
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(10));
        (await answer.Within("the answer")).Is(RpcStatusCode.DeadlineExceeded);
        // The work under way ends by itself.
        commit.SetResult();
        await committed.Task.Within("the handler's end");
    }

    [Fact]
    public async Task The_default_deadline_of_a_method_can_be_its_own()
    {
        var seen = new TaskCompletionSource<DateTimeOffset?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestHost host = await TestHost.StartAsync(echo => echo
            .Unary<EchoRequest, EchoReply>("Say", (_, call, _) =>
            {
                seen.SetResult(call.Deadline);
                return Task.FromResult(new EchoReply());
            }, new RpcMethodOptions { DefaultDeadline = TimeSpan.FromMinutes(5), MaximumDeadline = TimeSpan.FromMinutes(6) }),
            options => options.TimeProvider = _time);
        await host.SayAsync("x");
        Assert.Equal(_time.GetUtcNow().AddMinutes(5), await seen.Task.Within("the handler"));
    }

    [Fact]
    public async Task A_silent_request_stream_ends_after_the_idle_time_of_its_method()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo
            .ClientStreaming<EchoRequest, EchoReply>("Join", async (requests, _, ct) =>
            {
                while (await requests.MoveNextAsync(ct))
                {
                }
                return new EchoReply();
            }, new RpcMethodOptions { IdleTimeout = TimeSpan.FromSeconds(60) }), options => options.TimeProvider = _time);
        await using RpcClientStreamingCall<EchoRequest, EchoReply> call =
            host.Channel.ClientStreaming<EchoRequest, EchoReply>("/rpctest.Echo/Join", null, CancellationToken.None);
        await call.WriteAsync(new EchoRequest());
        await _time.TimerWithinAsync(TimeSpan.FromSeconds(60));
        _time.Advance(TimeSpan.FromSeconds(59));
        await call.WriteAsync(new EchoRequest());
        // A message starts the time anew: the next timer lies beyond what was left of the first.
        await WaitForRearmAsync();
        _time.Advance(TimeSpan.FromSeconds(60));
        RpcException error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
                await call.WriteAsync(new EchoRequest()).AsTask().Within("a write");
        });
        Assert.Equal(RpcStatusCode.DeadlineExceeded, error.Code);
    }

    // The first timer ends at 60 s, the second at 119 s: at 59 s nothing is due within one second once it was started anew.
    private async Task WaitForRearmAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_time.HasTimerWithin(TimeSpan.FromSeconds(2)) || !_time.HasTimerWithin(TimeSpan.FromSeconds(60)))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<TestHost> StartAsync(TaskCompletionSource<DateTimeOffset?> seen) => TestHost.StartAsync(
        echo => echo.Unary<EchoRequest, EchoReply>("Say", async (_, call, ct) =>
        {
            seen.SetResult(call.Deadline);
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return new EchoReply();
        }), options => options.TimeProvider = _time);
}
