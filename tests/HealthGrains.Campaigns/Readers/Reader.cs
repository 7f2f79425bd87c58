using System.Collections.Concurrent;
using System.Diagnostics;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Readers;

/// <summary>A patient's app that watches the record, at its own pace, and comes back at its cursor when the stream ends.</summary>
/// <param name="channel">Its own, or shared with others of its kind.</param>
/// <param name="world">Who it is.</param>
/// <param name="patient">Whose record.</param>
/// <param name="pause">After each item.</param>
internal sealed class Reader(RpcChannel channel, World world, int patient, TimeSpan pause)
{
    private TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _cursor;

    /// <summary>When it was told of each document.</summary>
    public ConcurrentDictionary<string, long> Arrived { get; } = new(StringComparer.Ordinal);

    public int Patient => patient;

    /// <summary>Sequences passed over or told twice.</summary>
    public int Gaps { get; private set; }

    /// <summary>Streams that ended.</summary>
    public int Ends { get; private set; }

    /// <summary>Takes the first item of its next stream, and no other before <see cref="Resume"/>.</summary>
    public bool Stuck { get; set; }

    /// <summary>Takes what waits, and goes on for good.</summary>
    public void Resume()
    {
        Stuck = false;
        _resumed.TrySetResult();
    }

    public async Task RunAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await StreamAsync(ended);
                Ends++;
            }
            catch (RpcException)
            {
                Ends++;
                await Task.Delay(100, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // The end; the loop tells.
            }
        }
    }

    private async Task StreamAsync(CancellationToken ended)
    {
        await foreach (var change in channel.ServerStreaming<WatchRequest, RecordChange>(
            "/healthgrains.v1.PatientRecords/Watch",
            new WatchRequest { Patient = world.Patients[patient], AfterSequence = _cursor },
            world.AsPatient(patient) with { Timeout = null },
            ended))
        {
            if (change.Code == "HEARTBEAT")
                continue;
            if (change.Sequence != _cursor + 1)
                Gaps++;
            _cursor = change.Sequence;
            if (change.Code == "AJOUT_DOCUMENT")
                Arrived.TryAdd(change.DocumentId, Stopwatch.GetTimestamp());
            if (Stuck)
                await _resumed.Task.WaitAsync(ended);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, ended);
        }
    }
}
