using System.Diagnostics.CodeAnalysis;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;

namespace HealthGrains.Domain.Codes;

/// <summary>The value sets that the rules use, each of its own day.</summary>
/// <remarks><see cref="Current"/> holds the files embedded in this assembly, read and checked once. An operator's newer
/// files go through <see cref="Load"/>: pass their texts.</remarks>
public sealed class CodeSets
{
    private const string ResourcePrefix = "HealthGrains.Domain.Codes.Data.";

    private static readonly Lazy<CodeSets> Embedded = new(() => Load(ReadResource));

    private readonly Dictionary<(string Template, string? Media), DocumentFormat> _formats;

    private CodeSets(Func<string, string> read)
    {
        CodeTable Table(string name) => CodeTable.Parse(name, read(name));

        DocumentClasses = new(Table("document-classes"), ReadLabel, c => c.Code);
        DocumentTypes = new(Table("document-types"), ReadType, t => t.Code);
        PracticeSettings = new(Table("practice-settings"), ReadLabel, c => c.Code);
        Facilities = new(Table("facilities"), ReadLabel, c => c.Code);
        Professions = new(Table("professions"), ReadProfession, p => p.Code);
        Formats = new(Table("formats"), ReadFormat, f => (f.TemplateId, f.MediaType));
        Notifications = new(Table("notifications"), ReadNotification, n => n.Code);
        Confidentiality = new(Table("confidentiality"), ReadConfidentiality, c => c.Code);
        _formats = Formats.All.ToDictionary(f => (f.TemplateId, f.MediaType));
    }

    public static CodeSets Current => Embedded.Value;

    public CodeSet<string, DocumentType> DocumentTypes { get; }

    public CodeSet<string, CodedLabel> DocumentClasses { get; }

    /// <summary>practiceSettingCode, JDV_J04.</summary>
    public CodeSet<string, CodedLabel> PracticeSettings { get; }

    /// <summary>healthcareFacilityTypeCode, JDV_J02.</summary>
    public CodeSet<string, CodedLabel> Facilities { get; }

    /// <summary>JDV_J65. Code and system together are the key.</summary>
    public CodeSet<ProfessionCode, Profession> Professions { get; }

    /// <summary>ASS_A11: from template and media type to formatCode.</summary>
    public CodeSet<(string Template, string? Media), DocumentFormat> Formats { get; }

    public CodeSet<string, NotificationCode> Notifications { get; }

    public CodeSet<string, ConfidentialityCode> Confidentiality { get; }

    /// <summary>Reads and checks every set.</summary>
    /// <param name="read">Gives the text of a file by its name without ending, such as <c>facilities</c>.</param>
    /// <exception cref="CodeTableException">A file does not follow its format, or refers to a code that is not there.</exception>
    public static CodeSets Load(Func<string, string> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        return new CodeSets(read);
    }

    /// <summary>The text of an embedded file, by its name without ending.</summary>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public static string ReadResource(string name)
    {
        using var stream = typeof(CodeSets).Assembly.GetManifestResourceStream($"{ResourcePrefix}{name}.tsv")
            ?? throw new ArgumentException("No such data file.", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The format of a document with these templates and, for a level-1 body, this media type.</summary>
    /// <returns>False when no template names a format: such a document is stored and marked, not refused.</returns>
    public bool TryFindFormat(IEnumerable<string> templateIds, string? mediaType, [NotNullWhen(true)] out DocumentFormat? format)
    {
        ArgumentNullException.ThrowIfNull(templateIds);
        format = null;
        foreach (var template in templateIds)
        {
            if (_formats.TryGetValue((template, null), out format)) return true;
            if (mediaType is not null && _formats.TryGetValue((template, mediaType), out format)) return true;
        }

        return false;
    }

    private static CodedLabel ReadLabel(CodeTable.Row row) => new(row["code"], row["label"], ReadOid(row, "system"));

    private static string ReadOid(CodeTable.Row row, string column) =>
        Oid.IsValid(row[column]) ? row[column] : throw row.Wrong($"column {column} holds no OID");

    private static Profession ReadProfession(CodeTable.Row row) =>
        ProfessionCode.TryCreate(row["code"], row["system"], out var code)
            ? new Profession(code, row["label"], row.OneOf("person", ("yes", true), ("no", false)))
            : throw row.Wrong("not a profession code");

    private static DocumentFormat ReadFormat(CodeTable.Row row) => new(
        ReadOid(row, "template"), row["media"] == "-" ? null : row["media"], row["format"], ReadOid(row, "system"));

    private static NotificationCode ReadNotification(CodeTable.Row row)
    {
        var isMutable = row.OneOf("mutable", ("yes", true), ("no", false));
        var category = row.OneOf<NotificationCategory?>(
            "category",
            ("-", null),
            ("message", NotificationCategory.Message),
            ("document", NotificationCategory.Document),
            ("appointment", NotificationCategory.Appointment),
            ("screening", NotificationCategory.Screening),
            ("service", NotificationCategory.SynchronisedService));
        if (isMutable != category is not null) throw row.Wrong("what may be switched off has a category, and nothing else has");
        return new NotificationCode(
            row["code"], row["label"], row.OneOf("audience", ("patient", false), ("sender", true)), isMutable, category, row["urn"]);
    }

    private static ConfidentialityCode ReadConfidentiality(CodeTable.Row row) => new(
        row["code"], row["label"], ReadOid(row, "system"), row.OneOf("kind", ("level", true), ("visibility", false)));

    private DocumentType ReadType(CodeTable.Row row)
    {
        if (!DocumentClasses.Contains(row["class"])) throw row.Wrong("the class is not in document-classes");
        bool sensitive = false, patientOnly = false, classIsOurs = false;
        if (row["flags"] != "-")
        {
            foreach (var flag in row["flags"].Split(','))
            {
                switch (flag)
                {
                    case "sensitive":
                        sensitive = true;
                        break;
                    case "patient-only":
                        patientOnly = true;
                        break;
                    case "class-ours":
                        classIsOurs = true;
                        break;
                    default:
                        throw row.Wrong("a flag is not known");
                }
            }
        }

        var status = row.OneOf(
            "status",
            ("current", DocumentTypeStatus.Current),
            ("history", DocumentTypeStatus.History),
            ("refused", DocumentTypeStatus.Refused));
        return new DocumentType(
            row["code"], row["label"], row["class"], ReadOid(row, "system"), status, sensitive, patientOnly, classIsOurs);
    }
}
