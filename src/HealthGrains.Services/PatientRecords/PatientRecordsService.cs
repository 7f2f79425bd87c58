using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.PatientRecords;

/// <summary>Reading a record. Every call passes through the patient's own turn. One RPC a file.</summary>
internal sealed partial class PatientRecordsService(ServiceContext context)
{
    public RpcService Bind() => new ServiceBinder(Wire.PatientRecordsReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.GetRecordRequest, Wire.GetRecordResponse>("GetRecord", GetRecordAsync)
        .Unary<Wire.ListDocumentsRequest, Wire.ListDocumentsResponse>("ListDocuments", ListDocumentsAsync)
        .Unary<Wire.GetDocumentRequest, Wire.Document>("GetDocument", GetDocumentAsync)
        .ServerStreaming<Wire.ReadContentRequest, Wire.ContentChunk>("ReadContent", ReadContentAsync)
        .Unary<Wire.ChangesSinceRequest, Wire.ChangesSinceResponse>("ChangesSince", ChangesSinceAsync)
        .ServerStreaming<Wire.WatchRequest, Wire.RecordChange>(
            "Watch", WatchAsync, new RpcMethodOptions { EndsOnDrain = true })
        .Unary<Wire.SetConfidentialityRequest, Wire.SetConfidentialityResponse>("SetConfidentiality", SetConfidentialityAsync)
        .Unary<Wire.SetMaskingRequest, Wire.SetMaskingResponse>("SetMasking", SetMaskingAsync)
        .Unary<Wire.ListAccessesRequest, Wire.ListAccessesResponse>("ListAccesses", ListAccessesAsync)
        .ServerStreaming<Wire.ExportRecordRequest, Wire.ExportChunk>("ExportRecord", ExportRecordAsync)
        .Service;

    private static DocumentId ReadDocumentId(string text) => DocumentId.TryParse(text, out var id)
        ? id
        : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a document id.", "document_id"));

    private static UniqueId ReadUniqueId(string text) => UniqueId.TryParse(text, out var id)
        ? id
        : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a unique id.", "unique_id"));

    private static readonly Refusal NoDocumentNamed =
        new(RefusalCode.MetadataInvalid, "The document must be named by one of its ids.", "document_id");
}
