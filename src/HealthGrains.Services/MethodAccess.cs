using System.Collections.Frozen;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Services;

/// <summary>Kinds of callers, as a set.</summary>
[Flags]
public enum CallerKinds
{
    None = 0,
    Patient = 1,
    Professional = 2,
    Producer = 4,
    Delegate = 8,
    Operator = 16,

    /// <summary>The person and who acts for him or her.</summary>
    PatientSide = Patient | Delegate,

    /// <summary>Whoever reads records.</summary>
    Readers = PatientSide | Professional,
}

/// <summary>Who may call what: one table, deny by default.</summary>
/// <remarks>A row lets a kind of caller in; what this very caller may see or do is decided in the patient's turn. A method
/// without a row does not start the server, and a test walks the descriptors. Methods that are not served yet have their
/// rows already.</remarks>
public static class MethodAccess
{
    private const string Package = "healthgrains.v1.";

    private static readonly FrozenDictionary<string, CallerKinds> Rows = new Dictionary<string, CallerKinds>
    {
        ["DocumentExchange.Submit"] = CallerKinds.Producer | CallerKinds.Patient,
        ["DocumentExchange.SubmitMany"] = CallerKinds.Producer,
        ["DocumentExchange.Upload"] = CallerKinds.Producer,
        ["DocumentExchange.Withdraw"] = CallerKinds.Producer | CallerKinds.Patient,
        ["DocumentExchange.TrackDelivery"] = CallerKinds.Producer,
        ["DocumentExchange.Reconcile"] = CallerKinds.Producer,

        ["PatientRecords.GetRecord"] = CallerKinds.Readers,
        ["PatientRecords.ListDocuments"] = CallerKinds.Readers,
        ["PatientRecords.GetDocument"] = CallerKinds.Readers,
        ["PatientRecords.ReadContent"] = CallerKinds.Readers,
        ["PatientRecords.ChangesSince"] = CallerKinds.Readers,
        ["PatientRecords.Watch"] = CallerKinds.Readers,
        ["PatientRecords.SetConfidentiality"] = CallerKinds.Readers,
        ["PatientRecords.SetMasking"] = CallerKinds.PatientSide,
        ["PatientRecords.ListAccesses"] = CallerKinds.PatientSide,
        ["PatientRecords.ExportRecord"] = CallerKinds.Patient,

        ["Consents.GetConsents"] = CallerKinds.PatientSide,
        ["Consents.OpenRecord"] = CallerKinds.Patient,
        ["Consents.CloseRecord"] = CallerKinds.Patient,
        ["Consents.AuthorizeProfessional"] = CallerKinds.PatientSide,
        ["Consents.RevokeAuthorization"] = CallerKinds.PatientSide,
        ["Consents.BlockProfessional"] = CallerKinds.PatientSide,
        ["Consents.UnblockProfessional"] = CallerKinds.PatientSide,
        ["Consents.SetEmergencyAccess"] = CallerKinds.PatientSide,
        ["Consents.SetPurposeConsent"] = CallerKinds.PatientSide,
        ["Consents.GetPreferences"] = CallerKinds.PatientSide,
        ["Consents.SetPreferences"] = CallerKinds.PatientSide,
        ["Consents.SetAdministrator"] = CallerKinds.PatientSide,
        ["Consents.SetAttendingPhysician"] = CallerKinds.Operator,
        ["Consents.AddDelegate"] = CallerKinds.Patient,
        ["Consents.RevokeDelegate"] = CallerKinds.PatientSide,
        ["Consents.ExplainAccess"] = CallerKinds.Readers,

        ["Inbox.Follow"] = CallerKinds.Professional,
        ["Inbox.Unfollow"] = CallerKinds.Professional,
        ["Inbox.ReadInbox"] = CallerKinds.Professional,
        ["Inbox.Acknowledge"] = CallerKinds.Professional,
        ["Inbox.WatchInbox"] = CallerKinds.Professional,

        ["Operations.GetStatus"] = CallerKinds.Operator,
        ["Operations.ListStalledDeliveries"] = CallerKinds.Operator,
        ["Operations.RedriveDeliveries"] = CallerKinds.Operator,
        ["Operations.VerifyRecord"] = CallerKinds.Operator,
        ["Operations.TailLog"] = CallerKinds.Operator,
    }.ToFrozenDictionary(row => Package + row.Key, row => row.Value, StringComparer.Ordinal);

    /// <summary>Who may call a method, by its full name as in <c>healthgrains.v1.Inbox.Follow</c>.</summary>
    /// <returns>Null when it has no row.</returns>
    public static CallerKinds? Of(string fullName) => Rows.TryGetValue(fullName, out var kinds) ? kinds : null;

    public static IEnumerable<string> Methods => Rows.Keys;

    internal static CallerKinds Set(CallerKind kind) => kind switch
    {
        CallerKind.Patient => CallerKinds.Patient,
        CallerKind.Professional => CallerKinds.Professional,
        CallerKind.Producer => CallerKinds.Producer,
        CallerKind.Delegate => CallerKinds.Delegate,
        CallerKind.Operator => CallerKinds.Operator,
        _ => CallerKinds.None,
    };
}
