using Google.Protobuf;
using Google.Rpc;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Calls as one caller.</summary>
internal sealed class TestClient(RpcChannel channel, RpcMetadata? headers)
{
    private const string Prefix = "/healthgrains.v1.";

    private RpcCallOptions Options => new() { Headers = headers, Timeout = TimeSpan.FromSeconds(30) };

    public Task<TReply> CallAsync<TRequest, TReply>(string method, TRequest request)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new() =>
        channel.UnaryAsync<TRequest, TReply>(Prefix + method, request, Options, CancellationToken.None).Within(method);

    public IAsyncEnumerable<TReply> Stream<TRequest, TReply>(string method, TRequest request, CancellationToken ct)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new() =>
        channel.ServerStreaming<TRequest, TReply>(Prefix + method, request, new RpcCallOptions { Headers = headers }, ct);

    public async Task<Wire.Receipt> SubmitAsync(Wire.SubmitRequest request) =>
        (await CallAsync<Wire.SubmitRequest, Wire.SubmitResponse>("DocumentExchange/Submit", request)).Receipt;

    public RpcDuplexCall<TRequest, TReply> Duplex<TRequest, TReply>(string method)
        where TRequest : IMessage<TRequest>
        where TReply : class, IMessage<TReply>, new() =>
        channel.Duplex<TRequest, TReply>(
            Prefix + method, new RpcCallOptions { Headers = headers }, CancellationToken.None);

    public RpcDuplexCall<Wire.SubmitRequest, Wire.SubmitResult> SubmitMany() =>
        Duplex<Wire.SubmitRequest, Wire.SubmitResult>("DocumentExchange/SubmitMany");

    public RpcClientStreamingCall<Wire.UploadChunk, Wire.UploadResponse> Upload() =>
        channel.ClientStreaming<Wire.UploadChunk, Wire.UploadResponse>(
            Prefix + "DocumentExchange/Upload", new RpcCallOptions { Headers = headers }, CancellationToken.None);

    public Task<Wire.UploadResponse> SendAsync(IEnumerable<Wire.UploadChunk> chunks)
    {
        return SendAllAsync().Within("uploading");

        async Task<Wire.UploadResponse> SendAllAsync()
        {
            await using var call = Upload();
            foreach (var chunk in chunks)
                await call.WriteAsync(chunk);
            return await call.FinishAsync();
        }
    }

    /// <summary>Uploads a content in chunks of 1 MiB, in one stream.</summary>
    public Task<Wire.UploadResponse> UploadAsync(Wire.Patient patient, byte[] bytes)
    {
        return SendAsync(Chunks());

        IEnumerable<Wire.UploadChunk> Chunks()
        {
            yield return new Wire.UploadChunk { Declaration = Declare(patient, bytes) };
            for (var at = 0; at < bytes.Length; at += 1024 * 1024)
            {
                yield return new Wire.UploadChunk
                {
                    Data = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(at, Math.Min(1024 * 1024, bytes.Length - at))),
                    Offset = at,
                };
            }
        }
    }

    public static Wire.UploadDeclaration Declare(Wire.Patient patient, byte[] bytes) => new()
    {
        Patient = patient,
        Size = bytes.Length,
        Sha256 = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(bytes)),
    };

    public Task<Wire.WithdrawResponse> WithdrawAsync(Wire.WithdrawRequest request) =>
        CallAsync<Wire.WithdrawRequest, Wire.WithdrawResponse>("DocumentExchange/Withdraw", request);

    public Task<Wire.GetRecordResponse> GetRecordAsync(Wire.Patient patient) =>
        CallAsync<Wire.GetRecordRequest, Wire.GetRecordResponse>(
            "PatientRecords/GetRecord", new Wire.GetRecordRequest { Patient = patient });

    public Task<Wire.ListDocumentsResponse> ListAsync(Wire.ListDocumentsRequest request) =>
        CallAsync<Wire.ListDocumentsRequest, Wire.ListDocumentsResponse>("PatientRecords/ListDocuments", request);

    public Task<Wire.Document> GetDocumentAsync(Wire.GetDocumentRequest request) =>
        CallAsync<Wire.GetDocumentRequest, Wire.Document>("PatientRecords/GetDocument", request);

    public async Task<(Wire.Document? Entry, byte[] Bytes)> ReadContentAsync(Wire.ReadContentRequest request)
    {
        Wire.Document? entry = null;
        var bytes = new MemoryStream();
        await foreach (var chunk in Stream<Wire.ReadContentRequest, Wire.ContentChunk>(
            "PatientRecords/ReadContent", request, CancellationToken.None))
        {
            if (chunk.PartCase == Wire.ContentChunk.PartOneofCase.Entry)
            {
                Assert.Null(entry);
                entry = chunk.Entry;
                continue;
            }

            Assert.NotNull(entry);
            Assert.Equal(request.Offset + bytes.Length, chunk.Offset);
            Assert.InRange(chunk.Data.Length, 1, 1024 * 1024);
            chunk.Data.WriteTo(bytes);
        }

        return (entry, bytes.ToArray());
    }

    public Task<Wire.ChangesSinceResponse> ChangesAsync(Wire.Patient patient, long after, int pageSize = 0) =>
        CallAsync<Wire.ChangesSinceRequest, Wire.ChangesSinceResponse>(
            "PatientRecords/ChangesSince",
            new Wire.ChangesSinceRequest { Patient = patient, AfterSequence = after, PageSize = pageSize });

    public TestStream<Wire.RecordChange> Watch(Wire.Patient patient, long after) => new(ct =>
        Stream<Wire.WatchRequest, Wire.RecordChange>(
            "PatientRecords/Watch", new Wire.WatchRequest { Patient = patient, AfterSequence = after }, ct));

    public Task<Wire.ListAccessesResponse> AccessesAsync(Wire.ListAccessesRequest request) =>
        CallAsync<Wire.ListAccessesRequest, Wire.ListAccessesResponse>("PatientRecords/ListAccesses", request);

    public async Task<Wire.ConsentReceipt> OpenRecordAsync(Wire.Patient patient) =>
        (await CallAsync<Wire.OpenRecordRequest, Wire.OpenRecordResponse>(
            "Consents/OpenRecord", new Wire.OpenRecordRequest { Patient = patient, TermsVersion = "2024-01" })).Receipt;

    public async Task<Wire.ConsentReceipt> CloseRecordAsync(Wire.Patient patient) =>
        (await CallAsync<Wire.CloseRecordRequest, Wire.CloseRecordResponse>(
            "Consents/CloseRecord", new Wire.CloseRecordRequest { Patient = patient, Reason = "Je préfère." })).Receipt;

    public Task<Wire.AuthorizeProfessionalResponse> AuthorizeAsync(Wire.AuthorizeProfessionalRequest request) =>
        CallAsync<Wire.AuthorizeProfessionalRequest, Wire.AuthorizeProfessionalResponse>(
            "Consents/AuthorizeProfessional", request);

    public Task<Wire.AuthorizeProfessionalResponse> AuthorizeAsync(Wire.Patient patient, string professional) =>
        AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
        {
            Patient = patient,
            Holder = new Wire.Holder { ProfessionalId = professional },
        });

    public Task<Wire.RevokeAuthorizationResponse> RevokeAsync(Wire.RevokeAuthorizationRequest request) =>
        CallAsync<Wire.RevokeAuthorizationRequest, Wire.RevokeAuthorizationResponse>("Consents/RevokeAuthorization", request);

    public Task<Wire.RevokeAuthorizationResponse> RevokeAsync(Wire.Patient patient, string professional) =>
        RevokeAsync(new Wire.RevokeAuthorizationRequest
        {
            Patient = patient,
            Holder = new Wire.Holder { ProfessionalId = professional },
        });

    public Task<Wire.BlockProfessionalResponse> BlockAsync(Wire.Patient patient, string professional) =>
        CallAsync<Wire.BlockProfessionalRequest, Wire.BlockProfessionalResponse>(
            "Consents/BlockProfessional",
            new Wire.BlockProfessionalRequest { Patient = patient, ProfessionalId = professional });

    public Task<Wire.UnblockProfessionalResponse> UnblockAsync(Wire.Patient patient, string professional) =>
        CallAsync<Wire.UnblockProfessionalRequest, Wire.UnblockProfessionalResponse>(
            "Consents/UnblockProfessional",
            new Wire.UnblockProfessionalRequest { Patient = patient, ProfessionalId = professional });

    public Task<Wire.GetConsentsResponse> GetConsentsAsync(Wire.Patient patient, bool includeEnded = false) =>
        CallAsync<Wire.GetConsentsRequest, Wire.GetConsentsResponse>(
            "Consents/GetConsents", new Wire.GetConsentsRequest { Patient = patient, IncludeEnded = includeEnded });

    public Task<Wire.AddDelegateResponse> AddDelegateAsync(Wire.AddDelegateRequest request) =>
        CallAsync<Wire.AddDelegateRequest, Wire.AddDelegateResponse>("Consents/AddDelegate", request);

    public Task<Wire.AddDelegateResponse> AddDelegateAsync(
        Wire.Patient patient,
        string subject,
        Wire.Delegate.Types.Kind kind = Wire.Delegate.Types.Kind.Caregiving,
        DateTimeOffset? end = null) =>
        AddDelegateAsync(new Wire.AddDelegateRequest
        {
            Patient = patient,
            Delegate = new Wire.Delegate
            {
                Subject = subject,
                Name = "TEST Aidant",
                Kind = kind,
                End = end is { } moment ? Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(moment) : null,
            },
        });

    public Task<Wire.AddDelegateResponse> AddRepresentativeAsync(Wire.Patient patient, string subject, string birthDate) =>
        AddDelegateAsync(new Wire.AddDelegateRequest
        {
            Patient = patient,
            Delegate = new Wire.Delegate { Subject = subject, Kind = Wire.Delegate.Types.Kind.LegalRepresentation },
            BirthDate = birthDate,
        });

    public Task<Wire.AnswerDelegationResponse> AnswerDelegationAsync(
        Wire.Patient patient, Wire.Decision answer = Wire.Decision.Permit) =>
        CallAsync<Wire.AnswerDelegationRequest, Wire.AnswerDelegationResponse>(
            "Consents/AnswerDelegation", new Wire.AnswerDelegationRequest { Patient = patient, Answer = answer });

    public Task<Wire.RevokeDelegateResponse> RevokeDelegateAsync(Wire.Patient patient, string delegateId) =>
        CallAsync<Wire.RevokeDelegateRequest, Wire.RevokeDelegateResponse>(
            "Consents/RevokeDelegate", new Wire.RevokeDelegateRequest { Patient = patient, DelegateId = delegateId });

    public Task<Wire.SetAttendingPhysicianResponse> SetAttendingPhysicianAsync(Wire.Patient patient, string professional) =>
        CallAsync<Wire.SetAttendingPhysicianRequest, Wire.SetAttendingPhysicianResponse>(
            "Consents/SetAttendingPhysician",
            new Wire.SetAttendingPhysicianRequest { Patient = patient, ProfessionalId = professional });

    public Task<Wire.SetAdministratorResponse> SetAdministratorAsync(Wire.Patient patient, string professional, bool isAdmin = true) =>
        CallAsync<Wire.SetAdministratorRequest, Wire.SetAdministratorResponse>(
            "Consents/SetAdministrator",
            new Wire.SetAdministratorRequest { Patient = patient, ProfessionalId = professional, IsAdmin = isAdmin });

    public Task<Wire.FollowResponse> FollowAsync(Wire.Patient patient) =>
        CallAsync<Wire.FollowRequest, Wire.FollowResponse>("Inbox/Follow", new Wire.FollowRequest { Patient = patient });

    public Task<Wire.UnfollowResponse> UnfollowAsync(Wire.Patient patient) =>
        CallAsync<Wire.UnfollowRequest, Wire.UnfollowResponse>(
            "Inbox/Unfollow", new Wire.UnfollowRequest { Patient = patient });

    public Task<Wire.ReadInboxResponse> ReadInboxAsync(long after, int pageSize = 0) =>
        CallAsync<Wire.ReadInboxRequest, Wire.ReadInboxResponse>(
            "Inbox/ReadInbox", new Wire.ReadInboxRequest { AfterSequence = after, PageSize = pageSize });

    public Task<Wire.AcknowledgeResponse> AcknowledgeAsync(long upTo) =>
        CallAsync<Wire.AcknowledgeRequest, Wire.AcknowledgeResponse>(
            "Inbox/Acknowledge", new Wire.AcknowledgeRequest { UpToSequence = upTo });

    public TestStream<Wire.InboxItem> WatchInbox(long after) => new(ct =>
        Stream<Wire.WatchInboxRequest, Wire.InboxItem>(
            "Inbox/WatchInbox", new Wire.WatchInboxRequest { AfterSequence = after }, ct));
}

/// <summary>An open stream, read item by item; nothing waits without an end.</summary>
internal sealed class TestStream<T> : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly IAsyncEnumerator<T> _items;

    public TestStream(Func<CancellationToken, IAsyncEnumerable<T>> open) =>
        _items = open(_closing.Token).GetAsyncEnumerator(_closing.Token);

    public async Task<T> NextAsync(string what)
    {
        Assert.True(await _items.MoveNextAsync().AsTask().Within(what), $"The stream ended before {what}.");
        return _items.Current;
    }

    /// <summary>The stream ends with this refusal; what comes before it is given back.</summary>
    public async Task<IReadOnlyList<T>> EndsWithAsync(RefusalCode code)
    {
        var rest = new List<T>();
        await RefusedAsync(code);
        return rest;

        async Task RefusedAsync(RefusalCode expected) => await Waiting.RefusedAsync(
            async () =>
            {
                while (await _items.MoveNextAsync())
                    rest.Add(_items.Current);
            },
            expected);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        try
        {
            await _items.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // The test is done with it.
        }

        _closing.Dispose();
    }
}

/// <summary>No wait without an end, and an end that says what did not come; and what a refusal looks like from outside.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        await ((Task)task).Within(what);
        return await task;
    }

    public static async Task Within(this Task task, string what)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"Waited {Limit.TotalSeconds} s for {what}, which did not come.");
        }
    }

    /// <summary>The call is refused: code, status and details are those of the contract.</summary>
    public static async Task<RpcException> RefusedAsync(Func<Task> call, RefusalCode code, string? field = null)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call().Within($"a refusal {code}"));
        var info = error.FindDetail<ErrorInfo>();
        Assert.True(
            info is not null && info.Reason == RefusalCodes.Name(code),
            $"expected {code}, got {info?.Reason} ({error.Code}: {error.Detail}) at {FieldOf(error)}");
        Assert.Equal(RefusalStatus.CodeOf(code), error.Code);
        Assert.Equal("healthgrains", info!.Domain);
        Assert.Equal(((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture), info.Metadata["number"]);
        if (field is not null)
            Assert.Equal(field, FieldOf(error));
        return error;
    }

    private static string FieldOf(RpcException error) =>
        error.FindDetail<BadRequest>() is { FieldViolations.Count: > 0 } bad ? bad.FieldViolations[0].Field : "";
}
