using System.Diagnostics;
using System.Security.Cryptography;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Consent;

/// <summary>One patient and one professional, and between them one race after the other: the professional reads in several ways
/// at once while the patient shuts the door.</summary>
/// <remarks>
/// <para>L1. A read counts as invoked after the acknowledgement only if the acknowledgement had been read before the call was
/// made. Such a read must be refused; one that was under way meanwhile may go either way, and is counted.</para>
/// <para>L2. Before each race the professional must be let in: a door that never opens proves nothing.</para>
/// <para>L3. A round in which no read was under way during the revocation is void.</para>
/// <para>L4. Each round ends with the door shut; the next one opens it again. So a crash between two rounds strikes when
/// every lane has a revocation that was acknowledged.</para>
/// </remarks>
internal sealed class ConsentLane(ConsentCalls calls, ConsentTally tally, int lane, int seed)
{
    private const int RacersInRound = 3;
    private const int TriesMax = 20;

    private readonly Random _random = new(unchecked((seed * 7919) + lane));
    private readonly LaneFiles _files = new();
    private Revocation? _inForce;
    private int _documents;
    private long _acknowledged;
    private long _revoking;

    public ConsentCalls Calls => calls;

    /// <summary>Opens the record with three documents in it; the professional is let in and follows.</summary>
    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await calls.OpenAsync(cancellation);
        await calls.PermitPersonAsync(cancellation);
        await FillAsync(cancellation);
        await MustShowAsync(Probe.Follow, cancellation);
    }

    public async Task RoundAsync(int number, CancellationToken cancellation)
    {
        await OpenDoorAsync(cancellation);
        var revocation = Cover.Revocations[_random.Next(Cover.Revocations.Length)];
        await LookInAsync(cancellation);
        var watching = revocation != Revocation.Mask && _random.Next(2) == 0 ? await StartWatchingAsync(cancellation) : null;

        _acknowledged = 0;
        _revoking = 0;
        var racers = Cover.Probes.Where(probe => Cover.Of(revocation, probe)).OrderBy(_ => _random.Next()).ToArray();
        var overlapped = 0;
        var running = racers.Take(RacersInRound).Select(async probe =>
        {
            if (await RaceAsync(probe, revocation, number, cancellation))
                Interlocked.Increment(ref overlapped);
        }).ToList();
        if (_random.Next(3) == 0)
            running.Add(DepositMeanwhileAsync(revocation, cancellation));
        if (_random.Next(2) == 0)
            await Task.Delay(_random.Next(1, 4), cancellation);

        Volatile.Write(ref _revoking, Stopwatch.GetTimestamp());
        await calls.RevokeAsync(revocation, _files, cancellation);
        Volatile.Write(ref _acknowledged, Stopwatch.GetTimestamp());
        _inForce = revocation;

        await Task.WhenAll(running);
        foreach (var probe in racers.Skip(RacersInRound).Take(2))
            await ProbeShutAsync(probe, $"round {number}", cancellation);
        if (watching is not null)
            await MustEndAsync(watching, number, cancellation);
        tally.Round(revocation, overlapped > 0);
    }

    /// <summary>Every way in, once more: for the first moment after a restart.</summary>
    public async Task ProbeAllAsync(string when, CancellationToken cancellation)
    {
        foreach (var probe in Cover.Probes)
        {
            if (_inForce is { } revocation && Cover.Of(revocation, probe))
                await ProbeShutAsync(probe, when, cancellation);
        }
    }

    private async Task OpenDoorAsync(CancellationToken cancellation)
    {
        switch (_inForce)
        {
            case Revocation.Revoke:
                await calls.PermitPersonAsync(cancellation);
                break;
            case Revocation.Block:
                await calls.UnblockAsync(cancellation);
                await calls.PermitPersonAsync(cancellation);
                break;
            case Revocation.DenyStructure:
                // A permit lifts the refusal; it must not let the professional in by itself in later rounds.
                await calls.PermitStructureAsync(cancellation);
                await calls.RevokeStructureAsync(deny: false, cancellation);
                break;
            case Revocation.Mask:
                _files.TargetVersion = await calls.MaskAsync(_files.Target, _files.TargetVersion, masked: false, cancellation);
                break;
            case Revocation.Close:
                // A closing ends every permit.
                await calls.OpenAsync(cancellation);
                await calls.PermitPersonAsync(cancellation);
                await FillAsync(cancellation);
                break;
        }

        _inForce = null;
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        for (var i = 0; i < 3; i++)
        {
            var content = Content(++_documents);
            var id = await calls.SubmitAsync(_documents, content, cancellation);
            if (i == 0)
                (_files.Target, _files.TargetVersion, _files.TargetHash) = (id, 1, SHA256.HashData(content));
        }
    }

    // Notifications that are on their way while the door is shut. A closing stops deposits too.
    private async Task DepositMeanwhileAsync(Revocation revocation, CancellationToken cancellation)
    {
        try
        {
            await calls.SubmitAsync(++_documents, Content(_documents), cancellation);
        }
        catch (RpcException closed) when (revocation == Revocation.Close && closed.Code == RpcStatusCode.FailedPrecondition)
        {
            // The closing came first.
        }
    }

    private async Task LookInAsync(CancellationToken cancellation)
    {
        try
        {
            var page = await calls.FirstPageAsync(cancellation);
            (_files.PageToken, _files.Before) = (page.NextPageToken, Math.Max(0, page.Sequence - 3));
            _files.InboxEnd = await calls.InboxEndAsync(_files.InboxEnd, cancellation);
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.PermissionDenied or RpcStatusCode.FailedPrecondition)
        {
            tally.Violation($"lane {lane}: refused although permitted: {refused.Detail}");
            return;
        }

        await MustShowAsync(Probe.Content, cancellation);
    }

    private async Task MustShowAsync(Probe probe, CancellationToken cancellation)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await calls.ShowsAsync(probe, Revocation.Revoke, _files, cancellation) is not { } shown)
                continue;
            if (!shown)
                tally.Violation($"lane {lane}: {probe} is refused although permitted");
            return;
        }
    }

    /// <returns>True if a read was under way during the revocation.</returns>
    private async Task<bool> RaceAsync(Probe probe, Revocation revocation, int number, CancellationToken cancellation)
    {
        var overlapped = false;
        for (var afterwards = 0; ;)
        {
            var isAfter = Volatile.Read(ref _acknowledged) != 0;
            var shown = await calls.ShowsAsync(probe, revocation, _files, cancellation);
            var revoking = Volatile.Read(ref _revoking);
            if (!isAfter)
            {
                // It ended after the revocation had begun, and began before it was acknowledged.
                var under = revoking != 0 && Stopwatch.GetTimestamp() >= revoking;
                overlapped |= under;
                tally.Count(!under ? "before" : shown == true ? "meanwhile_shown" : "meanwhile_refused", probe.ToString());
                continue;
            }

            if (shown is null && ++afterwards < TriesMax)
                continue;
            Shut(probe, revocation, shown, $"round {number}");
            return overlapped;
        }
    }

    private async Task ProbeShutAsync(Probe probe, string when, CancellationToken cancellation)
    {
        var revocation = _inForce ?? throw new InvalidOperationException("No revocation is in force.");
        bool? shown = null;
        for (var tries = 0; shown is null && tries < TriesMax; tries++)
            shown = await calls.ShowsAsync(probe, revocation, _files, cancellation);
        Shut(probe, revocation, shown, when);
    }

    private void Shut(Probe probe, Revocation revocation, bool? shown, string when)
    {
        tally.Count(shown is null ? "undecided" : "after", probe.ToString());
        if (shown == true)
        {
            tally.Count("stale", probe.ToString());
            tally.Violation($"{when}, lane {lane}: {probe} succeeded after {revocation} was acknowledged");
        }
    }

    private async Task<Watching> StartWatchingAsync(CancellationToken cancellation)
    {
        var watching = new Watching(cancellation);
        watching.Run(calls.WatchAsync(_files.Before, watching.Ended));
        await watching.Opened.WaitAsync(TimeSpan.FromSeconds(10), cancellation);
        return watching;
    }

    private async Task MustEndAsync(Watching watching, int number, CancellationToken cancellation)
    {
        using (watching)
        {
            // Three times as long as allowed, to tell a late end from none.
            var limit = ConsentTally.StreamEndsWithin * 3;
            await Task.WhenAny(watching.Reading, Task.Delay(limit, cancellation));
            cancellation.ThrowIfCancellationRequested();
            if (!watching.Reading.IsCompleted)
            {
                tally.Violation($"round {number}, lane {lane}: a stream was still open {limit.TotalSeconds:0} s after {_inForce}");
                return;
            }

            var ended = await watching.Reading;
            var after = Stopwatch.GetElapsedTime(_acknowledged, ended.At);
            tally.StreamEnded(after);
            if (ended.Code is not (RpcStatusCode.PermissionDenied or RpcStatusCode.FailedPrecondition or RpcStatusCode.NotFound))
                tally.Violation($"round {number}, lane {lane}: a stream ended with {ended.Code} after {_inForce}");
            if (after > ConsentTally.StreamEndsWithin)
                tally.Violation($"round {number}, lane {lane}: a stream ended {after.TotalMilliseconds:0} ms after {_inForce}");
        }
    }

    // Every fourth lane has a target of several chunks.
    private byte[] Content(int number)
    {
        var content = new byte[lane % 4 == 0 && number % 3 == 1 ? 160 * 1024 : 700];
        new Random(unchecked((seed * 31) + (lane * 100_003) + number)).NextBytes(content);
        return content;
    }

    /// <summary>A stream that stands open while the door is shut.</summary>
    private sealed class Watching(CancellationToken cancellation) : IDisposable
    {
        private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Ended => _ended.Token;

        public Task Opened => _opened.Task;

        public Task<(RpcStatusCode Code, long At)> Reading { get; private set; } = null!;

        public void Run(IAsyncEnumerable<Contracts.V1.RecordChange> changes) => Reading = ReadAsync(changes);

        public void Dispose()
        {
            _ended.Cancel();
            _ended.Dispose();
        }

        private async Task<(RpcStatusCode Code, long At)> ReadAsync(IAsyncEnumerable<Contracts.V1.RecordChange> changes)
        {
            try
            {
                await foreach (var _ in changes)
                    _opened.TrySetResult();
                return (RpcStatusCode.Ok, Stopwatch.GetTimestamp());
            }
            catch (RpcException ended)
            {
                _opened.TrySetResult();
                return (ended.Code, Stopwatch.GetTimestamp());
            }
            catch (OperationCanceledException)
            {
                return (RpcStatusCode.Cancelled, Stopwatch.GetTimestamp());
            }
        }
    }
}
