using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace HealthGrains.Services.Admission;

/// <summary>What admission must know of a request before anybody decides on it: whose record it names, whether it is an
/// emergency, whether it takes a right away.</summary>
/// <remarks>Read through the descriptor of the request, so that a method that is added later is admitted by the same rules
/// without a line here.</remarks>
internal sealed class CallUrgency
{
    // What a person changes of his or her own consents is never kept waiting by what else the person asks, and no
    // organisation's share keeps it out.
    private static readonly FrozenSet<string> ReadingConsents =
        new[] { "GetConsents", "GetPreferences", "ExplainAccess" }.ToFrozenSet(StringComparer.Ordinal);

    private readonly FieldDescriptor? _patient;
    private readonly FieldDescriptor? _access;

    public CallUrgency(string service, string method, MessageDescriptor request)
    {
        _patient = FieldOf(request, "patient", Wire.Patient.Descriptor);
        _access = FieldOf(request, "access", Wire.AccessContext.Descriptor);
        ChangesConsent = (service == "Consents" && !ReadingConsents.Contains(method)) || method is "SetConfidentiality" or "SetMasking" or "Withdraw";
    }

    /// <summary>The method changes who may see what.</summary>
    public bool ChangesConsent { get; }

    /// <summary>The patient that a request names, as it was sent; null when it names none.</summary>
    public string? PatientOf(IMessage request) =>
        _patient?.Accessor.GetValue(request) is Wire.Patient patient ? $"{patient.Oid}^{patient.Ins}" : null;

    public bool IsEmergency(IMessage request) =>
        _access?.Accessor.GetValue(request) is Wire.AccessContext
        {
            Mode: Wire.AccessContext.Types.Mode.Emergency or Wire.AccessContext.Types.Mode.RegulationCentre,
        };

    private static FieldDescriptor? FieldOf(MessageDescriptor request, string name, MessageDescriptor type) =>
        request.FindFieldByName(name) is { IsRepeated: false, FieldType: FieldType.Message } field && field.MessageType == type ? field : null;
}
