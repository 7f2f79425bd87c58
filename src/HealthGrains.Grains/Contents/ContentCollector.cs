using HealthGrains.Domain.Documents;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Contents;

/// <summary>Removes uploads that no document will ever refer to: abandoned halfway, or never submitted.</summary>
/// <remarks>
/// <para>C1. It never takes what a document refers to. For a complete upload it asks the record, by a turn: the record answers
/// that a document refers to it, or writes that none ever may (<see cref="DiscardUpload"/>). A submission is a turn of the same
/// journal, so the journal's version lets one of both be first and the other see it. Clocks only say when to ask.</para>
/// <para>C2. A crash at any place leaves either an upload that is found and asked about again, or one that is gone.</para>
/// <para>C3. An upload whose record cannot be asked, because its journal is damaged or its grain overloaded, holds up itself alone:
/// the others go, or they would count against their owners for ever.</para>
/// <para>Several processes may collect at once.</para>
/// </remarks>
public sealed class ContentCollector : IAsyncDisposable
{
    private readonly IContentStore _contents;
    private readonly IGrainEngine _engine;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public ContentCollector(IContentStore contents, IGrainEngine engine, TimeProvider time, ILogger log)
    {
        _contents = contents;
        _engine = engine;
        _time = time;
        _log = log;
    }

    /// <summary>For a test that plants a bug: decides in place of the record's turn.</summary>
    internal Func<UploadDeclaration, ValueTask<UploadFate>>? PlantedDecision { get; init; }

    public void Start() => _running = RunAsync();

    /// <summary>One round over everything that has expired.</summary>
    /// <returns>How many were removed, and how many turned out to be referred to.</returns>
    public async Task<(int Removed, int Referenced)> CollectAsync(CancellationToken stopping)
    {
        var (removed, referenced) = (0, 0);
        var expired = _time.GetUtcNow() - ContentLimits.UploadLifetime;
        UploadId after = default;
        while (await _contents.ListUnsettledAsync(expired, after, stopping) is { Count: > 0 } page)
        {
            foreach (var status in page)
            {
                stopping.ThrowIfCancellationRequested();
                try
                {
                    if (await CollectOneAsync(status, expired, stopping))
                        removed++;
                    else
                        referenced++;
                }
                catch (Exception failure) when (failure is JournalException or EngineOverloadedException)
                {
                    ContentLog.CollectionHeldUp(_log, failure.GetType().Name);
                }
            }

            after = page[^1].Declaration.Id;
        }

        return (removed, referenced);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async ValueTask<bool> CollectOneAsync(UploadStatus status, DateTimeOffset expired, CancellationToken stopping)
    {
        var upload = status.Declaration.Id;
        switch (status.State)
        {
            case UploadState.Open:
                // Nothing can refer to what is not complete, and completing excludes this.
                return await _contents.DiscardOpenAsync(upload, expired, stopping);
            case UploadState.Removing:
                await _contents.RemoveAsync(upload, stopping);
                return true;
            default:
                if (await DecideAsync(status.Declaration, stopping) == UploadFate.Referenced)
                {
                    await _contents.SettleAsync(upload, stopping);
                    return false;
                }

                await _contents.RemoveAsync(upload, stopping);
                return true;
        }
    }

    private async ValueTask<UploadFate> DecideAsync(UploadDeclaration declaration, CancellationToken stopping) =>
        PlantedDecision is { } planted
            ? await planted(declaration)
            : (await _engine.AskAsync(declaration.Journal, new DiscardUpload(declaration.Id), stopping)).Value;

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(ContentLimits.CollectEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    var (removed, referenced) = await CollectAsync(_stopping.Token);
                    if (removed > 0)
                        ContentLog.Collected(_log, removed, referenced);
                }
                catch (Exception failure) when (failure is JournalException or EngineDrainingException)
                {
                    ContentLog.CollectionHeldUp(_log, failure.GetType().Name);
                }
                catch (Exception bug) when (bug is not OperationCanceledException)
                {
                    // Like the router's, this loop outlives what it runs: a bug must not end the collecting without a word.
                    ContentLog.CollectionFailed(_log, bug.GetType().Name, bug.StackTrace);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The end.
        }
    }
}

/// <summary>What keeping contents logs: numbers only.</summary>
internal static partial class ContentLog
{
    [LoggerMessage(EventId = 3101, EventName = "UploadsCollected", Level = LogLevel.Information,
        Message = "{Removed} uploads that nobody submitted were removed; {Referenced} belong to documents")]
    public static partial void Collected(ILogger logger, int removed, int referenced);

    [LoggerMessage(EventId = 3102, EventName = "CollectionHeldUp", Level = LogLevel.Warning,
        Message = "Removing expired uploads is held up by {Failure}; the next round tries again")]
    public static partial void CollectionHeldUp(ILogger logger, string failure);

    [LoggerMessage(EventId = 3103, EventName = "CollectionFailed", Level = LogLevel.Error,
        Message = "Removing expired uploads failed with {Failure}, a bug; the next round tries again. {Where}")]
    public static partial void CollectionFailed(ILogger logger, string failure, string? where);
}
