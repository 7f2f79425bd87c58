using Google.Protobuf;
using Google.Protobuf.Collections;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;

namespace HealthGrains.Services.DomainMapping;

/// <summary>Submissions: what a request states, and the receipt.</summary>
internal static class SubmissionMapping
{
    private const int LabelsMax = 4;

    /// <summary>The statement refers to the request's own bytes and texts: nothing is copied.</summary>
    public static SubmissionStatement ToStatement(Wire.SubmitRequest request) => new()
    {
        Ins = request.Patient?.Ins ?? "",
        InsOid = request.Patient?.Oid ?? "",
        Metadata = request.Metadata is { } metadata ? ToStated(metadata) : StatedMetadata.Nothing,
        Content = request.SourceCase == Wire.SubmitRequest.SourceOneofCase.Content ? request.Content.Memory : null,
        DeclaredSha256 = request.Sha256.Memory,
        Replaces = request.Replaces,
        TwinOf = request.TwinOf,
        Change = request.ChangeKind switch
        {
            Wire.ChangeKind.Unspecified or Wire.ChangeKind.Content => ChangeKind.Content,
            Wire.ChangeKind.ConfidentialityOnly => ChangeKind.ConfidentialityOnly,
            _ => null,
        },
        ValidateOnly = request.ValidateOnly,
        InsQualified = request.InsQualified,
        InsQualifiedAt = WireTimes.Stated(request.InsQualifiedAt),
        Feeding = request.FeedingOpposition switch
        {
            Wire.FeedingOpposition.Ino => FeedingOpposition.NotOpposed,
            Wire.FeedingOpposition.Io => FeedingOpposition.Opposed,
            Wire.FeedingOpposition.Na => FeedingOpposition.NotCollected,
            _ => null,
        },
        SecretSession = request.SecretSession,
    };

    public static Wire.Receipt ToWire(SubmissionReceipt receipt, IReadOnlyList<string> warnings)
    {
        var wire = new Wire.Receipt
        {
            DocumentId = receipt.DocumentId?.ToString() ?? "",
            UniqueId = receipt.UniqueId.ToString(),
            Sha256 = UnsafeByteOperations.UnsafeWrap(receipt.Sha256.ToArray()),
            Size = receipt.Size,
            AcceptedAt = WireTimes.Of(receipt.AcceptedAt),
            AlreadyKnown = receipt.AlreadyKnown,
            ClassCode = receipt.ClassCode,
            Recipients = receipt.Recipients,
            Shard = receipt.Stamp.Shard,
            Position = receipt.Stamp.Position,
        };
        for (var i = 0; i < warnings.Count; i++)
            wire.Warnings.Add(warnings[i]);
        return wire;
    }

    private static StatedMetadata ToStated(Wire.DocumentMetadata metadata) => new()
    {
        UniqueId = metadata.UniqueId,
        Title = metadata.Title,
        TypeCode = metadata.TypeCode,
        FormatCode = metadata.FormatCode,
        MimeType = metadata.MimeType,
        LanguageCode = metadata.LanguageCode,
        PracticeSettingCode = metadata.PracticeSettingCode,
        FacilityTypeCode = metadata.FacilityTypeCode,
        CreatedAt = WireTimes.Stated(metadata.CreatedAt),
        ServiceStart = WireTimes.Stated(metadata.ServiceStart),
        ServiceStop = WireTimes.Stated(metadata.ServiceStop),
        Authors = ToStated(metadata.Authors),
        LegalAuthenticator = metadata.LegalAuthenticator is { } authenticator ? ToStated(authenticator) : null,
        Labels = ToStated(metadata.Confidentiality),
        EventCodes = metadata.EventCodes,
        ReferenceIds = metadata.ReferenceIds,
        Comments = metadata.Comments,
    };

    // One more than is taken is enough to be refused: a request can hold a million empty authors.
    private static StatedAuthor[] ToStated(RepeatedField<Wire.Author> authors)
    {
        if (authors.Count == 0)
            return [];
        var stated = new StatedAuthor[Math.Min(authors.Count, IntakeLimits.AuthorsMax + 1)];
        for (var i = 0; i < stated.Length; i++)
            stated[i] = ToStated(authors[i]);
        return stated;
    }

    private static StatedAuthor ToStated(Wire.Author author) => new(
        author.Id,
        author.Name,
        author.OrganizationId,
        author.OrganizationName,
        author.Role,
        author.Specialty,
        author.Kind switch
        {
            Wire.Author.Types.Kind.Professional => AuthorKind.Professional,
            Wire.Author.Types.Kind.Patient => AuthorKind.Patient,
            Wire.Author.Types.Kind.System => AuthorKind.System,
            _ => null,
        });

    public static StatedLabels ToStated(RepeatedField<Wire.Confidentiality> labels)
    {
        if (labels.Count == 0)
            return default;
        if (labels.Count > LabelsMax)
            return new StatedLabels(null, IsMalformed: true);
        var set = ConfidentialityLabels.None;
        for (var i = 0; i < labels.Count; i++)
        {
            switch (labels[i])
            {
                case Wire.Confidentiality.Normal:
                    break;
                case Wire.Confidentiality.MaskedFromProfessionals:
                    set |= ConfidentialityLabels.MaskedFromProfessionals;
                    break;
                case Wire.Confidentiality.HiddenFromPatient:
                    set |= ConfidentialityLabels.HiddenFromPatient;
                    break;
                case Wire.Confidentiality.HiddenFromRepresentatives:
                    set |= ConfidentialityLabels.HiddenFromRepresentatives;
                    break;
                default:
                    return new StatedLabels(null, IsMalformed: true);
            }
        }

        return new StatedLabels(set);
    }
}
