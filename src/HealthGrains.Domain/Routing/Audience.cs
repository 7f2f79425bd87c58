using HealthGrains.Domain.Access;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Routing;

/// <summary>Who is to be told, decided with the change itself: the professionals who follow and may know at that moment.</summary>
/// <remarks>The patient is told through the record's own feed and is not among them.</remarks>
public static class Audience
{
    /// <summary>Professionals to be told of a submission, and what they are told.</summary>
    public static (IReadOnlyList<ProfessionalId> Recipients, ChangeCode Code) ForSubmission(
        PatientState patient, SubmitDocument submission, DocumentEntry? replaced, ChangeKind change, DateTimeOffset now)
    {
        if (patient.Followers.Count == 0)
            return ([], ChangeCode.DocumentAdded);

        var masked = submission.Metadata.Confidentiality.HasFlag(ConfidentialityLabels.MaskedFromProfessionals);
        return DocumentNews.For(!masked, replaced is null ? null : !replaced.IsMasked, change) is { } code
            ? (Select(patient, now), code)
            : ([], ChangeCode.DocumentAdded);
    }

    /// <summary>Professionals to be told of a withdrawal.</summary>
    public static IReadOnlyList<ProfessionalId> ForWithdrawal(
        PatientState patient, DocumentEntry entry, DateTimeOffset now) =>
        patient.Followers.Count == 0 || entry.IsMasked ? [] : Select(patient, now);

    private static List<ProfessionalId> Select(PatientState patient, DateTimeOffset now)
    {
        var recipients = new List<ProfessionalId>(patient.Followers.Count);
        foreach (var follower in patient.Followers.Values)
        {
            if (AccessDecision.ForRecord(patient, follower.Reader, now).IsAllowed)
                recipients.Add(follower.Reader.Id);
        }

        return recipients;
    }
}
