using System.Buffers.Binary;
using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Paging;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    /// <summary>Who saw what, and who tried: newest first, by pages.</summary>
    private async Task<Wire.ListAccessesResponse> ListAccessesAsync(
        Wire.ListAccessesRequest request, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.Of(session, request.Patient, null, context.Identity);
        var from = WireTimes.Read(request.From, "from");
        var to = WireTimes.Read(request.To, "to");
        var pageSize = PageSizes.Of(request.PageSize);
        var filter = request.Clone();
        filter.PageToken = "";
        filter.PageSize = 0;
        var question = PageTokens.Question("ListAccesses", session.Caller.Key, filter.ToByteArray());
        var before = request.PageToken.Length == 0 ? (int?)null : OpenSequence(request.PageToken, question);
        if (request.Group is < Wire.AccessTrace.Types.Group.Unspecified or > Wire.AccessTrace.Types.Group.ServiceTiers)
            throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "This group is not known.", "group"));

        var page = await context.AskAsync(
            target.Journal,
            new ListAccesses(from, to, before, pageSize)
            {
                By = target.By,
                Only = request.Group == Wire.AccessTrace.Types.Group.Unspecified
                    ? null
                    : action => RecordMapping.GroupOf(action) == request.Group,
            },
            ct);
        var response = new Wire.ListAccessesResponse();
        foreach (var access in page.Accesses)
            response.Traces.Add(RecordMapping.ToWire(access));
        if (page.Next is { } next)
            response.NextPageToken = MakeSequence(next, question);
        return response;
    }

    private string MakeSequence(int sequence, byte[] question)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, sequence);
        return context.PageTokens.Make(question, bytes);
    }

    private int OpenSequence(string token, byte[] question)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        context.PageTokens.Open(token, question, bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }
}
