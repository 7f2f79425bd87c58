namespace HealthGrains.LoadTests.Scenarios;

/// <summary>Paths of the methods that are called.</summary>
internal static class Methods
{
    public const string HealthCheck = "/grpc.health.v1.Health/Check";
    public const string Submit = "/healthgrains.v1.DocumentExchange/Submit";
    public const string SubmitMany = "/healthgrains.v1.DocumentExchange/SubmitMany";
    public const string GetRecord = "/healthgrains.v1.PatientRecords/GetRecord";
    public const string ListDocuments = "/healthgrains.v1.PatientRecords/ListDocuments";
    public const string ReadContent = "/healthgrains.v1.PatientRecords/ReadContent";
    public const string ChangesSince = "/healthgrains.v1.PatientRecords/ChangesSince";
    public const string Watch = "/healthgrains.v1.PatientRecords/Watch";
    public const string OpenRecord = "/healthgrains.v1.Consents/OpenRecord";
    public const string AuthorizeProfessional = "/healthgrains.v1.Consents/AuthorizeProfessional";
    public const string RevokeAuthorization = "/healthgrains.v1.Consents/RevokeAuthorization";
    public const string Follow = "/healthgrains.v1.Inbox/Follow";
    public const string ReadInbox = "/healthgrains.v1.Inbox/ReadInbox";
    public const string WatchInbox = "/healthgrains.v1.Inbox/WatchInbox";
}
