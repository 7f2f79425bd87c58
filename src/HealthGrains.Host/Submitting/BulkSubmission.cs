using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.Files;
using HealthGrains.Rpc;

namespace HealthGrains.Host.Submitting;

/// <summary>Sends files over one pipelined stream until each of them has an answer.</summary>
/// <remarks>
/// <para>Submitting is idempotent by the document's unique id, so whatever has no answer is sent again: after a stream that
/// broke, and after an answer that asks for it. What a caller saw no answer for may have been accepted; the second time it
/// is answered with the first receipt.</para>
/// <para>Memory holds the paths under way and nothing of the rest: files are found, read, sent and forgotten.</para>
/// </remarks>
internal sealed class BulkSubmission
{
    private readonly ServerConnection _server;
    private readonly SubmissionTemplate _template;
    private readonly TimeProvider _time;
    private readonly int _inFlightMax;
    private readonly Lock _state = new();
    private readonly Dictionary<string, Work> _underWay = [];
    private readonly Queue<Work> _again = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly Channel<SubmissionOutcome> _outcomes = Channel.CreateBounded<SubmissionOutcome>(HostLimits.OutcomesMax);
    private long _lastId;
    private long _found;

    public BulkSubmission(ServerConnection server, SubmissionTemplate template, TimeProvider time, int inFlightMax)
    {
        _server = server;
        _template = template;
        _time = time;
        _inFlightMax = inFlightMax;
    }

    /// <summary>Files found so far.</summary>
    public long Found => Interlocked.Read(ref _found);

    /// <summary>True once stopping left files unsent.</summary>
    public bool WasStopped { get; private set; }

    /// <summary>Runs to the end of the files, or to the next safe place once stopping fires.</summary>
    /// <param name="files">Read once, one by one.</param>
    /// <param name="stopping">Send nothing more, wait for what is under way.</param>
    /// <param name="abandoned">Give up at once.</param>
    /// <exception cref="RpcException">The server cannot be reached any more, or does not take this caller.</exception>
    public async IAsyncEnumerable<SubmissionOutcome> RunAsync(
        IEnumerable<FoundFile> files, CancellationToken stopping, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken abandoned)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        var sending = Task.Run(() => SendAllAsync(files, stopping, ending.Token), CancellationToken.None);
        try
        {
            await foreach (var outcome in _outcomes.Reader.ReadAllAsync(abandoned)) yield return outcome;
            await sending;
        }
        finally
        {
            // A consumer who left early ends the sending, too.
            await ending.CancelAsync();
            await EndOf(sending);
        }
    }

    private async Task SendAllAsync(IEnumerable<FoundFile> files, CancellationToken stopping, CancellationToken abandoned)
    {
        try
        {
            using var source = files.GetEnumerator();
            var unreachableSince = (DateTimeOffset?)null;
            var pause = HostLimits.RetryPause;
            while (true)
            {
                var answeredBefore = Answered;
                try
                {
                    await RunStreamAsync(source, stopping, abandoned);
                    break;
                }
                catch (RpcException e) when (e.Code is RpcStatusCode.Unavailable or RpcStatusCode.ResourceExhausted or RpcStatusCode.DeadlineExceeded)
                {
                    TakeBack();
                    if (Answered > answeredBefore) (unreachableSince, pause) = (null, HostLimits.RetryPause);
                    unreachableSince ??= _time.GetUtcNow();
                    if (stopping.IsCancellationRequested || _time.GetUtcNow() - unreachableSince > HostLimits.ReconnectFor) throw;
                    await Task.Delay(pause, _time, abandoned);
                    pause = Shorter(pause * 2, HostLimits.RetryPauseMax);
                }
            }

        }
        finally
        {
            // Whoever reads the outcomes awaits this task next, and sees how it ended.
            _outcomes.Writer.Complete();
        }
    }

    private long Answered { get; set; }

    // One stream: returns when every file has its answer, throws the stream's own end otherwise.
    private async Task RunStreamAsync(IEnumerator<FoundFile> source, CancellationToken stopping, CancellationToken abandoned)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        await using var call = _server.Channel.Duplex<SubmitRequest, SubmitResult>(Methods.SubmitMany, _server.Stream, over.Token);
        var reading = ReadAnswersAsync(call, abandoned);
        var writing = WriteRequestsAsync(call, source, stopping, over.Token);

        try
        {
            if (await Task.WhenAny(reading, writing) == writing)
            {
                await writing;
                call.FinishRequests();
                if (stopping.IsCancellationRequested) over.CancelAfter(HostLimits.StopWait);
            }

            // Reading ends first only when the stream is over; its status is the one that counts.
            await reading;
            if (UnderWay > 0) throw new RpcException(RpcStatusCode.Unavailable, "the stream ended before every answer came");
        }
        finally
        {
            await over.CancelAsync();
            await EndOf(writing);
            await EndOf(reading);
        }
    }

    // Its outcome was looked at already, or another one counts.
    private static Task EndOf(Task task) =>
        task.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private int UnderWay
    {
        get
        {
            lock (_state) return _underWay.Count;
        }
    }

    private async Task WriteRequestsAsync(
        RpcDuplexCall<SubmitRequest, SubmitResult> call, IEnumerator<FoundFile> source, CancellationToken stopping, CancellationToken over)
    {
        while (true)
        {
            if (stopping.IsCancellationRequested)
            {
                WasStopped = true;
                return;
            }

            if (UnderWay >= _inFlightMax)
            {
                await _changed.WaitAsync(over);
                continue;
            }

            if (TakeNext(source) is not { } work)
            {
                // Answers still to come may ask for another try.
                if (UnderWay == 0) return;
                await _changed.WaitAsync(over);
                continue;
            }

            if (work.Problem is { } problem)
            {
                await EmitAsync(SubmissionOutcome.Of(work.Path, problem), over);
                continue;
            }

            if (work.NotBefore > _time.GetUtcNow()) await Task.Delay(work.NotBefore - _time.GetUtcNow(), _time, over);
            await SendAsync(call, work, over);
        }
    }

    private Work? TakeNext(IEnumerator<FoundFile> source)
    {
        lock (_state)
        {
            if (_again.TryDequeue(out var again)) return again;
        }

        if (!source.MoveNext()) return null;
        Interlocked.Increment(ref _found);
        return new Work((++_lastId).ToString(CultureInfo.InvariantCulture), source.Current.Path, source.Current.Problem);
    }

    private async Task SendAsync(RpcDuplexCall<SubmitRequest, SubmitResult> call, Work work, CancellationToken over)
    {
        var state = WholeFile.TryRead(work.Path, HostLimits.DocumentBytesMax, out var content);
        if (state != WholeFileState.Read)
        {
            await EmitAsync(SubmissionOutcome.Of(work.Path, ProblemOf(state)), over);
            return;
        }

        var sha256 = SHA256.HashData(content);
        lock (_state) _underWay[work.Id] = work;
        try
        {
            string? uploadId = null;
            if (content.Length > HostLimits.InlineBytesMax)
            {
                uploadId = await UploadAsync(work, content, sha256, over);
                if (uploadId is null) return;
            }

            var writtenAt = new DateTimeOffset(File.GetLastWriteTimeUtc(work.Path), TimeSpan.Zero);
            await call.WriteAsync(_template.Request(work.Id, content, sha256, uploadId, writtenAt));
        }
        catch (RpcException e) when (e.Code == RpcStatusCode.Cancelled)
        {
            // The stream is over. Reading it tells why; the work stays under way and is taken back.
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, over);
        }
    }

    // Null once the file has its outcome.
    private async Task<string?> UploadAsync(Work work, byte[] content, byte[] sha256, CancellationToken over)
    {
        if (_template.PatientOf(content) is not { } patient)
        {
            await RefuseAsync(work, "INS_MISSING", "A file over 4 MiB is uploaded for a patient: name him or her with --patient.", over);
            return null;
        }

        try
        {
            await using var upload = _server.Channel.ClientStreaming<UploadChunk, UploadResponse>(Methods.Upload, _server.Stream, over);
            await upload.WriteAsync(new UploadChunk
            {
                Declaration = new UploadDeclaration
                {
                    Patient = patient, Size = content.Length, Sha256 = UnsafeByteOperations.UnsafeWrap(sha256),
                },
            });
            for (var at = 0; at < content.Length; at += HostLimits.UploadChunkBytes)
            {
                var part = content.AsMemory(at, Math.Min(HostLimits.UploadChunkBytes, content.Length - at));
                await upload.WriteAsync(new UploadChunk { Data = UnsafeByteOperations.UnsafeWrap(part), Offset = at });
            }

            return (await upload.FinishAsync()).UploadId;
        }
        catch (RpcException e) when (e.FindDetail<Google.Rpc.ErrorInfo>() is { } info && ErrorOfThisFile(e.Code))
        {
            await RefuseAsync(work, info.Reason, e.Detail, over);
            return null;
        }
    }

    private static bool ErrorOfThisFile(RpcStatusCode code) => code is RpcStatusCode.InvalidArgument or RpcStatusCode.FailedPrecondition
        or RpcStatusCode.NotFound or RpcStatusCode.AlreadyExists or RpcStatusCode.PermissionDenied or RpcStatusCode.OutOfRange;

    private async Task RefuseAsync(Work work, string code, string message, CancellationToken over)
    {
        lock (_state) _underWay.Remove(work.Id);
        await EmitAsync(new SubmissionOutcome(work.Path, null, new Refusal { Code = code, Message = message }), over);
    }

    private async Task ReadAnswersAsync(RpcDuplexCall<SubmitRequest, SubmitResult> call, CancellationToken abandoned)
    {
        while (await call.MoveNextAsync())
        {
            var result = call.Current;
            Work? work;
            bool again;
            lock (_state)
            {
                if (!_underWay.Remove(result.CorrelationId, out work)) continue;
                again = result.Refusal is { Retryable: true } && work.Attempts + 1 < HostLimits.AttemptsMax;
                if (again) _again.Enqueue(work.Later(_time.GetUtcNow()));
            }

            if (!again)
            {
                Answered++;
                await EmitAsync(new SubmissionOutcome(work.Path, result.Receipt, result.Refusal), abandoned);
            }

            _changed.Release();
        }
    }

    private void TakeBack()
    {
        lock (_state)
        {
            foreach (var work in _underWay.Values) _again.Enqueue(work);
            _underWay.Clear();
        }
    }

    private ValueTask EmitAsync(SubmissionOutcome outcome, CancellationToken over) => _outcomes.Writer.WriteAsync(outcome, over);

    private static FileProblem ProblemOf(WholeFileState state) => state switch
    {
        WholeFileState.NotFound => new("FILE_NOT_FOUND", "There is no such file, or it vanished."),
        WholeFileState.NotRegular => new("FILE_NOT_REGULAR", "Not a file: a pipe, a socket or a device."),
        WholeFileState.Changed => new("FILE_CHANGED", "It changed while it was read: submit it again once it is written."),
        WholeFileState.TooLarge => new("FILE_TOO_LARGE", "Larger than 100 MiB."),
        WholeFileState.Empty => new("FILE_EMPTY", "It holds no bytes."),
        _ => new("FILE_UNREADABLE", "It cannot be read."),
    };

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private sealed record Work(string Id, string Path, FileProblem? Problem)
    {
        public int Attempts { get; private init; }

        public DateTimeOffset NotBefore { get; private init; }

        public Work Later(DateTimeOffset now) => this with
        {
            Attempts = Attempts + 1,
            NotBefore = now + Shorter(HostLimits.RetryPause * Math.Pow(2, Attempts), HostLimits.RetryPauseMax),
        };
    }
}
