using System.Globalization;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>Whether what a request states agrees with the header of the CDA R2 document that it brings.</summary>
/// <remarks>What is left out agrees. Names of people and structures are for display and are not compared. Source: ANS,
/// CI-SIS, volet Partage de documents de santé, correspondence of XDS metadata and CDA header.</remarks>
internal static class CdaCrossCheck
{
    /// <summary>The key of the refusal's details that lists the paths, separated by commas: at most
    /// <see cref="IntakeLimits.MismatchPathsMax"/>.</summary>
    public const string FieldsKey = "fields";

    /// <summary>The key of the refusal's details that counts the paths that are not listed.</summary>
    public const string FieldsLeftOutKey = "fields_left_out";

    // A time without offset was written by a clock somewhere on earth: from UTC-12 to UTC+14.
    private static readonly TimeSpan OffsetsOnEarth = TimeSpan.FromHours(14);

    /// <returns>Null when they agree; else <c>CDA_HEADER_MISMATCH</c> with the paths in the order of the request.</returns>
    public static Refusal? Check(SubmissionStatement request, CdaHeader header)
    {
        List<string>? paths = null;
        var stated = request.Metadata;

        Expect(stated.UniqueId.Length == 0 || stated.UniqueId == header.UniqueId.ToString(), "metadata.unique_id");
        Expect(
            stated.Title.Length == 0 || header.Title is null || CdaTexts.Line(stated.Title) == CdaTexts.Line(header.Title),
            "metadata.title");
        Expect(stated.TypeCode.Length == 0 || stated.TypeCode == header.Type.Code, "metadata.type_code");
        Expect(
            stated.FormatCode.Length == 0 || header.Format is null || stated.FormatCode == header.Format.Code,
            "metadata.format_code");
        Expect(stated.MimeType.Length == 0 || stated.MimeType == MediaTypes.Cda, "metadata.mime_type");
        Expect(Agrees(stated.LanguageCode, header.Language), "metadata.language_code");
        Expect(Agrees(stated.PracticeSettingCode, header.PracticeSetting?.Code), "metadata.practice_setting_code");
        Expect(Agrees(stated.FacilityTypeCode, header.Facility?.Code), "metadata.facility_type_code");
        Expect(Agrees(stated.CreatedAt, header.EffectiveTime), "metadata.created_at");
        Expect(Agrees(stated.ServiceStart, header.ServiceStart), "metadata.service_start");
        Expect(Agrees(stated.ServiceStop, header.ServiceStop), "metadata.service_stop");
        if (stated.Authors.Count > 0)
            CheckAuthors(stated.Authors, header, ref paths);
        if (stated.LegalAuthenticator is { } authenticator && header.LegalAuthenticator is { Professional: not null } own)
            Expect(Agrees(authenticator, own, header), "metadata.legal_authenticator");
        for (var i = 0; i < stated.EventCodes.Count && i < IntakeLimits.EventCodesMax; i++)
            Expect(NamesEvent(stated.EventCodes[i], header), $"metadata.event_codes[{i}]");
        for (var i = 0; i < stated.ReferenceIds.Count && i < IntakeLimits.ReferenceIdsMax; i++)
            Expect(NamesReference(stated.ReferenceIds[i], header), $"metadata.reference_ids[{i}]");
        Expect(
            request.Replaces.Length == 0 || header.Replaces is not { } replaces || request.Replaces == replaces.ToString(),
            "replaces");

        if (paths is null)
            return null;
        var refusal = new Refusal(RefusalCode.CdaHeaderMismatch, "The request and the document's header disagree.", paths[0])
            .With(FieldsKey, string.Join(',', paths.Take(IntakeLimits.MismatchPathsMax)));
        var leftOut = paths.Count - IntakeLimits.MismatchPathsMax;
        return leftOut > 0 ? refusal.With(FieldsLeftOutKey, leftOut.ToString(CultureInfo.InvariantCulture)) : refusal;

        void Expect(bool agrees, string path)
        {
            if (!agrees)
                (paths ??= []).Add(path);
        }
    }

    private static bool Agrees(string stated, string? header) =>
        stated.Length == 0 || string.IsNullOrEmpty(header) || string.Equals(stated, header, StringComparison.Ordinal);

    // A header's time is as exact as it was written: a day covers all its seconds.
    private static bool Agrees(StatedTime stated, CdaTime? header)
    {
        if (stated.Value is not { } value || header is not { } time)
            return true;
        var slack = time.HasOffset ? TimeSpan.Zero : OffsetsOnEarth;
        var start = time.Value.UtcTicks - slack.Ticks;
        var length = time.Precision switch
        {
            CdaTimePrecision.Year => TimeSpan.FromDays(366),
            CdaTimePrecision.Month => TimeSpan.FromDays(31),
            CdaTimePrecision.Day => TimeSpan.FromDays(1),
            CdaTimePrecision.Hour => TimeSpan.FromHours(1),
            CdaTimePrecision.Minute => TimeSpan.FromMinutes(1),
            _ => TimeSpan.FromSeconds(1),
        };
        return value.UtcTicks >= start && value.UtcTicks - start < length.Ticks + (2 * slack.Ticks);
    }

    private static void CheckAuthors(
        IReadOnlyList<StatedAuthor> stated, CdaHeader header, ref List<string>? paths)
    {
        if (stated.Count != header.Authors.Count)
        {
            (paths ??= []).Add("metadata.authors");
            return;
        }

        for (var i = 0; i < stated.Count; i++)
        {
            if (!Agrees(stated[i], header.Authors[i], header))
                (paths ??= []).Add($"metadata.authors[{i}]");
        }
    }

    private static bool Agrees(StatedAuthor stated, CdaParticipant own, CdaHeader header)
    {
        var id = own.Professional?.ToString()
            ?? (own.Patient is { } patient && patient == header.Patient ? patient.Number : null);
        return Agrees(stated.Id, id)
            && Agrees(stated.OrganizationId, own.Organization?.Structure?.ToString())
            && Agrees(stated.Role, own.Role?.Code)
            && Agrees(stated.Specialty, own.Specialty?.Code);
    }

    private static bool NamesEvent(string stated, CdaHeader header)
    {
        foreach (var code in header.EventCodes)
        {
            if (stated == code.Code || stated == CdaTexts.EventCode(code))
                return true;
        }

        return false;
    }

    private static bool NamesReference(string stated, CdaHeader header)
    {
        foreach (var reference in header.References)
        {
            if (CdaTexts.IsSameReference(stated, reference))
                return true;
        }

        return false;
    }
}
