using System.Threading.Channels;
using HealthGrains.Rpc;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>Runs the requests of one stream beside each other and writes their results as they come.</summary>
/// <remarks>
/// <para>P1. At most <c>inFlightMax</c> requests, and at most <c>bytesMax</c> bytes and one message more, are between being
/// read and having their result taken. Beyond that nothing is read, so HTTP/2 makes the caller wait.</para>
/// <para>P2. Each request that was read gets one result, unless the call itself is over.</para>
/// <para>P3. One writer: results are queued, and the queue cannot hold more than is in flight.</para>
/// </remarks>
internal sealed class SubmitPipeline(
    Func<Wire.SubmitRequest, CancellationToken, ValueTask<Wire.SubmitResult>> submit, int inFlightMax, long bytesMax)
{
    private readonly Lock _gate = new();
    private readonly Channel<(Wire.SubmitResult Result, int Bytes)> _results =
        Channel.CreateBounded<(Wire.SubmitResult, int)>(new BoundedChannelOptions(inFlightMax) { SingleReader = true });

    // Guarded by the gate.
    private int _inFlight;
    private long _bytes;
    private bool _ended;
    private TaskCompletionSource? _room;

    /// <summary>The most requests that were under way at once.</summary>
    public int InFlightPeak { get; private set; }

    public async Task RunAsync(
        IRpcRequestStream<Wire.SubmitRequest> requests, IRpcReplyStream<Wire.SubmitResult> replies, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(replies, ending);
        try
        {
            await ReadAsync(requests, ending.Token);
        }
        finally
        {
            // What was read is answered, also when the caller's next message could not be read.
            EndOfRequests();
            await writing;
        }
    }

    private async Task ReadAsync(IRpcRequestStream<Wire.SubmitRequest> requests, CancellationToken ct)
    {
        while (true)
        {
            await RoomAsync(ct);
            if (!await requests.MoveNextAsync(ct))
                return;
            var request = requests.Current;
            var bytes = request.Content.Length;
            Enter(bytes);

            // Started here and awaited by nobody: its result is its end.
            _ = SubmitAsync(request, bytes, ct);
        }
    }

    private async Task SubmitAsync(Wire.SubmitRequest request, int bytes, CancellationToken ct)
    {
        try
        {
            var result = await submit(request, ct);

            // There is always room: no more results wait than requests are in flight.
            await _results.Writer.WriteAsync((result, bytes), CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            Leave(bytes);
        }
        catch (Exception failure)
        {
            // A bug of ours in making a result: the whole stream ends with it.
            _results.Writer.TryComplete(failure);
            Leave(bytes);
        }
    }

    private async Task WriteAsync(IRpcReplyStream<Wire.SubmitResult> replies, CancellationTokenSource ending)
    {
        try
        {
            await foreach (var (result, bytes) in _results.Reader.ReadAllAsync(ending.Token))
            {
                await replies.WriteAsync(result, ending.Token);
                Leave(bytes);
            }
        }
        catch
        {
            // Nobody takes results any more, so nothing is read any more.
            await ending.CancelAsync();
            throw;
        }
    }

    private Task RoomAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            if (HasRoom)
                return Task.CompletedTask;
            _room = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(ct);
        }
    }

    private bool HasRoom => _inFlight < inFlightMax && _bytes < bytesMax;

    private void Enter(int bytes)
    {
        lock (_gate)
        {
            _inFlight++;
            _bytes += bytes;
            InFlightPeak = Math.Max(InFlightPeak, _inFlight);
        }
    }

    private void Leave(int bytes)
    {
        lock (_gate)
        {
            _inFlight--;
            _bytes -= bytes;
            if (HasRoom)
            {
                _room?.TrySetResult();
                _room = null;
            }

            CompleteIfDone();
        }
    }

    private void EndOfRequests()
    {
        lock (_gate)
        {
            _ended = true;
            CompleteIfDone();
        }
    }

    private void CompleteIfDone()
    {
        if (_ended && _inFlight == 0)
            _results.Writer.TryComplete();
    }
}
