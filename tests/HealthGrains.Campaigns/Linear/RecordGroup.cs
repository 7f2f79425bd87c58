using System.Diagnostics;
using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Linear;

/// <summary>Several clients on one record at once, and what each of them saw.</summary>
/// <remarks>A call whose answer was lost with the server has its end where the server died: what it did not do by then it never
/// did. It is settled once the server is back, by the id that only it has; see <see cref="SettleAsync"/>.</remarks>
internal sealed class RecordGroup(LinearWorld world, int patient, int seed)
{
    private const int Clients = 6;

    /// <summary>Documents that random calls may use; two more are kept for the end.</summary>
    private const int RandomDocuments = RecordCall.DocumentsMax - 2;

    private readonly Lock _gate = new();
    private readonly List<RecordCall> _history = [];
    private readonly string?[] _documentIds = new string?[RecordCall.DocumentsMax];
    private readonly Patient _patient = world.People.Patients[patient];
    private int _nextDocument;
    private int _left;
    private int _grants;

    public int Patient => patient;

    /// <summary>Complete once <see cref="RunAsync"/> has ended.</summary>
    public IReadOnlyList<RecordCall> History => _history;

    public async Task RunAsync(int calls, bool burst, CancellationToken cancellation)
    {
        await PlayAsync(calls, burst, cancellation);
        await EndAsync(cancellation);
    }

    private async Task PlayAsync(int calls, bool burst, CancellationToken cancellation)
    {
        await world.AskAsync(channel => channel.UnaryAsync<OpenRecordRequest, OpenRecordResponse>(
            "/healthgrains.v1.Consents/OpenRecord",
            new OpenRecordRequest { Patient = _patient, TermsVersion = "2026" },
            world.People.AsPatient(patient),
            cancellation), cancellation);
        _left = calls;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            async () =>
            {
                var random = new Random(unchecked((seed * 1_000_003) + (patient * 101) + client));
                while (Interlocked.Decrement(ref _left) >= 0)
                {
                    if (burst && client == 0 && _left == calls / 2)
                        await BurstAsync(cancellation);
                    await CallAsync(Draw(random), cancellation);
                }
            },
            cancellation)));
    }

    // The same last words for each record: a right that comes and goes, a document that comes, each looked at before and after.
    private async Task EndAsync(CancellationToken cancellation)
    {
        const int first = RandomDocuments;
        await CallAsync(RecordCall.Of(CallKind.List), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Submit, document: first), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Grant, 0), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Read, 0, first), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Revoke, 0), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Read, 0, first), cancellation);
        await CallAsync(RecordCall.Of(CallKind.Submit, document: first + 1), cancellation);
        await CallAsync(RecordCall.Of(CallKind.List), cancellation);
    }

    // More reads at once than a grain lets wait.
    private async Task BurstAsync(CancellationToken cancellation) => await Task.WhenAll(Enumerable.Range(0, LinearWorld.BurstCalls)
        .Select(_ => CallAsync(RecordCall.Of(CallKind.List), cancellation)));

    private RecordCall Draw(Random random)
    {
        var professional = random.Next(LinearWorld.ProfessionalsEach);
        var known = Volatile.Read(ref _nextDocument);
        var any = known == 0 ? 0 : Math.Max(0, Math.Min(known, RandomDocuments) - 1 - random.Next(Math.Min(8, known)));
        switch (random.Next(100))
        {
            case < 12 when NewDocument() is { } document:
                return RecordCall.Of(CallKind.Submit, document: document);
            case < 21 when known > 0 && NewDocument() is { } document:
                return RecordCall.Of(CallKind.Replace, document: document, target: any);
            case < 26:
                return RecordCall.Of(CallKind.Withdraw, document: any);
            case < 38:
                return RecordCall.Of(CallKind.Grant, professional);
            case < 50:
                return RecordCall.Of(CallKind.Revoke, professional);
            case < 76:
                return RecordCall.Of(CallKind.Read, professional, any);
            case < 92:
                return RecordCall.Of(CallKind.List, professional);
            default:
                return RecordCall.Of(CallKind.List);
        }
    }

    private int? NewDocument()
    {
        var document = Interlocked.Increment(ref _nextDocument) - 1;
        return document < RandomDocuments ? document : null;
    }

    private async Task CallAsync(RecordCall call, CancellationToken cancellation)
    {
        // A document that nobody was told of yet cannot be read by its id.
        if (call.Kind == CallKind.Read && _documentIds[call.Document] is null)
            call = call with { Kind = CallKind.List };
        var tag = call.Kind == CallKind.Grant ? Interlocked.Increment(ref _grants) : 0;
        while (true)
        {
            var server = await world.ServerAsync(cancellation);
            var start = Stopwatch.GetTimestamp();
            try
            {
                var answer = await AskAsync(server.Channel, call, tag, cancellation);
                Keep(call with { Start = start, End = Stopwatch.GetTimestamp(), Answer = answer });
                return;
            }
            catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
            {
                // It says that nothing was done; were that not so, the history would show it.
                world.Overloaded();
                await Task.Delay(5, cancellation);
            }
            catch (RpcException lost) when (lost.Code is RpcStatusCode.Unavailable or RpcStatusCode.Cancelled
                or RpcStatusCode.Unknown or RpcStatusCode.Internal or RpcStatusCode.DeadlineExceeded)
            {
                var died = await server.DiedAsync(cancellation);
                if (call.Kind is CallKind.Read or CallKind.List)
                {
                    world.Repeated();
                    continue;
                }

                await SettleAsync(call with { Start = start, End = died }, tag, cancellation);
                return;
            }
        }
    }

    /// <summary>Finds out what became of a change whose answer was lost.</summary>
    /// <remarks>A submission is sent again: known means that the first one was accepted, accepted that it never arrived. A permit
    /// carries a name of its own. A withdrawal that is repeated and accepted did not arrive the first time; else, and for a
    /// revocation, the outcome stays open, but not beyond the death of the server.</remarks>
    private async Task SettleAsync(RecordCall lost, int tag, CancellationToken cancellation)
    {
        switch (lost.Kind)
        {
            case CallKind.Grant:
            {
                var consents = await world.AskAsync(channel => channel.UnaryAsync<GetConsentsRequest, GetConsentsResponse>(
                    "/healthgrains.v1.Consents/GetConsents",
                    new GetConsentsRequest { Patient = _patient, IncludeEnded = true },
                    world.People.AsPatient(patient),
                    cancellation), cancellation);
                world.Settled();
                if (consents.Authorizations.Any(authorization => authorization.HolderName == NameOf(tag)))
                    Keep(lost with { Answer = new RecordAnswer(Said.Done) });
                return;
            }

            case CallKind.Revoke:
                world.LeftOpen();
                Keep(lost);
                return;
        }

        RecordAnswer again;
        while (true)
        {
            var server = await world.ServerAsync(cancellation);
            var start = Stopwatch.GetTimestamp();
            try
            {
                again = await AskAsync(server.Channel, lost, tag, cancellation);
                Keep(lost with { Start = start, End = Stopwatch.GetTimestamp(), Answer = again });
                break;
            }
            catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
            {
                await Task.Delay(5, cancellation);
            }
            catch (RpcException gone) when (gone.Code is RpcStatusCode.Unavailable or RpcStatusCode.Cancelled
                or RpcStatusCode.Unknown or RpcStatusCode.Internal)
            {
                // A second death: the repetition may have done it as well as the first one.
                lost = lost with { End = await server.DiedAsync(cancellation) };
            }
        }

        if (again.Said != Said.Already)
        {
            world.Settled();
        }
        else if (lost.Kind == CallKind.Withdraw)
        {
            world.LeftOpen();
            Keep(lost);
        }
        else
        {
            world.Settled();
            Keep(lost with { Answer = new RecordAnswer(Said.Done) });
        }
    }

    private void Keep(RecordCall call)
    {
        lock (_gate)
            _history.Add(call);
        if (call.Answer is not null)
            world.Answered();
    }

    private async Task<RecordAnswer> AskAsync(RpcChannel channel, RecordCall call, int tag, CancellationToken cancellation)
    {
        try
        {
            return call.Kind switch
            {
                CallKind.Submit or CallKind.Replace => await SubmitAsync(channel, call, cancellation),
                CallKind.Withdraw => await WithdrawAsync(channel, call, cancellation),
                CallKind.Grant => Changed((await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                    "/healthgrains.v1.Consents/AuthorizeProfessional",
                    new AuthorizeProfessionalRequest { Patient = _patient, Holder = HolderOf(call), HolderName = NameOf(tag) },
                    world.People.AsPatient(patient),
                    cancellation)).Receipt),
                CallKind.Revoke => Changed((await channel.UnaryAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(
                    "/healthgrains.v1.Consents/RevokeAuthorization",
                    new RevokeAuthorizationRequest { Patient = _patient, Holder = HolderOf(call) },
                    world.People.AsPatient(patient),
                    cancellation)).Receipt),
                CallKind.Read => await ReadAsync(channel, call, cancellation),
                _ => await ListAsync(channel, call, cancellation),
            };
        }
        catch (RpcException refused) when (refused.FindDetail<Google.Rpc.ErrorInfo>()?.Reason is { } reason)
        {
            return reason switch
            {
                "CONSENT_REQUIRED" => new RecordAnswer(Said.NotPermitted),
                "DOCUMENT_NOT_FOUND" or "TARGET_NOT_FOUND" => new RecordAnswer(Said.NotFound),
                "STALE_VERSION" => new RecordAnswer(Said.Stale),
                _ when refused.Code is RpcStatusCode.ResourceExhausted or RpcStatusCode.Unavailable
                    or RpcStatusCode.Internal or RpcStatusCode.Unknown => throw new RpcException(refused.Code, refused.Detail),
                _ => new RecordAnswer(Said.Strange),
            };
        }
    }

    private async Task<RecordAnswer> SubmitAsync(RpcChannel channel, RecordCall call, CancellationToken cancellation)
    {
        var request = DepositRequest.Of(
            _patient, UniqueId(call.Document), BitConverter.GetBytes((patient * 100) + call.Document), world.Author, World.Organization);
        if (call.Kind == CallKind.Replace)
            request.Replaces = UniqueId(call.Target);
        var response = await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
            "/healthgrains.v1.DocumentExchange/Submit", request, world.People.AsProducer(), cancellation);
        _documentIds[call.Document] = response.Receipt.DocumentId;
        return new RecordAnswer(response.Receipt.AlreadyKnown ? Said.Already : Said.Done);
    }

    private async Task<RecordAnswer> WithdrawAsync(RpcChannel channel, RecordCall call, CancellationToken cancellation)
    {
        var response = await channel.UnaryAsync<WithdrawRequest, WithdrawResponse>(
            "/healthgrains.v1.DocumentExchange/Withdraw",
            new WithdrawRequest
            {
                Patient = _patient, UniqueId = UniqueId(call.Document), Reason = "essai", InsQualified = true,
                InsQualifiedAt = DepositRequest.Then,
            },
            world.People.AsProducer(),
            cancellation);
        return new RecordAnswer(response.AlreadyWithdrawn ? Said.Already : Said.Done);
    }

    private async Task<RecordAnswer> ReadAsync(RpcChannel channel, RecordCall call, CancellationToken cancellation)
    {
        var document = await channel.UnaryAsync<GetDocumentRequest, Document>(
            "/healthgrains.v1.PatientRecords/GetDocument",
            new GetDocumentRequest { Patient = _patient, DocumentId = _documentIds[call.Document] },
            AsReader(call),
            cancellation);
        return new RecordAnswer(document.Status switch
        {
            DocumentStatus.Approved => Said.Done,
            DocumentStatus.Deprecated => Said.ShownReplaced,
            _ => Said.Strange,
        });
    }

    private async Task<RecordAnswer> ListAsync(RpcChannel channel, RecordCall call, CancellationToken cancellation)
    {
        var page = await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
            "/healthgrains.v1.PatientRecords/ListDocuments",
            new ListDocumentsRequest { Patient = _patient, PageSize = 200, Relevance = ListDocumentsRequest.Types.Relevance.All },
            AsReader(call),
            cancellation);
        var listed = 0UL;
        foreach (var document in page.Documents)
        {
            var bit = 1UL << int.Parse(
                document.UniqueId.AsSpan(document.UniqueId.LastIndexOf('.') + 1), CultureInfo.InvariantCulture);
            if ((listed & bit) != 0)
                return new RecordAnswer(Said.Strange);
            listed |= bit;
        }

        return page.NextPageToken.Length > 0 ? new RecordAnswer(Said.Strange) : new RecordAnswer(Said.Done, listed);
    }

    private static RecordAnswer Changed(ConsentReceipt receipt) => new(receipt.AlreadySo ? Said.Already : Said.Done);

    private static string NameOf(int tag) => string.Create(CultureInfo.InvariantCulture, $"essai {tag}");

    private Holder HolderOf(RecordCall call) => new() { ProfessionalId = world.People.Professionals[ProfessionalOf(call)] };

    private RpcCallOptions AsReader(RecordCall call) => call.Professional == RecordCall.ThePatient
        ? world.People.AsPatient(patient)
        : world.People.AsProfessional(ProfessionalOf(call));

    private int ProfessionalOf(RecordCall call) => world.ProfessionalOf(patient, call.Professional);

    private string UniqueId(int document) =>
        string.Create(CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10.98.{seed}.{patient}.{document}");
}
