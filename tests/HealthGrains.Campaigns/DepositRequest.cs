using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;

namespace HealthGrains.Campaigns;

/// <summary>A submission as campaigns make it: a small report, visible to all, by one author.</summary>
internal static class DepositRequest
{
    /// <summary>When everything that is deposited was written.</summary>
    public static readonly Timestamp Then = Timestamp.FromDateTime(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    public static SubmitRequest Of(Patient patient, string uniqueId, byte[] content, string author, string organization)
    {
        var wrote = new Author
        {
            Id = author,
            Name = "Campagne Essai",
            OrganizationId = organization,
            OrganizationName = "Laboratoire d'essai",
            Kind = Author.Types.Kind.Professional,
            Specialty = "G15_10/SM26",
        };
        return new SubmitRequest
        {
            Patient = patient,
            Content = UnsafeByteOperations.UnsafeWrap(content),
            InsQualified = true,
            InsQualifiedAt = Then,
            FeedingOpposition = FeedingOpposition.Ino,
            Metadata = new DocumentMetadata
            {
                UniqueId = uniqueId,
                Title = "Compte rendu d'essai",
                TypeCode = "11502-2",
                FormatCode = "urn:ihe:iti:xds-sd:text:2008",
                MimeType = "text/plain",
                LanguageCode = "fr-FR",
                PracticeSettingCode = "AMBULATOIRE",
                FacilityTypeCode = "SA25",
                CreatedAt = Then,
                ServiceStart = Then,
                Authors = { wrote },
                LegalAuthenticator = wrote,
                Confidentiality = { Confidentiality.Normal },
            },
        };
    }
}
