using Google.Protobuf;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.DomainMapping;

/// <summary>Entries of the index as one caller may see them.</summary>
internal sealed class DocumentMapping(IntakeRules rules)
{
    private const string Superseded = "SUPERSEDED";

    public Wire.Document ToWire(DocumentView view, PatientId patient)
    {
        var entry = view.Entry;
        var wire = new Wire.Document
        {
            DocumentId = entry.Id.ToString(),
            UniqueId = entry.Metadata.UniqueId.ToString(),
            EntryVersion = entry.EntryVersion,
            Patient = ActorMapping.ToWire(patient),
            Metadata = ToWire(entry.Metadata, patient),
            ClassCode = entry.ClassCode,
            Status = ToWire(entry.Status),
            Replaces = view.Replaces?.ToString() ?? "",
            ReplacedBy = view.ReplacedBy?.ToString() ?? "",
            Size = entry.Size,
            Sha256 = UnsafeByteOperations.UnsafeWrap(entry.Sha256.ToArray()),
            SubmittedAt = WireTimes.Of(entry.SubmittedAt),
            Permissions = new Wire.DocumentPermissions
            {
                ReadContent = view.Rights.ReadContent,
                Withdraw = view.Rights.Withdraw,
                Replace = view.Rights.Replace,
            },
            TwinOf = entry.Twin?.ToString() ?? "",
        };
        wire.Warnings.Add(view.Warnings);
        if (view.ReplacedBy is not null)
            wire.Warnings.Add(Superseded);
        if (!rules.IsKnownFormat(entry.Metadata.FormatCode))
            wire.Warnings.Add(IntakeWarnings.FormatUnknown);
        if (entry.Metadata.ServiceStart > entry.Metadata.CreatedAt || entry.Metadata.ServiceStop < entry.Metadata.ServiceStart)
            wire.Warnings.Add(IntakeWarnings.TimesOutOfOrder);
        return wire;
    }

    public static Wire.DocumentStatus ToWire(DocumentStatus status) => status switch
    {
        DocumentStatus.Approved => Wire.DocumentStatus.Approved,
        DocumentStatus.Deprecated => Wire.DocumentStatus.Deprecated,
        DocumentStatus.Archived => Wire.DocumentStatus.Archived,
        DocumentStatus.Deleted => Wire.DocumentStatus.Deleted,
        _ => Wire.DocumentStatus.Unspecified,
    };

    private static Wire.DocumentMetadata ToWire(DocumentMetadata metadata, PatientId patient)
    {
        var wire = new Wire.DocumentMetadata
        {
            UniqueId = metadata.UniqueId.ToString(),
            Title = metadata.Title,
            TypeCode = metadata.TypeCode,
            FormatCode = metadata.FormatCode,
            MimeType = metadata.MimeType,
            LanguageCode = metadata.LanguageCode,
            PracticeSettingCode = metadata.PracticeSettingCode,
            FacilityTypeCode = metadata.FacilityTypeCode,
            CreatedAt = WireTimes.Of(metadata.CreatedAt),
            ServiceStart = WireTimes.Of(metadata.ServiceStart),
            ServiceStop = WireTimes.Of(metadata.ServiceStop),
            LegalAuthenticator = metadata.LegalAuthenticator is { } authenticator ? ToWire(authenticator, patient) : null,
            Comments = metadata.Comments,
        };
        foreach (var author in metadata.Authors)
            wire.Authors.Add(ToWire(author, patient));
        wire.EventCodes.Add(metadata.EventCodes);
        wire.ReferenceIds.Add(metadata.ReferenceIds);

        // Level N is in every set; a depositor may leave it out.
        wire.Confidentiality.Add(Wire.Confidentiality.Normal);
        if (metadata.Confidentiality.HasFlag(ConfidentialityLabels.MaskedFromProfessionals))
            wire.Confidentiality.Add(Wire.Confidentiality.MaskedFromProfessionals);
        if (metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromPatient))
            wire.Confidentiality.Add(Wire.Confidentiality.HiddenFromPatient);
        if (metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives))
            wire.Confidentiality.Add(Wire.Confidentiality.HiddenFromRepresentatives);
        return wire;
    }

    private static Wire.Author ToWire(Author author, PatientId patient) => new()
    {
        Id = author.Kind == AuthorKind.Patient ? patient.Number : author.Id,
        Name = author.Name,
        OrganizationId = author.OrganizationId,
        OrganizationName = author.OrganizationName,
        Role = author.Role,
        Specialty = author.Specialty,
        Kind = author.Kind switch
        {
            AuthorKind.Professional => Wire.Author.Types.Kind.Professional,
            AuthorKind.Patient => Wire.Author.Types.Kind.Patient,
            AuthorKind.System => Wire.Author.Types.Kind.System,
            _ => Wire.Author.Types.Kind.Unspecified,
        },
    };
}
