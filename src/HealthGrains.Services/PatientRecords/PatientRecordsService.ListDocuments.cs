using System.Buffers.Binary;
using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Paging;

namespace HealthGrains.Services.PatientRecords;

internal sealed partial class PatientRecordsService
{
    private const int PlaceBytes = sizeof(long) + sizeof(int);

    /// <summary>A page of the index. Rights are decided anew for each page; the token only says where to go on.</summary>
    private async Task<Wire.ListDocumentsResponse> ListDocumentsAsync(
        Wire.ListDocumentsRequest request, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.ForReading(session, request.Patient, request.Access, context.Identity);
        var filter = ReadFilter(request, target.By);
        var pageSize = PageSizes.Of(request.PageSize);
        var after = request.PageToken.Length == 0 ? (PagePlace?)null : OpenPlace(request.PageToken, Question());

        var page = await context.AskAsync(target.Journal, new ListDocuments(filter, after, pageSize, target.By) { Entrance = target.Entrance }, ct);
        var response = new Wire.ListDocumentsResponse
        {
            NextPageToken = page.Next is { } next ? MakePlace(next, Question()) : "",
            Relevance = filter.OnlyRelevant
                ? Wire.ListDocumentsRequest.Types.Relevance.Relevant
                : Wire.ListDocumentsRequest.Types.Relevance.All,
            LeftOut = page.LeftOut,
            Sequence = page.Sequence,
        };
        foreach (var view in page.Documents)
            response.Documents.Add(context.Documents.ToWire(view, target.Patient));
        return response;

        // Most lists have one page and need none.
        byte[] Question() => PageTokens.Question("ListDocuments", session.Caller.Key, FilterBytes(request));
    }

    private static DocumentFilter ReadFilter(Wire.ListDocumentsRequest request, Actor by)
    {
        CheckCount(request.TypeCodes.Count, ServiceLimits.TypeCodesMax, "type_codes");
        CheckCount(request.ClassCodes.Count, ServiceLimits.ClassCodesMax, "class_codes");
        CheckCount(request.Statuses.Count, ServiceLimits.StatusesMax, "statuses");
        return new DocumentFilter
        {
            TypeCodes = request.TypeCodes,
            ClassCodes = request.ClassCodes,
            CreatedAfter = WireTimes.Read(request.CreatedAfter, "created_after"),
            CreatedBefore = WireTimes.Read(request.CreatedBefore, "created_before"),
            Statuses = ReadStatuses(request.Statuses),
            OnlyRelevant = request.Relevance switch
            {
                Wire.ListDocumentsRequest.Types.Relevance.Relevant => true,
                Wire.ListDocumentsRequest.Types.Relevance.All => false,
                Wire.ListDocumentsRequest.Types.Relevance.Unspecified => by.Kind == ActorKind.Professional,
                _ => throw RefusalStatus.Of(
                    new Refusal(RefusalCode.MetadataInvalid, "This kind of relevance is not known.", "relevance")),
            },
        };
    }

    // A withdrawn document is never listed, whatever the filter says; a filter of nothing else lists nothing.
    private static List<DocumentStatus> ReadStatuses(IReadOnlyList<Wire.DocumentStatus> stated)
    {
        var statuses = new List<DocumentStatus>(stated.Count);
        for (var i = 0; i < stated.Count; i++)
        {
            statuses.Add(stated[i] switch
            {
                Wire.DocumentStatus.Unspecified or Wire.DocumentStatus.Approved => DocumentStatus.Approved,
                Wire.DocumentStatus.Deprecated => DocumentStatus.Deprecated,
                Wire.DocumentStatus.Archived => DocumentStatus.Archived,
                Wire.DocumentStatus.Deleted => DocumentStatus.Deleted,
                _ => throw RefusalStatus.Of(
                    new Refusal(RefusalCode.MetadataInvalid, "This status is not known.", $"statuses[{i}]")),
            });
        }

        return statuses;
    }

    private static void CheckCount(int count, int max, string field)
    {
        if (count > max)
            throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, $"At most {max} of these are taken.", field));
    }

    private static byte[] FilterBytes(Wire.ListDocumentsRequest request)
    {
        var filter = request.Clone();
        filter.PageToken = "";
        filter.PageSize = 0;
        return filter.ToByteArray();
    }

    private string MakePlace(PagePlace place, byte[] question)
    {
        Span<byte> bytes = stackalloc byte[PlaceBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, place.CreatedAtTicks);
        BinaryPrimitives.WriteInt32BigEndian(bytes[sizeof(long)..], place.Ordinal);
        return context.PageTokens.Make(question, bytes);
    }

    private PagePlace OpenPlace(string token, byte[] question)
    {
        Span<byte> bytes = stackalloc byte[PlaceBytes];
        context.PageTokens.Open(token, question, bytes);
        return new PagePlace(
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[sizeof(long)..]));
    }
}
