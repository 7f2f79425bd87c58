using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Synthetic;

namespace HealthGrains.Host.Demo;

/// <summary>Plays a plan against a server: opens records, lets professionals follow, sends, and listens.</summary>
internal sealed class DemoRun(DemoPlan plan, DemoCallers callers, TimeProvider time, Action<string> show)
{
    private const string NewDocument = "AJOUT_DOCUMENT";
    private const string Terms = "demo-1";
    private const int UnderWayEach = 16;

    /// <summary>How long notifications may take after the last answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _allTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _refusals = [];

    public DemoClock Clock { get; } = new(time);

    /// <summary>Code and sentence of every refusal; none is expected.</summary>
    public IReadOnlyList<string> Refusals
    {
        get
        {
            lock (_refusals) return [.. _refusals];
        }
    }

    /// <summary>Every patient opens the record and authorises those who then follow.</summary>
    public async Task PrepareAsync(CancellationToken stopping)
    {
        foreach (var person in plan.Patients)
        {
            var patient = DemoCallers.Wire(person);
            await callers.Patients[person.Index].AskAsync<OpenRecordRequest, OpenRecordResponse>(
                Methods.OpenRecord, new OpenRecordRequest { Patient = patient, TermsVersion = Terms }, stopping);
            foreach (var follower in plan.Followers[person.Index])
            {
                var professional = plan.Professionals[follower];
                await callers.Patients[person.Index].AskAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                    Methods.AuthorizeProfessional,
                    new AuthorizeProfessionalRequest
                    {
                        Patient = patient,
                        Holder = new Holder { ProfessionalId = professional.Id.ToString() },
                        Basis = Authorization.Types.Basis.Patient,
                        HolderName = DemoCallers.NameOf(professional),
                    },
                    stopping);
                await callers.Professionals[follower].AskAsync<FollowRequest, FollowResponse>(
                    Methods.Follow, new FollowRequest { Patient = patient }, stopping);
            }
        }
    }

    /// <summary>Sends everything while everybody listens; ends when all was told, or patience runs out.</summary>
    /// <returns>From the first document sent to the last answer.</returns>
    public async Task<TimeSpan> SendAndListenAsync(CancellationToken stopping)
    {
        using var listening = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var listeners = plan.Patients.Select(person => ListenToRecordAsync(person, listening.Token))
            .Concat(plan.Professionals.Select((_, i) => ListenToInboxAsync(i, listening.Token))).ToArray();

        var began = time.GetTimestamp();
        await Task.WhenAll(plan.Documents.GroupBy(d => d.StructureId).Select(g => SendAsync(callers.Producers[g.Key], [.. g], stopping)));
        var took = time.GetElapsedTime(began);

        // The listeners go on until everything came. What did not come is found by reading back.
        await Task.WhenAny(_allTold.Task, Task.Delay(Patience, time, stopping));
        await listening.CancelAsync();
        await Task.WhenAll(listeners);
        return took;
    }

    private async Task SendAsync(ServerConnection producer, IReadOnlyList<SyntheticDocument> documents, CancellationToken stopping)
    {
        await using var call = producer.Channel.Duplex<SubmitRequest, SubmitResult>(Methods.SubmitMany, producer.Stream, stopping);
        using var places = new SemaphoreSlim(UnderWayEach);
        var reading = Task.Run(
            async () =>
            {
                while (await call.MoveNextAsync())
                {
                    Take(call.Current);
                    places.Release();
                }
            },
            stopping);
        foreach (var document in documents)
        {
            await places.WaitAsync(stopping);
            var uniqueId = document.UniqueId.ToString();
            Clock.Sent(uniqueId);
            await call.WriteAsync(new SubmitRequest
            {
                CorrelationId = uniqueId,
                Content = UnsafeByteOperations.UnsafeWrap(document.Cda),
                Metadata = new DocumentMetadata { Confidentiality = { Confidentiality.Normal } },
                InsQualified = true,
                InsQualifiedAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
                FeedingOpposition = FeedingOpposition.Na,
            });
        }

        call.FinishRequests();
        await reading;
    }

    private void Take(SubmitResult result)
    {
        if (result.Receipt is { } receipt)
        {
            Clock.Answered(result.CorrelationId, receipt.DocumentId);
            return;
        }

        lock (_refusals) _refusals.Add($"{result.Refusal.Code}: {result.Refusal.Message}");
    }

    private Task ListenToRecordAsync(SyntheticPerson person, CancellationToken listening)
    {
        var server = callers.Patients[person.Index];
        return ListenAsync(
            server.Channel.ServerStreaming<WatchRequest, RecordChange>(
                Methods.Watch, new WatchRequest { Patient = DemoCallers.Wire(person) }, server.Stream, listening),
            change => (change.Code, change.DocumentId),
            change => $"patient {person.Index + 1:00} ({person.FirstName}) is told: {change.Document?.Metadata?.Title}",
            listening);
    }

    private Task ListenToInboxAsync(int professional, CancellationToken listening)
    {
        var server = callers.Professionals[professional];
        var name = DemoCallers.NameOf(plan.Professionals[professional]);
        return ListenAsync(
            server.Channel.ServerStreaming<WatchInboxRequest, InboxItem>(
                Methods.WatchInbox, new WatchInboxRequest(), server.Stream, listening),
            item => (item.Code, item.DocumentId),
            item => $"{name} is told: a new document of a patient, item {item.Sequence}",
            listening);
    }

    private async Task ListenAsync<T>(
        IAsyncEnumerable<T> stream, Func<T, (string Code, string DocumentId)> read, Func<T, string> say, CancellationToken listening)
    {
        try
        {
            await foreach (var news in stream)
            {
                var (code, documentId) = read(news);
                if (code != NewDocument) continue;
                Clock.ToldOf(documentId);
                show(say(news));
                if (Clock.Told >= plan.Deliveries) _allTold.TrySetResult();
            }
        }
        catch (OperationCanceledException) when (listening.IsCancellationRequested)
        {
            // Everything came, or nobody waits any more.
        }
        catch (RpcException e)
        {
            show($"a stream broke off: {ErrorLine.Explain(e, listening).Message}");
        }
    }
}
