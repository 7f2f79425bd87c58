using System.Security.Cryptography;
using Google.Protobuf;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Consent;

/// <summary>The calls of one lane: its patient, its professional, and the producer who deposits for both.</summary>
internal sealed class ConsentCalls(World world, RpcChannel channel, int lane, int author, string uniqueIds)
{
    private const string Structure = World.ProfessionalsActIn;
    private const string Terms = "2026";

    private static readonly TimeSpan RefusedWithin = TimeSpan.FromSeconds(5);

    private static readonly AccessContext Emergency =
        new() { Mode = AccessContext.Types.Mode.Emergency, Reason = "Patient inconscient" };

    private readonly Patient _patient = world.Patients[lane];
    private readonly Holder _person = new() { ProfessionalId = world.Professionals[lane] };
    private readonly Holder _structure = new() { OrganizationId = Structure };

    public RpcChannel Channel { get; set; } = channel;

    /// <summary>Whether the probe was shown what a revocation of this kind covers.</summary>
    /// <returns>Null when the server was too busy to decide.</returns>
    public async Task<bool?> ShowsAsync(Probe probe, Revocation revocation, LaneFiles files, CancellationToken cancellation)
    {
        try
        {
            return await AskAsync(probe, revocation == Revocation.Mask ? files.Target : null, files, cancellation);
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.PermissionDenied or RpcStatusCode.NotFound
            or RpcStatusCode.FailedPrecondition)
        {
            return false;
        }
        catch (RpcException busy) when (busy.Code is RpcStatusCode.ResourceExhausted)
        {
            return null;
        }
    }

    public Task OpenAsync(CancellationToken cancellation) => PatientAsync<OpenRecordRequest, OpenRecordResponse>(
        "Consents/OpenRecord", new OpenRecordRequest { Patient = _patient, TermsVersion = Terms }, cancellation);

    public Task PermitPersonAsync(CancellationToken cancellation) => PermitAsync(_person, cancellation);

    public Task PermitStructureAsync(CancellationToken cancellation) => PermitAsync(_structure, cancellation);

    public Task UnblockAsync(CancellationToken cancellation) => PatientAsync<UnblockProfessionalRequest, UnblockProfessionalResponse>(
        "Consents/UnblockProfessional",
        new UnblockProfessionalRequest { Patient = _patient, ProfessionalId = _person.ProfessionalId },
        cancellation);

    public Task RevokeStructureAsync(bool deny, CancellationToken cancellation) => RevokeAsync(_structure, deny, cancellation);

    /// <summary>Masks the document, or lifts its mask; the version of the entry that is in force then.</summary>
    public async Task<int> MaskAsync(string document, int version, bool masked, CancellationToken cancellation)
    {
        var answer = await PatientAsync<SetConfidentialityRequest, SetConfidentialityResponse>(
            "PatientRecords/SetConfidentiality",
            new SetConfidentialityRequest
            {
                Patient = _patient,
                DocumentId = document,
                EntryVersion = version,
                Confidentiality = { masked ? Confidentiality.MaskedFromProfessionals : Confidentiality.Normal },
            },
            cancellation);
        return answer.Document.EntryVersion;
    }

    /// <summary>The revocation itself: what it covers is closed when this returns.</summary>
    public async Task RevokeAsync(Revocation revocation, LaneFiles files, CancellationToken cancellation)
    {
        switch (revocation)
        {
            case Revocation.Revoke:
                await RevokeAsync(_person, deny: false, cancellation);
                break;
            case Revocation.Block:
                await PatientAsync<BlockProfessionalRequest, BlockProfessionalResponse>(
                    "Consents/BlockProfessional",
                    new BlockProfessionalRequest { Patient = _patient, ProfessionalId = _person.ProfessionalId },
                    cancellation);
                break;
            case Revocation.DenyStructure:
                await RevokeAsync(_structure, deny: true, cancellation);
                break;
            case Revocation.Mask:
                files.TargetVersion = await MaskAsync(files.Target, files.TargetVersion, masked: true, cancellation);
                break;
            case Revocation.Close:
                await PatientAsync<CloseRecordRequest, CloseRecordResponse>(
                    "Consents/CloseRecord", new CloseRecordRequest { Patient = _patient, Reason = "essai" }, cancellation);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(revocation));
        }
    }

    public async Task<string> SubmitAsync(int number, byte[] content, CancellationToken cancellation)
    {
        var request = DepositRequest.Of(
            _patient, $"{uniqueIds}.{lane}.{number}", content, world.Professionals[author], World.Organization);
        var response = await PatientlyAsync<SubmitRequest, SubmitResponse>(
            "DocumentExchange/Submit", request, world.AsProducer(), cancellation);
        return response.Receipt.DocumentId;
    }

    /// <summary>The first page of one entry, with the token of the second.</summary>
    public Task<ListDocumentsResponse> FirstPageAsync(CancellationToken cancellation) =>
        ReadAsync<ListDocumentsRequest, ListDocumentsResponse>("PatientRecords/ListDocuments", ListRequest(1), cancellation);

    public async Task<long> InboxEndAsync(long after, CancellationToken cancellation)
    {
        while (true)
        {
            var page = await ReadInboxAsync(after, cancellation);
            if (page.Items.Count == 0)
                return after;
            after = page.Items[^1].Sequence;
        }
    }

    public IAsyncEnumerable<RecordChange> WatchAsync(long after, CancellationToken cancellation) =>
        Channel.ServerStreaming<WatchRequest, RecordChange>(
            "/healthgrains.v1.PatientRecords/Watch",
            new WatchRequest { Patient = _patient, AfterSequence = after },
            world.AsProfessional(lane) with { Timeout = null },
            cancellation);

    private async Task<bool> AskAsync(Probe probe, string? masked, LaneFiles files, CancellationToken cancellation)
    {
        switch (probe)
        {
            case Probe.Content:
                return await ContentAsync(files, null, cancellation);
            case Probe.Glass:
                return await ContentAsync(files, Emergency, cancellation);
            case Probe.Entry:
                await ReadAsync<GetDocumentRequest, Document>(
                    "PatientRecords/GetDocument",
                    new GetDocumentRequest { Patient = _patient, DocumentId = files.Target },
                    cancellation);
                return true;
            case Probe.List:
            case Probe.PageTwo:
            {
                var request = ListRequest(200);
                if (probe == Probe.PageTwo)
                    request.PageToken = files.PageToken;
                var page = await ReadAsync<ListDocumentsRequest, ListDocumentsResponse>(
                    "PatientRecords/ListDocuments", request, cancellation);
                return masked is null || page.Documents.Any(document => document.DocumentId == masked);
            }

            case Probe.Changes:
            {
                var page = await ReadAsync<ChangesSinceRequest, ChangesSinceResponse>(
                    "PatientRecords/ChangesSince",
                    new ChangesSinceRequest { Patient = _patient, AfterSequence = files.Before, PageSize = 200 },
                    cancellation);
                return masked is null || page.Changes.Any(change => change.DocumentId == masked);
            }

            case Probe.Watch:
                return await OpensAsync(files.Before, cancellation);
            case Probe.Inbox:
            {
                // The last few lines once more: what was told before the revocation is told no more.
                var page = await ReadInboxAsync(Math.Max(0, files.InboxEnd - 5), cancellation);
                return page.Items.Any(item => masked is null ? item.Patient is not null : item.DocumentId == masked);
            }

            case Probe.Follow:
                await ReadAsync<FollowRequest, FollowResponse>(
                    "Inbox/Follow", new FollowRequest { Patient = _patient }, cancellation);
                return true;
            default:
                throw new ArgumentOutOfRangeException(nameof(probe));
        }
    }

    // A stream that is not refused is open, whether or not something comes through it.
    private async Task<bool> OpensAsync(long after, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        enough.CancelAfter(RefusedWithin);
        try
        {
            await foreach (var _ in WatchAsync(after, enough.Token))
                return true;
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return true;
        }
    }

    private async Task<bool> ContentAsync(LaneFiles files, AccessContext? access, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var request = new ReadContentRequest { Patient = _patient, DocumentId = files.Target };
        if (access is not null)
            request.Access = access;
        await foreach (var chunk in Channel.ServerStreaming<ReadContentRequest, ContentChunk>(
            "/healthgrains.v1.PatientRecords/ReadContent", request, world.AsProfessional(lane), cancellation))
        {
            if (chunk.PartCase == ContentChunk.PartOneofCase.Data)
                hash.AppendData(chunk.Data.Span);
        }

        // A content that was let out comes whole.
        return hash.GetHashAndReset().AsSpan().SequenceEqual(files.TargetHash)
            ? true
            : throw new InvalidOperationException("A content came with other bytes than were submitted.");
    }

    private Task<ReadInboxResponse> ReadInboxAsync(long after, CancellationToken cancellation) =>
        ReadAsync<ReadInboxRequest, ReadInboxResponse>(
            "Inbox/ReadInbox", new ReadInboxRequest { AfterSequence = after, PageSize = 200 }, cancellation);

    private ListDocumentsRequest ListRequest(int size) => new()
    {
        Patient = _patient, PageSize = size, Relevance = ListDocumentsRequest.Types.Relevance.All,
    };

    private Task PermitAsync(Holder holder, CancellationToken cancellation) =>
        PatientAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
            "Consents/AuthorizeProfessional",
            new AuthorizeProfessionalRequest { Patient = _patient, Holder = holder },
            cancellation);

    private Task RevokeAsync(Holder holder, bool deny, CancellationToken cancellation) =>
        PatientAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(
            "Consents/RevokeAuthorization",
            new RevokeAuthorizationRequest { Patient = _patient, Holder = holder, Deny = deny },
            cancellation);

    private Task<TReply> ReadAsync<TRequest, TReply>(string method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new() =>
        Channel.UnaryAsync<TRequest, TReply>("/healthgrains.v1." + method, request, world.AsProfessional(lane), cancellation);

    private Task<TReply> PatientAsync<TRequest, TReply>(string method, TRequest request, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new() =>
        PatientlyAsync<TRequest, TReply>(method, request, world.AsPatient(lane), cancellation);

    // What changes something is repeated while the server is too busy: nothing was done then.
    private async Task<TReply> PatientlyAsync<TRequest, TReply>(
        string method, TRequest request, RpcCallOptions caller, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new()
    {
        while (true)
        {
            try
            {
                return await Channel.UnaryAsync<TRequest, TReply>("/healthgrains.v1." + method, request, caller, cancellation);
            }
            catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
            {
                await Task.Delay(20, cancellation);
            }
        }
    }
}

/// <summary>What a lane knows of its record.</summary>
internal sealed class LaneFiles
{
    /// <summary>The document that is read, and masked.</summary>
    public string Target { get; set; } = "";

    public int TargetVersion { get; set; } = 1;

    public byte[] TargetHash { get; set; } = [];

    /// <summary>Of the second page, given while the door was open.</summary>
    public string PageToken { get; set; } = "";

    /// <summary>A sequence of the professional's audience with something behind it.</summary>
    public long Before { get; set; }

    public long InboxEnd { get; set; }
}
