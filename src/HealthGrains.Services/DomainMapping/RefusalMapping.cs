using HealthGrains.Domain.Refusals;

namespace HealthGrains.Services.DomainMapping;

/// <summary>A refusal as an item of a stream: the same facts as the status of a call.</summary>
internal static class RefusalMapping
{
    public static Wire.Refusal ToWire(Refusal refusal)
    {
        var wire = new Wire.Refusal
        {
            Code = refusal.Name,
            Message = refusal.Message,
            Retryable = refusal.Retryable,
        };
        var fields = RefusalStatus.FieldsOf(refusal);
        for (var i = 0; i < fields.Count; i++)
        {
            if (i == 0)
                wire.Field = fields[i];
            else
                wire.OtherFields.Add(fields[i]);
        }

        RefusalStatus.AddFacts(wire.Details, refusal);
        return wire;
    }
}
