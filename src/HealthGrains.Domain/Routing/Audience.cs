using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Routing;

/// <summary>Who is to be told, decided with the change itself: the professionals who follow and may know at that moment.</summary>
/// <remarks>The patient is told through the record's own feed and is not among them.</remarks>
public static class Audience
{
    /// <summary>Professionals to be told of a submission, and what they are told.</summary>
    public static (IReadOnlyList<ProfessionalId> Recipients, ChangeCode Code) ForSubmission(
        PatientState patient, SubmitDocument submission, DocumentEntry? replaced, ChangeKind change, TurnContext turn)
    {
        if (patient.Followers.Count == 0)
            return ([], ChangeCode.DocumentAdded);

        var masked = submission.Metadata.Confidentiality.HasFlag(ConfidentialityLabels.MaskedFromProfessionals);
        return DocumentNews.For(!masked, replaced is null ? null : !replaced.IsMasked, change) is { } code
            ? (Select(patient, submission.Metadata, submission.By, turn), code)
            : ([], ChangeCode.DocumentAdded);
    }

    /// <summary>Professionals to be told of a withdrawal.</summary>
    public static IReadOnlyList<ProfessionalId> ForWithdrawal(
        PatientState patient, DocumentEntry entry, TurnContext turn) =>
        patient.Followers.Count == 0 || entry.IsMasked ? [] : Select(patient, entry.Metadata, entry.Depositor, turn);

    /// <summary>Professionals for whom a document is new, because a mask is lifted.</summary>
    public static IReadOnlyList<ProfessionalId> ForLabels(
        PatientState patient, DocumentEntry entry, ConfidentialityLabels labels, TurnContext turn) =>
        patient.Followers.Count > 0 && entry is { IsMasked: true, Status: DocumentStatus.Approved }
        && !labels.HasFlag(ConfidentialityLabels.MaskedFromProfessionals)
            ? Select(patient, entry.Metadata, entry.Depositor, turn)
            : [];

    private static List<ProfessionalId> Select(
        PatientState patient, DocumentMetadata document, Actor depositor, TurnContext turn)
    {
        var recipients = new List<ProfessionalId>(patient.Followers.Count);
        foreach (var follower in patient.Followers.Values)
        {
            if (AccessDecision.ForRecord(patient, follower.Reader, turn).IsAllowed
                && (turn.Matrix.Allows(follower.Reader.Profession, document.TypeCode)
                    || DocumentEntry.IsOwnOf(document, depositor, follower.Reader.Id)))
                recipients.Add(follower.Reader.Id);
        }

        return recipients;
    }
}
