using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>Completes what the request states from the document's header, and checks every field.</summary>
/// <remarks>Without a header each field of the national minimum must be stated. With one, what neither states is missing only
/// where an entry cannot be without it. Source: ANS, CI-SIS, volet Partage de documents de santé; IHE ITI TF-3 section 4.2.3.</remarks>
internal ref struct MetadataRules(
    SubmissionStatement request, CdaHeader? header, PatientId patient, bool byPatient, IntakeRules rules, DateTimeOffset now)
{
    private readonly StatedMetadata _stated = request.Metadata;

    public WarningList Warnings { get; } = new();

    /// <summary>The class that follows from the type; empty while the type is not known.</summary>
    public string ClassCode { get; private set; } = "";

    /// <summary>The first problem, or null and the entry.</summary>
    /// <param name="uniqueId">Checked already.</param>
    /// <param name="metadata">Complete only when nothing is refused; else it holds the unique id, and texts as they are.</param>
    public Refusal? Complete(UniqueId uniqueId, out DocumentMetadata metadata)
    {
        metadata = new DocumentMetadata
        {
            UniqueId = uniqueId,
            Title = Or(_stated.Title, header?.Title),
            TypeCode = Or(_stated.TypeCode, header?.Type.Code),
            FormatCode = Or(_stated.FormatCode, header?.Format?.Code),
            MimeType = header is null ? _stated.MimeType : MediaTypes.Cda,
            LanguageCode = Or(_stated.LanguageCode, header is null ? null : header.Language ?? "fr-FR"),
            PracticeSettingCode = Or(_stated.PracticeSettingCode, header?.PracticeSetting?.Code),
            FacilityTypeCode = Or(_stated.FacilityTypeCode, header?.Facility?.Code),
            CreatedAt = (_stated.CreatedAt.Value ?? header?.EffectiveTime.Value ?? default).ToUniversalTime(),
            ServiceStart = (_stated.ServiceStart.Value ?? header?.ServiceStart?.Value)?.ToUniversalTime(),
            ServiceStop = (_stated.ServiceStop.Value ?? header?.ServiceStop?.Value)?.ToUniversalTime(),
            Authors = [],
            Confidentiality = _stated.Labels.Value ?? ConfidentialityLabels.None,
            EventCodes = Lists(_stated.EventCodes, header?.EventCodes, CdaTexts.EventCode),
            ReferenceIds = Lists(_stated.ReferenceIds, header?.References, CdaTexts.Reference),
            Comments = _stated.Comments,
        };

        if (CheckTexts(metadata) is { } text)
            return text;
        if (CheckTimes(metadata) is { } time)
            return time;
        if (CheckAuthors(ref metadata) is { } author)
            return author;
        if (CheckLabels() is { } labels)
            return labels;
        return CheckCodes(metadata);
    }

    private static string Or(string stated, string? header) => stated.Length > 0 ? stated : CdaTexts.Line(header);

    // The header is complete and its codes name their systems; the request can only repeat them.
    private static IReadOnlyList<string> Lists<T>(IReadOnlyList<string> stated, IReadOnlyList<T>? header, Func<T, string> text)
    {
        if (header is null || header.Count == 0)
            return stated;
        var list = new List<string>(header.Count);
        foreach (var item in header)
        {
            if (text(item) is var line && !list.Contains(line))
                list.Add(line);
        }

        return list;
    }

    private static Refusal Missing(string field) =>
        new(RefusalCode.MetadataInvalid, "This field is required.", field);

    private readonly Refusal? CheckTexts(DocumentMetadata metadata)
    {
        if (string.IsNullOrWhiteSpace(metadata.Title))
            return Missing("metadata.title");
        if (metadata.TypeCode.Length == 0)
            return Missing("metadata.type_code");
        if (header is null)
        {
            if (metadata.FormatCode.Length == 0)
                return Missing("metadata.format_code");
            if (metadata.MimeType.Length == 0)
                return Missing("metadata.mime_type");
            if (metadata.LanguageCode.Length == 0)
                return Missing("metadata.language_code");
            if (metadata.PracticeSettingCode.Length == 0)
                return Missing("metadata.practice_setting_code");
            if (metadata.FacilityTypeCode.Length == 0)
                return Missing("metadata.facility_type_code");
        }

        return TextRules.CheckLine(metadata.Title, IntakeLimits.TitleCharsMax, "metadata.title")
            ?? TextRules.CheckCode(metadata.TypeCode, "metadata.type_code")
            ?? TextRules.CheckCode(metadata.FormatCode, "metadata.format_code")
            ?? TextRules.CheckCode(metadata.MimeType, "metadata.mime_type")
            ?? CheckLanguage(metadata.LanguageCode)
            ?? TextRules.CheckCode(metadata.PracticeSettingCode, "metadata.practice_setting_code")
            ?? TextRules.CheckCode(metadata.FacilityTypeCode, "metadata.facility_type_code")
            ?? TextRules.CheckLines(metadata.Comments, IntakeLimits.CommentsCharsMax, "metadata.comments")
            ?? CheckList(metadata.EventCodes, IntakeLimits.EventCodesMax, "metadata.event_codes")
            ?? CheckList(metadata.ReferenceIds, IntakeLimits.ReferenceIdsMax, "metadata.reference_ids");
    }

    private static Refusal? CheckLanguage(string language)
    {
        var isTag = language.Length is >= 2 and <= IntakeLimits.LanguageCharsMax && char.IsAsciiLetter(language[0]);
        for (var i = 0; isTag && i < language.Length; i++)
            isTag = char.IsAsciiLetterOrDigit(language[i]) || (language[i] == '-' && i < language.Length - 1);
        return isTag
            ? null
            : new Refusal(RefusalCode.MetadataInvalid, "Not a language tag such as fr-FR.", "metadata.language_code");
    }

    private static Refusal? CheckList(IReadOnlyList<string> list, int countMax, string field)
    {
        if (list.Count > countMax)
            return new Refusal(RefusalCode.MetadataInvalid, $"At most {countMax} of these are taken.", field);
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Length == 0)
                return Missing($"{field}[{i}]");
            if (TextRules.CheckLine(list[i], IntakeLimits.ReferenceCharsMax, $"{field}[{i}]") is { } refusal)
                return refusal;
        }

        return null;
    }

    private readonly Refusal? CheckTimes(DocumentMetadata metadata)
    {
        if (_stated.CreatedAt.IsMalformed || (_stated.CreatedAt.Value is null && header is null))
            return NoTime("metadata.created_at");
        if (_stated.ServiceStart.IsMalformed || (metadata.ServiceStart is null && header is null))
            return NoTime("metadata.service_start");
        if (_stated.ServiceStop.IsMalformed)
            return NoTime("metadata.service_stop");
        if (metadata.CreatedAt.Year < IntakeLimits.YearMin)
            return TooOld("metadata.created_at");
        if (metadata.CreatedAt > now + rules.Policy.SubmitMaxClockSkew)
        {
            return new Refusal(
                RefusalCode.MetadataInvalid, "The document says that it will be written in the future.", "metadata.created_at");
        }

        foreach (var (time, field) in (ReadOnlySpan<(DateTimeOffset?, string)>)
            [(metadata.ServiceStart, "metadata.service_start"), (metadata.ServiceStop, "metadata.service_stop")])
        {
            if (time is not { } act)
                continue;
            if (act.Year < IntakeLimits.YearMin)
                return TooOld(field);
            if (act.Year > now.Year + IntakeLimits.ServiceYearsAheadMax)
                return new Refusal(RefusalCode.MetadataInvalid, "The act lies too far ahead.", field);
        }

        if (metadata.ServiceStart > metadata.CreatedAt || metadata.ServiceStop < metadata.ServiceStart)
            Warnings.Add(IntakeWarnings.TimesOutOfOrder);
        return null;
    }

    private static Refusal NoTime(string field) =>
        new(RefusalCode.MetadataInvalid, "A point in time is required.", field);

    private static Refusal TooOld(string field) =>
        new(RefusalCode.MetadataInvalid, $"No time before {IntakeLimits.YearMin} is taken.", field);

    private readonly Refusal? CheckAuthors(ref DocumentMetadata metadata)
    {
        var count = header?.Authors.Count ?? _stated.Authors.Count;
        if (count == 0)
            return Missing("metadata.authors");
        if (count > IntakeLimits.AuthorsMax || _stated.Authors.Count > IntakeLimits.AuthorsMax)
        {
            return new Refusal(
                RefusalCode.MetadataInvalid, $"At most {IntakeLimits.AuthorsMax} authors are taken.", "metadata.authors");
        }

        var authors = new Author[count];
        for (var i = 0; i < count; i++)
        {
            var field = $"metadata.authors[{i}]";
            var refusal = header is null
                ? AuthorRules.TryRead(_stated.Authors[i], patient, field, rules, Warnings, out var author)
                : AuthorRules.TryRead(header.Authors[i], patient, field, false, rules, Warnings, out author);
            if (refusal is not null || author is null)
                return refusal;
            if (byPatient && author.Kind != AuthorKind.Patient)
            {
                return new Refusal(
                    RefusalCode.MetadataInvalid, "A patient deposits documents of which he or she is the author.", $"{field}.kind");
            }

            authors[i] = author;
        }

        Author? authenticator = null;
        if (header?.LegalAuthenticator is { } own)
        {
            if (AuthorRules.TryRead(
                own, patient, "metadata.legal_authenticator", true, rules, Warnings, out authenticator) is { } refusal)
            {
                return refusal;
            }
        }
        else if (_stated.LegalAuthenticator is { } stated)
        {
            if (AuthorRules.TryRead(
                stated, patient, "metadata.legal_authenticator", rules, Warnings, out authenticator) is { } refusal)
            {
                return refusal;
            }
        }
        else if (header is null)
        {
            return Missing("metadata.legal_authenticator");
        }

        metadata = metadata with { Authors = authors, LegalAuthenticator = authenticator };
        return null;
    }

    private readonly Refusal? CheckLabels() => _stated.Labels switch
    {
        { IsMalformed: true } => new Refusal(
            RefusalCode.MetadataInvalid, "The confidentiality is a set of 1 to 4 known values.", "metadata.confidentiality"),
        { Value: null } => new Refusal(
            RefusalCode.MetadataInvalid, "The confidentiality must be stated: there is no default.", "metadata.confidentiality"),
        _ => null,
    };

    private Refusal? CheckCodes(DocumentMetadata metadata)
    {
        if (!rules.Codes.DocumentTypes.TryFind(metadata.TypeCode, out var type) || !type.MayBeDeposited)
            return new Refusal(RefusalCode.TypeUnknown, "This document type is not in the value set.", "metadata.type_code");
        ClassCode = type.ClassCode;
        if (type.PatientOnly && !byPatient)
            return new Refusal(RefusalCode.TypeUnknown, "Only patients deposit this type.", "metadata.type_code");
        if (byPatient && !IsPatients(type))
            return new Refusal(RefusalCode.TypeUnknown, "Patients do not deposit this type.", "metadata.type_code");
        if (metadata.PracticeSettingCode.Length > 0 && !rules.Codes.PracticeSettings.Contains(metadata.PracticeSettingCode))
        {
            return new Refusal(
                RefusalCode.TypeUnknown, "This practice setting is not in the value set.", "metadata.practice_setting_code");
        }

        if (metadata.FacilityTypeCode.Length > 0 && !rules.Codes.Facilities.Contains(metadata.FacilityTypeCode))
        {
            return new Refusal(
                RefusalCode.TypeUnknown, "This kind of facility is not in the value set.", "metadata.facility_type_code");
        }

        if (!rules.IsKnownFormat(metadata.FormatCode))
            Warnings.Add(IntakeWarnings.FormatUnknown);
        return MediaTypes.Check(metadata.MimeType, byPatient);
    }

    private static bool IsPatients(DocumentType type) => type.PatientOnly || type.ClassCode == PatientClass;

    // Class 90: other documents deposited by the patient.
    private const string PatientClass = "90";
}
