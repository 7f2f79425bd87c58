using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;

namespace HealthGrains.Grains.Patients;

/// <summary>The stored form of a submission and its metadata.</summary>
internal static class DocumentCodec
{
    public static StoredDocumentSubmitted Store(DocumentSubmitted submitted)
    {
        var stored = new StoredDocumentSubmitted
        {
            DocumentId = Stored.Id(submitted.DocumentId),
            Metadata = Store(submitted.Metadata),
            ClassCode = submitted.ClassCode,
            Size = submitted.Size,
            Sha256 = Stored.Hash(submitted.Sha256),
            Change = (int)submitted.Change,
            Feeding = (int)submitted.Feeding,
            SecretSession = submitted.SecretSession,
            TwinOf = submitted.TwinOf?.ToString() ?? "",
        };
        if (submitted.BodySha256 is { } body)
            stored.BodySha256 = Stored.Hash(body);
        if (submitted.Covers is { } covers)
            stored.Covers = (int)covers;
        if (submitted.Upload is { } upload)
            stored.UploadId = Stored.Id(upload);
        if (submitted.Replaces is { } replaced)
            stored.Replaces = Stored.Id(replaced);
        if (submitted.InsQualifiedAt is { } qualified)
            stored.InsQualifiedAt = Stored.Time(qualified);
        if (submitted.Traits is { } traits)
        {
            stored.Traits = new StoredTraits
            {
                BirthName = traits.BirthName,
                FirstName = traits.FirstName,
                Sex = traits.Sex,
                BirthDate = traits.BirthDate,
            };
        }

        foreach (var recipient in submitted.Recipients)
            stored.Recipients.Add(recipient.ToString());
        stored.RecipientsCode = submitted.Recipients.Count == 0 ? 0 : (int)submitted.RecipientsCode;
        return stored;
    }

    public static DocumentSubmitted Restore(DateTimeOffset at, Actor by, StoredDocumentSubmitted stored) =>
        new(at, by, Stored.Id(stored.DocumentId), Restore(stored.Metadata))
        {
            ClassCode = stored.ClassCode,
            Size = stored.Size,
            Sha256 = Stored.Hash(stored.Sha256),
            Upload = stored.UploadId.IsEmpty ? null : Stored.Upload(stored.UploadId),
            BodySha256 = stored.BodySha256.IsEmpty ? null : Stored.Hash(stored.BodySha256),
            Replaces = Stored.OptionalId(stored.Replaces),
            Change = Stored.Enumerated<ChangeKind>(stored.Change),
            Covers = stored.HasCovers ? Stored.Labels(stored.Covers) : null,
            Feeding = Stored.Enumerated<FeedingOpposition>(stored.Feeding),
            InsQualifiedAt = stored.HasInsQualifiedAt ? Stored.Time(stored.InsQualifiedAt) : null,
            SecretSession = stored.SecretSession,
            TwinOf = stored.TwinOf.Length == 0 ? null : UniqueId.Parse(stored.TwinOf),
            Traits = stored.Traits is { } traits
                ? new PatientTraits(traits.BirthName, traits.FirstName, traits.Sex, traits.BirthDate)
                : null,
            Recipients = Professionals(stored.Recipients),
            RecipientsCode = stored.RecipientsCode == 0
                ? ChangeCode.DocumentAdded
                : Stored.Enumerated<ChangeCode>(stored.RecipientsCode),
        };

    public static IReadOnlyList<ProfessionalId> Professionals(IReadOnlyCollection<string> stored) =>
        stored.Count == 0 ? [] : [.. stored.Select(ProfessionalId.Parse)];

    private static StoredMetadata Store(DocumentMetadata metadata)
    {
        var stored = new StoredMetadata
        {
            UniqueId = metadata.UniqueId.ToString(),
            Title = metadata.Title,
            TypeCode = metadata.TypeCode,
            FormatCode = metadata.FormatCode,
            MimeType = metadata.MimeType,
            LanguageCode = metadata.LanguageCode,
            PracticeSettingCode = metadata.PracticeSettingCode,
            FacilityTypeCode = metadata.FacilityTypeCode,
            CreatedAt = Stored.Time(metadata.CreatedAt),
            Confidentiality = (int)metadata.Confidentiality,
            Comments = metadata.Comments,
        };
        if (metadata.ServiceStart is { } start)
            stored.ServiceStart = Stored.Time(start);
        if (metadata.ServiceStop is { } stop)
            stored.ServiceStop = Stored.Time(stop);
        foreach (var author in metadata.Authors)
            stored.Authors.Add(Store(author));
        if (metadata.LegalAuthenticator is { } authenticator)
            stored.LegalAuthenticator = Store(authenticator);
        stored.EventCodes.AddRange(metadata.EventCodes);
        stored.ReferenceIds.AddRange(metadata.ReferenceIds);
        return stored;
    }

    // Codes recur in millions of entries: one string each is enough. Names and titles do not recur.
    private static DocumentMetadata Restore(StoredMetadata? stored)
    {
        if (stored is null)
            throw new FormatException("A submission has metadata.");
        return new DocumentMetadata
        {
            UniqueId = UniqueId.Parse(stored.UniqueId),
            Title = stored.Title,
            TypeCode = Interned.Text(stored.TypeCode),
            FormatCode = Interned.Text(stored.FormatCode),
            MimeType = Interned.Text(stored.MimeType),
            LanguageCode = Interned.Text(stored.LanguageCode),
            PracticeSettingCode = Interned.Text(stored.PracticeSettingCode),
            FacilityTypeCode = Interned.Text(stored.FacilityTypeCode),
            CreatedAt = Stored.Time(stored.CreatedAt),
            ServiceStart = stored.HasServiceStart ? Stored.Time(stored.ServiceStart) : null,
            ServiceStop = stored.HasServiceStop ? Stored.Time(stored.ServiceStop) : null,
            Authors = [.. stored.Authors.Select(Restore)],
            LegalAuthenticator = stored.LegalAuthenticator is { } authenticator ? Restore(authenticator) : null,
            Confidentiality = Stored.Labels(stored.Confidentiality),
            EventCodes = stored.EventCodes.Count == 0 ? [] : [.. stored.EventCodes],
            ReferenceIds = stored.ReferenceIds.Count == 0 ? [] : [.. stored.ReferenceIds],
            Comments = stored.Comments,
        };
    }

    private static StoredAuthor Store(Author author) => new()
    {
        Id = author.Id,
        Name = author.Name,
        OrganizationId = author.OrganizationId,
        OrganizationName = author.OrganizationName,
        Role = author.Role,
        Specialty = author.Specialty,
        Kind = (int)author.Kind,
    };

    private static Author Restore(StoredAuthor stored) => new(
        stored.Id,
        stored.Name,
        stored.OrganizationId,
        stored.OrganizationName,
        stored.Role,
        stored.Specialty,
        Stored.Enumerated<AuthorKind>(stored.Kind));
}
