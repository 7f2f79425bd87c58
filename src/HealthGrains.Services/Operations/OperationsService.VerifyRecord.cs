using HealthGrains.Domain.Access;
using HealthGrains.Grains;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Operations;

internal sealed partial class OperationsService
{
    /// <summary>Re-reads what is stored, on the running server, and names the first place that does not fit.</summary>
    /// <remarks>A store is verified in one go: no answer has a token to go on with.</remarks>
    private async Task<Wire.VerifyRecordResponse> VerifyRecordAsync(
        Wire.VerifyRecordRequest request, RpcCall call, CancellationToken ct)
    {
        if (request.PageToken.Length > 0)
            throw Invalid("Not a token of this server.", "page_token");
        if (request.MaxEntries < 0)
            throw Invalid("A count is not negative.", "max_entries");
        JournalId? journal = request.ScopeCase switch
        {
            Wire.VerifyRecordRequest.ScopeOneofCase.Patient =>
                GrainIds.Of(RecordTarget.PatientOf(request.Patient, context.Identity)),
            Wire.VerifyRecordRequest.ScopeOneofCase.Everything when request.Everything => null,
            _ => throw Invalid("One patient, or everything, must be named.", "patient"),
        };

        var report = await new ContentVerifier(context.Store, context.Contents).VerifyAsync(journal, null, ct);
        if (journal is { } record)
            await TraceAsync(record, AccessAction.SupportVerify, call, ct);
        var response = new Wire.VerifyRecordResponse
        {
            Journals = report.Journals,
            Entries = report.Entries,
            Contents = report.Contents,
        };
        if (report.FirstDamage is { } damage)
        {
            ServicesLog.DamageFound(context.Log, damage.Shard, damage.Position, damage.Version, damage.What);
            response.FirstBad = new Wire.BadPlace
            {
                Journal = damage.Journal is { } bad ? context.Pseudonyms.Of(bad) : "",
                Version = damage.Version,
                Shard = damage.Shard,
                Position = damage.Position,
                Reason = DamageReasons.Of(damage),
            };
        }

        return response;
    }
}
