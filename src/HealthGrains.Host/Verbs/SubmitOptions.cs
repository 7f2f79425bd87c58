using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Submitting;

namespace HealthGrains.Host.Verbs;

/// <summary>The options that describe a document, and the template that they make.</summary>
internal static class SubmitOptions
{
    private const string DefaultLanguage = "fr-FR";
    private const string DefaultSetting = "AMBULATOIRE";
    private const string DefaultFacility = "SA07";

    private static readonly Option<string> Confidentiality = new("--confidentiality")
    {
        Description = "normal (default), masked, hidden-from-patient or hidden-from-representatives; several with commas. Always stated to the server",
        HelpName = "LABELS",
    };

    private static readonly Option<string> Opposition = new("--opposition")
    {
        Description = "What the patient said to feeding the record: informed, opposed, or not-collected (default)",
        HelpName = "WORD",
    };

    private static readonly Option<bool> NotQualified = new("--ins-not-qualified")
    {
        Description = "Do not state that the INS is qualified (the server will refuse)",
    };

    private static readonly Option<string> QualifiedAt = new("--ins-qualified-at") { Description = "When it was (default now)", HelpName = "TIME" };

    private static readonly Option<bool> ValidateOnly = new("--validate-only") { Description = "Check everything, store nothing" };

    private static readonly Option<bool> Secret = new("--secret-session") { Description = "Care of a minor in secrecy" };

    private static readonly Option<string> PatientIns = new("--patient") { Description = "INS, 15 characters", HelpName = "INS" };

    private static readonly Option<string> PatientOid = new("--oid")
    {
        Description = "OID of the INS (default the test OID 1.2.250.1.213.1.4.10)", HelpName = "OID",
    };

    private static readonly Option<string> UniqueId = new("--unique-id")
    {
        Description = "XDS uniqueId (default: derived from patient and content)", HelpName = "ID",
    };

    private static readonly Option<string> Type = new("--type") { Description = "Type code, such as 11502-2", HelpName = "CODE" };

    private static readonly Option<string> Title = new("--title") { Description = "Title" };

    private static readonly Option<string> Mime = new("--mime") { Description = "Media type, such as application/pdf", HelpName = "TYPE" };

    private static readonly Option<string> Format = new("--format") { Description = "Format code (default by media type)", HelpName = "CODE" };

    private static readonly Option<string> Language = new("--language") { Description = $"Language (default {DefaultLanguage})", HelpName = "CODE" };

    private static readonly Option<string> Setting = new("--setting")
    {
        Description = $"Practice setting (default {DefaultSetting})", HelpName = "CODE",
    };

    private static readonly Option<string> Facility = new("--facility") { Description = $"Facility type (default {DefaultFacility})", HelpName = "CODE" };

    private static readonly Option<string> CreatedAt = new("--created-at") { Description = "When it was written (default the file's time)", HelpName = "TIME" };

    private static readonly Option<string> ServiceStart = new("--service-start") { Description = "When the act began", HelpName = "TIME" };

    private static readonly Option<string> AuthorId = new("--author") { Description = "IdNat_PS of the author: 8 and an RPPS number", HelpName = "ID" };

    private static readonly Option<string> AuthorName = new("--author-name") { Description = "Name of the author", HelpName = "NAME" };

    private static readonly Option<string> AuthorRole = new("--author-role") { Description = "Role of the author", HelpName = "CODE" };

    private static readonly Option<string> AuthorSpecialty = new("--author-specialty") { Description = "Such as G15_10/SM26", HelpName = "CODE" };

    private static readonly Option<string> Organization = new("--organization") { Description = "Struct_IdNat of the author's structure", HelpName = "ID" };

    private static readonly Option<string> OrganizationName = new("--organization-name") { Description = "Its name", HelpName = "NAME" };

    private static readonly Option<string> Replaces = new("--replaces") { Description = "unique_id of the document that it replaces", HelpName = "ID" };

    private static readonly Option<string> Comments = new("--comments") { Description = "Comments" };

    /// <summary>The options without which a file that is no CDA cannot be described.</summary>
    private static readonly Option<string>[] Describing = [Type, Title, Mime, AuthorId, Organization];

    public static IReadOnlyList<System.CommandLine.Option> All { get; } =
    [
        Confidentiality, Opposition, NotQualified, QualifiedAt, ValidateOnly, Secret, PatientIns, PatientOid, UniqueId, Type, Title,
        Mime, Format, Language, Setting, Facility, CreatedAt, ServiceStart, AuthorId, AuthorName, AuthorRole, AuthorSpecialty,
        Organization, OrganizationName, Replaces, Comments,
    ];

    /// <exception cref="CliException">The options do not fit together.</exception>
    public static SubmissionTemplate Template(VerbContext context, string[] paths)
    {
        var isOneFile = paths.Length == 1 && !Directory.Exists(paths[0]);
        if (!isOneFile && (context.Has(UniqueId) || context.Has(Replaces)))
            throw Usage("--unique-id and --replaces describe one file; name one.");
        return new SubmissionTemplate
        {
            Confidentiality = LabelsOf(context.Get(Confidentiality) ?? "normal"),
            FeedingOpposition = OppositionOf(context.Get(Opposition) ?? "not-collected"),
            Patient = PatientOf(context),
            Metadata = MetadataOf(context),
            InsQualifiedAt = context.Get(NotQualified)
                ? null
                : Timestamp.FromDateTimeOffset(TimeOf(context, QualifiedAt) ?? context.Time.GetUtcNow()),
            Replaces = context.Get(Replaces),
            ValidateOnly = context.Get(ValidateOnly),
            SecretSession = context.Get(Secret),
        };
    }

    private static IReadOnlyList<Confidentiality> LabelsOf(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries).Select(word => word switch
    {
        "normal" => Contracts.V1.Confidentiality.Normal,
        "masked" => Contracts.V1.Confidentiality.MaskedFromProfessionals,
        "hidden-from-patient" => Contracts.V1.Confidentiality.HiddenFromPatient,
        "hidden-from-representatives" => Contracts.V1.Confidentiality.HiddenFromRepresentatives,
        _ => throw Usage($"--confidentiality '{word}' is none of normal, masked, hidden-from-patient, hidden-from-representatives."),
    })];

    private static FeedingOpposition OppositionOf(string word) => word switch
    {
        "informed" => FeedingOpposition.Ino,
        "opposed" => FeedingOpposition.Io,
        "not-collected" => FeedingOpposition.Na,
        _ => throw Usage($"--opposition '{word}' is none of informed, opposed, not-collected."),
    };

    private static Patient? PatientOf(VerbContext context)
    {
        if (context.Get(PatientIns) is not { } ins)
            return context.Has(PatientOid) ? throw Usage("--oid belongs to --patient.") : null;
        return new Patient { Ins = ins, Oid = context.Get(PatientOid) ?? InsOid.NirTest.Text() };
    }

    private static DocumentMetadata? MetadataOf(VerbContext context)
    {
        var describes = All.Except([Confidentiality, Opposition, NotQualified, QualifiedAt, ValidateOnly, Secret, PatientIns, PatientOid, Replaces])
            .Any(context.Has);
        if (!describes) return null;
        var missing = Describing.Where(option => !context.Has(option)).Select(option => option.Name).ToList();
        if (!context.Has(PatientIns)) missing.Add(PatientIns.Name);
        if (missing.Count > 0)
            throw Usage($"A file that is described by options also needs {string.Join(", ", missing)}; a CDA document needs none of them.");

        var mime = context.Get(Mime)!;
        var author = new Author
        {
            Id = context.Get(AuthorId)!,
            Name = context.Get(AuthorName) ?? context.Get(AuthorId)!,
            OrganizationId = context.Get(Organization)!,
            OrganizationName = context.Get(OrganizationName) ?? context.Get(Organization)!,
            Role = context.Get(AuthorRole) ?? "",
            Specialty = context.Get(AuthorSpecialty) ?? "",
            Kind = Author.Types.Kind.Professional,
        };
        return new DocumentMetadata
        {
            UniqueId = context.Get(UniqueId) ?? "",
            Title = context.Get(Title)!,
            TypeCode = context.Get(Type)!,
            FormatCode = context.Get(Format) ?? FormatOf(mime),
            MimeType = mime,
            LanguageCode = context.Get(Language) ?? DefaultLanguage,
            PracticeSettingCode = context.Get(Setting) ?? DefaultSetting,
            FacilityTypeCode = context.Get(Facility) ?? DefaultFacility,
            CreatedAt = TimeOf(context, CreatedAt) is { } created ? Timestamp.FromDateTimeOffset(created) : null,
            ServiceStart = TimeOf(context, ServiceStart) is { } start ? Timestamp.FromDateTimeOffset(start) : null,
            Authors = { author },
            LegalAuthenticator = author.Clone(),
            Comments = context.Get(Comments) ?? "",
        };
    }

    private static string FormatOf(string mime) => mime switch
    {
        "application/pdf" => "urn:ihe:iti:xds-sd:pdf:2008",
        "text/plain" => "urn:ihe:iti:xds-sd:text:2008",
        "image/jpeg" => "urn:ihe:iti:xds-sd:jpeg:2010",
        "image/tiff" => "urn:ihe:iti:xds-sd:tiff:2010",
        "text/rtf" or "application/rtf" => "urn:ihe:iti:xds-sd:rtf:2010",
        _ => throw Usage($"--format is needed for the media type '{mime}'."),
    };

    private static DateTimeOffset? TimeOf(VerbContext context, Option<string> option)
    {
        if (context.Get(option) is not { } text) return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Usage($"{option.Name} '{text}' is no time such as 2026-03-01T12:00:00Z.");
    }

    private static CliException Usage(string message) => new(ExitCode.Usage, message, "healthgrains submit --help");
}
