using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.DocumentExchange;

internal sealed partial class DocumentExchangeService
{
    private static readonly Refusal NotQualified = new(
        RefusalCode.InsNotQualified, "Only a qualified INS is taken: confirmed, and checked on the person.", "ins_qualified");

    /// <summary>Withdraws the head of a chain, for good.</summary>
    private async Task<Wire.WithdrawResponse> WithdrawAsync(
        Wire.WithdrawRequest request, RpcCall call, CancellationToken ct)
    {
        var session = CallerSession.Of(call);
        var target = RecordTarget.Of(session, request.Patient, null, context.Identity);
        if (!target.By.IsPatientSide)
        {
            if (!request.InsQualified)
                throw RefusalStatus.Of(NotQualified);
            var qualified = WireTimes.Read(request.InsQualifiedAt, "ins_qualified_at");
            if (qualified is null || qualified > context.Now + context.Dependencies.Policy.SubmitMaxClockSkew)
            {
                throw RefusalStatus.Of(new Refusal(
                    RefusalCode.MetadataInvalid, "When the INS was qualified must be stated.", "ins_qualified_at"));
            }
        }

        var document = ReadUniqueId(request.UniqueId, "unique_id");
        var twin = request.TwinOf.Length == 0 ? (UniqueId?)null : ReadUniqueId(request.TwinOf, "twin_of");
        if (TextRules.CheckLines(request.Reason, ServiceLimits.ReasonCharsMax, "reason") is { } refusal)
            throw RefusalStatus.Of(refusal);

        var answer = await context.AskAsync(
            target.Journal, new WithdrawDocument(document, twin, request.Reason, target.By), ct);
        return new Wire.WithdrawResponse
        {
            DocumentId = answer.DocumentId.ToString(),
            UniqueId = answer.UniqueId.ToString(),
            WithdrawnAt = WireTimes.Of(answer.At),
            AlreadyWithdrawn = answer.AlreadyWithdrawn,
            EntryVersion = answer.EntryVersion,
        };
    }

    private static UniqueId ReadUniqueId(string text, string field) => UniqueId.TryParse(text, out var id)
        ? id
        : throw RefusalStatus.Of(new Refusal(RefusalCode.MetadataInvalid, "Not a unique id.", field));
}
