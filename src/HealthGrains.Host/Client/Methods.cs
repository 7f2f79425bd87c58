using HealthGrains.Contracts.V1;

namespace HealthGrains.Host.Client;

/// <summary>Paths of the methods that the command line calls.</summary>
internal static class Methods
{
    public static readonly string Submit = Path(DocumentExchangeReflection.Descriptor, "DocumentExchange", "Submit");
    public static readonly string SubmitMany = Path(DocumentExchangeReflection.Descriptor, "DocumentExchange", "SubmitMany");
    public static readonly string Upload = Path(DocumentExchangeReflection.Descriptor, "DocumentExchange", "Upload");
    public static readonly string ChangesSince = Path(PatientRecordsReflection.Descriptor, "PatientRecords", "ChangesSince");
    public static readonly string Watch = Path(PatientRecordsReflection.Descriptor, "PatientRecords", "Watch");
    public static readonly string OpenRecord = Path(ConsentsReflection.Descriptor, "Consents", "OpenRecord");
    public static readonly string AuthorizeProfessional = Path(ConsentsReflection.Descriptor, "Consents", "AuthorizeProfessional");
    public static readonly string GetConsents = Path(ConsentsReflection.Descriptor, "Consents", "GetConsents");
    public static readonly string CloseRecord = Path(ConsentsReflection.Descriptor, "Consents", "CloseRecord");
    public static readonly string RevokeAuthorization = Path(ConsentsReflection.Descriptor, "Consents", "RevokeAuthorization");
    public static readonly string BlockProfessional = Path(ConsentsReflection.Descriptor, "Consents", "BlockProfessional");
    public static readonly string UnblockProfessional = Path(ConsentsReflection.Descriptor, "Consents", "UnblockProfessional");
    public static readonly string SetEmergencyAccess = Path(ConsentsReflection.Descriptor, "Consents", "SetEmergencyAccess");
    public static readonly string GetDocument = Path(PatientRecordsReflection.Descriptor, "PatientRecords", "GetDocument");
    public static readonly string SetConfidentiality = Path(PatientRecordsReflection.Descriptor, "PatientRecords", "SetConfidentiality");
    public static readonly string ExplainAccess = Path(ConsentsReflection.Descriptor, "Consents", "ExplainAccess");
    public static readonly string Follow = Path(InboxReflection.Descriptor, "Inbox", "Follow");
    public static readonly string ReadInbox = Path(InboxReflection.Descriptor, "Inbox", "ReadInbox");
    public static readonly string Acknowledge = Path(InboxReflection.Descriptor, "Inbox", "Acknowledge");
    public static readonly string WatchInbox = Path(InboxReflection.Descriptor, "Inbox", "WatchInbox");
    public static readonly string GetStatus = Path(OperationsReflection.Descriptor, "Operations", "GetStatus");
    public static readonly string ListStalledDeliveries = Path(OperationsReflection.Descriptor, "Operations", "ListStalledDeliveries");
    public static readonly string RedriveDeliveries = Path(OperationsReflection.Descriptor, "Operations", "RedriveDeliveries");
    public static readonly string VerifyRecord = Path(OperationsReflection.Descriptor, "Operations", "VerifyRecord");

    // A method that the contract does not have is found when the program starts, not by its first user.
    private static string Path(Google.Protobuf.Reflection.FileDescriptor file, string service, string method)
    {
        var found = file.Services.Single(s => s.Name == service).FindMethodByName(method)
            ?? throw new InvalidOperationException($"{service} has no method {method}.");
        return $"/{found.Service.FullName}/{found.Name}";
    }
}
