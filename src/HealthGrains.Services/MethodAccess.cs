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

    /// <summary>The person's side, and professionals whom the record may know to act for the person: the turn tells the others
    /// that their kind may not.</summary>
    ActingForPatient = PatientSide | Professional,

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
        ["DocumentExchange.Submit"] = CallerKinds.Producer | CallerKinds.PatientSide,
        ["DocumentExchange.SubmitMany"] = CallerKinds.Producer,
        ["DocumentExchange.Upload"] = CallerKinds.Producer,
        ["DocumentExchange.Withdraw"] = CallerKinds.Producer | CallerKinds.PatientSide,
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
        ["PatientRecords.ListAccesses"] = CallerKinds.ActingForPatient,
        ["PatientRecords.ExportRecord"] = CallerKinds.PatientSide,

        ["Consents.GetConsents"] = CallerKinds.ActingForPatient,
        ["Consents.OpenRecord"] = CallerKinds.PatientSide,
        ["Consents.CloseRecord"] = CallerKinds.PatientSide,
        ["Consents.AuthorizeProfessional"] = CallerKinds.ActingForPatient,
        ["Consents.RevokeAuthorization"] = CallerKinds.ActingForPatient,
        ["Consents.BlockProfessional"] = CallerKinds.ActingForPatient,
        ["Consents.UnblockProfessional"] = CallerKinds.ActingForPatient,
        ["Consents.SetEmergencyAccess"] = CallerKinds.ActingForPatient,
        ["Consents.SetPurposeConsent"] = CallerKinds.PatientSide,
        ["Consents.GetPreferences"] = CallerKinds.PatientSide,
        ["Consents.SetPreferences"] = CallerKinds.PatientSide,
        ["Consents.SetAdministrator"] = CallerKinds.PatientSide,
        ["Consents.SetAttendingPhysician"] = CallerKinds.Operator,
        ["Consents.AddDelegate"] = CallerKinds.PatientSide | CallerKinds.Operator,
        ["Consents.RevokeDelegate"] = CallerKinds.ActingForPatient | CallerKinds.Operator,
        ["Consents.AnswerDelegation"] = CallerKinds.Delegate | CallerKinds.Professional,
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
        ["Operations.AddAlias"] = CallerKinds.Operator,
        ["Operations.AnnounceRecord"] = CallerKinds.Operator,
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
