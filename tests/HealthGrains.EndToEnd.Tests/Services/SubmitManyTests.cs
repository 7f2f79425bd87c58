using System.Threading.Channels;
using Google.Protobuf;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DocumentExchange;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class SubmitManyTests
{
    [Fact]
    public async Task Every_request_has_one_result_and_bad_ones_end_nothing()
    {
        await using var host = await ServiceHost.StartAsync();
        await using var call = host.As(People.HospitalSystem).SubmitMany();
        const int requests = 600;
        var sending = SendAsync();
        var results = new Dictionary<string, Wire.SubmitResult>();
        var anonymous = 0;
        while (await call.MoveNextAsync().AsTask().Within($"result {results.Count + anonymous}"))
        {
            if (call.Current.CorrelationId.Length == 0)
                anonymous++;
            else
                results.Add(call.Current.CorrelationId, call.Current);
        }

        await sending;
        Assert.Equal(requests / 10, anonymous);
        Assert.Equal(requests - (requests / 10), results.Count);
        for (var i = 0; i < requests; i++)
        {
            switch (i % 10)
            {
                case 0:
                    break;
                case 1:
                    Assert.Equal("TYPE_UNKNOWN", results[$"c{i}"].Refusal.Code);
                    Assert.Equal("metadata.type_code", results[$"c{i}"].Refusal.Field);
                    Assert.Equal("402", results[$"c{i}"].Refusal.Details["number"]);
                    break;
                case 2:
                    Assert.Equal("INS_MISSING", results[$"c{i}"].Refusal.Code);
                    break;
                case 3:
                    // Twice the same document: one of the two is known already, whichever came first.
                    Assert.Equal(results[$"c{i}"].Receipt.DocumentId, results[$"c{i + 1}"].Receipt.DocumentId);
                    Assert.NotEqual(results[$"c{i}"].Receipt.AlreadyKnown, results[$"c{i + 1}"].Receipt.AlreadyKnown);
                    break;
                default:
                    Assert.NotNull(results[$"c{i}"].Receipt);
                    break;
            }
        }

        async Task SendAsync()
        {
            for (var i = 0; i < requests; i++)
            {
                var request = People.Document(People.Patient(i % 50), $"{(i % 10 == 4 ? i - 1 : i)}", $"text {(i % 10 == 4 ? i - 1 : i)}");
                if (i % 10 == 4)
                    request.Patient = People.Patient((i - 1) % 50).ToWire();
                request.CorrelationId = i % 10 == 0 ? "" : $"c{i}";
                if (i % 10 == 1)
                    request.Metadata.TypeCode = "00000-0";
                if (i % 10 == 2)
                    request.Patient = null;
                await call.WriteAsync(request);
            }

            call.FinishRequests();
        }
    }

    [Fact]
    public async Task A_failing_store_is_a_result_that_may_be_repeated()
    {
        await using var host = await ServiceHost.StartAsync();
        host.Store.Faults.FailNextAppend(JournalFault.DiskFull, turn => turn.Journal.Kind == JournalKind.Patient);
        await using var call = host.As(People.HospitalSystem).SubmitMany();
        for (var i = 0; i < 2; i++)
        {
            await call.WriteAsync(People.Document(People.Patient(1)));
            Assert.True(await call.MoveNextAsync().AsTask().Within("the result"));
            if (i == 0)
            {
                Assert.Equal("OVERLOADED", call.Current.Refusal.Code);
                Assert.True(call.Current.Refusal.Retryable);
            }
            else
            {
                Assert.False(call.Current.Receipt.AlreadyKnown);
            }
        }
    }

    [Fact]
    public async Task What_comes_after_the_end_of_the_token_comes_from_nobody()
    {
        await using var host = await ServiceHost.StartAsync();
        var session = new CallerSession(People.HospitalSystem, TimeProvider.System.GetUtcNow());
        await using var call = host.As(session).SubmitMany();
        await call.WriteAsync(People.Document(People.Patient(1)));
        Assert.True(await call.MoveNextAsync().AsTask().Within("the result"));
        Assert.Equal("NOT_AUTHENTICATED", call.Current.Refusal.Code);
        Assert.Equal(0, await host.EntriesAsync());
    }

    [Fact]
    public async Task A_correlation_id_too_long_comes_back_cut_with_its_refusal()
    {
        await using var host = await ServiceHost.StartAsync();
        await using var call = host.As(People.HospitalSystem).SubmitMany();
        var request = People.Document(People.Patient(1));
        request.CorrelationId = new string('c', 10_000);
        await call.WriteAsync(request);
        Assert.True(await call.MoveNextAsync().AsTask().Within("the result"));
        Assert.Equal("METADATA_INVALID", call.Current.Refusal.Code);
        Assert.Equal("correlation_id", call.Current.Refusal.Field);
        Assert.Equal(128, call.Current.CorrelationId.Length);
        Assert.Equal(0, await host.EntriesAsync());
    }

    [Fact]
    public async Task No_more_is_read_than_may_be_under_way()
    {
        var requests = new Requests(1000, bytes: 10);
        var replies = new Replies();
        var started = Channel.CreateUnbounded<TaskCompletionSource<Wire.SubmitResult>>();
        var pipeline = new SubmitPipeline(
            (_, _) =>
            {
                var source = new TaskCompletionSource<Wire.SubmitResult>();
                started.Writer.TryWrite(source);
                return new ValueTask<Wire.SubmitResult>(source.Task);
            },
            inFlightMax: 8,
            bytesMax: 1_000_000);
        var running = pipeline.RunAsync(requests, replies, CancellationToken.None);

        // Nothing ends, so nothing beyond the eighth is read; then each that ends lets one more in.
        for (var i = 0; i < 1000; i++)
        {
            var next = await started.Reader.ReadAsync().AsTask().Within($"request {i}");
            Assert.InRange(requests.Read, 0, i + 8);
            next.SetResult(new Wire.SubmitResult());
        }

        await running.Within("the end");
        Assert.Equal(1000, replies.Count);
        Assert.Equal(8, pipeline.InFlightPeak);
    }

    [Fact]
    public async Task A_caller_who_takes_no_results_is_not_read()
    {
        var requests = new Requests(1000, bytes: 10);
        var replies = new Replies { Blocked = new TaskCompletionSource() };
        var pipeline = new SubmitPipeline((_, _) => ValueTask.FromResult(new Wire.SubmitResult()), 8, 1_000_000);
        var running = pipeline.RunAsync(requests, replies, CancellationToken.None);
        await replies.Waiting.Task.Within("the first result to wait");
        Assert.InRange(requests.Read, 1, 8);
        replies.Blocked.SetResult();
        await running.Within("the end");
        Assert.Equal(1000, replies.Count);
        Assert.InRange(pipeline.InFlightPeak, 1, 8);
    }

    [Fact]
    public async Task Bytes_under_way_are_bounded_too()
    {
        var requests = new Requests(100, bytes: 1000);
        var replies = new Replies { Blocked = new TaskCompletionSource() };
        var pipeline = new SubmitPipeline((_, _) => ValueTask.FromResult(new Wire.SubmitResult()), 256, bytesMax: 3000);
        var running = pipeline.RunAsync(requests, replies, CancellationToken.None);
        await replies.Waiting.Task.Within("the first result to wait");
        Assert.InRange(requests.Read, 1, 3);
        replies.Blocked.SetResult();
        await running.Within("the end");
        Assert.Equal(100, replies.Count);
        Assert.InRange(pipeline.InFlightPeak, 1, 3);
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_ends_the_stream_after_what_was_read_is_answered()
    {
        var requests = new Requests(5, bytes: 10) { EndsWith = new RpcException(RpcStatusCode.InvalidArgument, "broken") };
        var replies = new Replies();
        var release = new TaskCompletionSource();
        var pipeline = new SubmitPipeline(
            async (_, _) =>
            {
                await release.Task;
                return new Wire.SubmitResult();
            },
            8,
            1_000_000);
        var running = pipeline.RunAsync(requests, replies, CancellationToken.None);
        Assert.False(running.IsCompleted);
        release.SetResult();
        var error = await Assert.ThrowsAsync<RpcException>(() => running.Within("the end"));
        Assert.Equal(RpcStatusCode.InvalidArgument, error.Code);
        Assert.Equal(5, replies.Count);
    }

    [Fact]
    public async Task A_reader_who_went_away_ends_the_pipeline()
    {
        var requests = new Requests(int.MaxValue, bytes: 10);
        var replies = new Replies { Fails = new OperationCanceledException() };
        var pipeline = new SubmitPipeline((_, _) => ValueTask.FromResult(new Wire.SubmitResult()), 8, 1_000_000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pipeline.RunAsync(requests, replies, CancellationToken.None).Within("the end"));
    }

    private sealed class Requests(int count, int bytes) : IRpcRequestStream<Wire.SubmitRequest>
    {
        private readonly Wire.SubmitRequest _request = new() { Content = ByteString.CopyFrom(new byte[bytes]) };

        public int Read { get; private set; }

        public RpcException? EndsWith { get; init; }

        public Wire.SubmitRequest Current => _request;

        public async ValueTask<bool> MoveNextAsync(CancellationToken ct)
        {
            await Task.Yield();
            ct.ThrowIfCancellationRequested();
            if (Read == count)
                return EndsWith is null ? false : throw EndsWith;
            Read++;
            return true;
        }

        public IAsyncEnumerator<Wire.SubmitRequest> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }

    private sealed class Replies : IRpcReplyStream<Wire.SubmitResult>
    {
        public int Count { get; private set; }

        public TaskCompletionSource? Blocked { get; init; }

        public TaskCompletionSource Waiting { get; } = new();

        public Exception? Fails { get; init; }

        public async ValueTask WriteAsync(Wire.SubmitResult message, CancellationToken ct)
        {
            if (Fails is not null)
                throw Fails;
            Waiting.TrySetResult();
            if (Blocked is not null)
                await Blocked.Task.WaitAsync(ct);
            Count++;
        }
    }
}
