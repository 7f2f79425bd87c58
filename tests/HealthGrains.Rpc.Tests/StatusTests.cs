using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using HealthGrains.Rpc.GrpcWire;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class StatusTests
{
    public static TheoryData<RpcStatusCode> Codes => [.. System.Enum.GetValues<RpcStatusCode>().Where(c => c != RpcStatusCode.Ok)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_code_travels_as_trailers_only(RpcStatusCode code)
    {
        await using TestHost host = await StartFailingAsync(new RpcException(code, "because"));
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        answer.Is(code);
        Assert.True(answer.TrailersOnly);
        Assert.Equal(200, answer.HttpStatus);
        Assert.Equal("application/grpc", answer.Headers["content-type"]);
        Assert.Empty(answer.Body);
        RpcException error = await host.SayAsync("x").FailsAsync(code);
        Assert.Equal("because", error.Detail);
    }

    [Fact]
    public async Task Details_travel_and_are_found_by_type()
    {
        await using TestHost host = await StartFailingAsync(new RpcException(RpcStatusCode.InvalidArgument, "déjà vu 100 %",
            new ErrorInfo { Reason = "METADATA_INVALID", Domain = "test", Metadata = { ["field"] = "title" } },
            new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "metadata.title", Description = "empty" } } },
            new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(3)) },
            new QuotaFailure { Violations = { new QuotaFailure.Types.Violation { Subject = "organisation", Description = "calls" } } },
            new EchoReply { Text = "a detail of one's own" }));
        RpcException error = await host.SayAsync("x").FailsAsync(RpcStatusCode.InvalidArgument);
        Assert.Equal("déjà vu 100 %", error.Detail);
        Assert.Equal("METADATA_INVALID", error.FindDetail<ErrorInfo>()?.Reason);
        Assert.Equal("metadata.title", error.FindDetail<BadRequest>()?.FieldViolations[0].Field);
        Assert.Equal(3, error.FindDetail<RetryInfo>()?.RetryDelay.Seconds);
        Assert.Equal("calls", error.FindDetail<QuotaFailure>()?.Violations[0].Description);
        Assert.Equal("a detail of one's own", error.FindDetail<EchoReply>()?.Text);
        Assert.Null(error.FindDetail<Help>());
        Assert.Equal(4, error.Details.Count);
    }

    [Fact]
    public async Task The_details_trailer_is_a_google_rpc_status()
    {
        await using TestHost host = await StartFailingAsync(new RpcException(RpcStatusCode.NotFound, "no", new ErrorInfo { Reason = "R" }));
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        Assert.True(BinaryMetadata.TryDecode(answer.Headers["grpc-status-details-bin"], out byte[]? bytes));
        Google.Rpc.Status status = Google.Rpc.Status.Parser.ParseFrom(bytes);
        Assert.Equal(5, status.Code);
        Assert.Equal("no", status.Message);
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", status.Details[0].TypeUrl);
    }

    [Fact]
    public async Task Details_that_do_not_fit_are_left_out_and_the_code_stays()
    {
        await using TestHost host = await StartFailingAsync(new RpcException(RpcStatusCode.NotFound, "no",
            new ErrorInfo { Reason = "KEPT" }, new LocalizedMessage { Message = new string('x', 20_000) }));
        RpcException error = await host.SayAsync("x").FailsAsync(RpcStatusCode.NotFound);
        Assert.Equal("KEPT", error.FindDetail<ErrorInfo>()?.Reason);
        Assert.Null(error.FindDetail<LocalizedMessage>());
    }

    [Fact]
    public async Task A_long_message_is_cut()
    {
        await using TestHost host = await StartFailingAsync(new RpcException(RpcStatusCode.NotFound, new string('é', 5_000)));
        RpcException error = await host.SayAsync("x").FailsAsync(RpcStatusCode.NotFound);
        Assert.Equal(Limits.StatusMessageBytesMax / 2, error.Detail.Length);
    }

    [Fact]
    public async Task An_unknown_exception_is_internal_says_nothing_and_is_logged_once()
    {
        await using TestHost host = await StartFailingAsync(new InvalidOperationException("SELECT secret FROM patients"));
        host.ErrorsAnnounced = true;
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        answer.Is(RpcStatusCode.Internal);
        Assert.Equal("internal error", answer.Message);
        Assert.False(answer.Headers.ContainsKey("grpc-status-details-bin"));
        string logged = Assert.Single(host.Errors);
        Assert.StartsWith("HandlerFailed: /rpctest.Echo/Say failed with an exception that is no status: InvalidOperationException ", logged, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_exception_is_mapped_and_not_logged()
    {
        await using TestHost host = await StartFailingAsync(new FormatException("secret"), options => options.MapException =
            e => e is FormatException ? new RpcException(RpcStatusCode.FailedPrecondition, "mapped") : null);
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        answer.Is(RpcStatusCode.FailedPrecondition);
        Assert.Equal("mapped", answer.Message);
    }

    [Fact]
    public async Task A_cancellation_of_the_handlers_own_making_is_internal()
    {
        await using TestHost host = await StartFailingAsync(new OperationCanceledException());
        host.ErrorsAnnounced = true;
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()))).Is(RpcStatusCode.Internal);
        Assert.Single(host.Errors);
    }

    [Fact]
    public async Task An_error_after_replies_comes_as_trailers()
    {
        await using TestHost host = await TestHost.StartAsync(echo => echo.ServerStreaming<EchoRequest, EchoReply>(
            "Split", async (_, replies, _, ct) =>
            {
                await replies.WriteAsync(new EchoReply { Text = "one" }, ct);
                throw new RpcException(RpcStatusCode.Aborted, "enough");
            }));
        RawAnswer answer = await host.PostAsync("/rpctest.Echo/Split", RawCall.Frame(new EchoRequest()));
        answer.Is(RpcStatusCode.Aborted);
        Assert.False(answer.TrailersOnly);
        Assert.Equal("enough", answer.Message);
        Assert.Equal("one", EchoReply.Parser.ParseFrom(answer.Body.AsSpan(5)).Text);
    }

    [Fact]
    public async Task An_empty_message_is_no_trailer()
    {
        await using TestHost host = await StartFailingAsync(new RpcException(RpcStatusCode.Aborted, ""));
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        answer.Is(RpcStatusCode.Aborted);
        Assert.Null(answer.Message);
    }

    [Fact]
    public async Task A_null_reply_is_internal()
    {
        await using TestHost host = await TestHost.StartAsync(echo =>
            echo.Unary<EchoRequest, EchoReply>("Say", (_, _, _) => Task.FromResult<EchoReply>(null!)));
        host.ErrorsAnnounced = true;
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()))).Is(RpcStatusCode.Internal);
    }

    [Fact]
    public void An_exception_cannot_say_ok() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RpcException(RpcStatusCode.Ok, "fine"));

    [Theory]
    [InlineData("")]
    [InlineData("AA")]
    [InlineData("!!")]
    public void Details_that_are_no_status_are_no_details(string trailer) => Assert.Empty(StatusDetails.Decode(trailer));

    private static Task<TestHost> StartFailingAsync(Exception error, Action<RpcServerOptions>? server = null) => TestHost.StartAsync(
        echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, _, _) => Task.FromException<EchoReply>(error)), server);
}
