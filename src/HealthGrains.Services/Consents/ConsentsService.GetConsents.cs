using HealthGrains.Domain.Consent;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

internal sealed partial class ConsentsService
{
    /// <summary>The whole consent state.</summary>
    private async Task<Wire.GetConsentsResponse> GetConsentsAsync(
        Wire.GetConsentsRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var view = await context.AskAsync(target.Journal, new GetConsents(request.IncludeEnded) { By = target.By }, ct);
        return ConsentMapping.ToWire(view, ActorMapping.ToWire(target.Patient));
    }
}
