using System.Text;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Tests.Cda;

namespace HealthGrains.Domain.Tests.Intake;

/// <summary>Statements for tests to bend, and their judge.</summary>
internal static class IntakeBench
{
    public const string Structure = "1750803447";

    public static readonly DateTimeOffset Now = new(2024, 9, 20, 12, 0, 0, TimeSpan.Zero);

    public static readonly Actor Depositor = Actor.Facility(StructureId.Parse(Structure));

    public static readonly Actor Stranger = Actor.Facility(StructureId.Parse("1990000010"));

    public static readonly IntakeRules Rules = new(DomainPolicy.Default, IdentityRules.Default, CodeSets.Current);

    private static readonly StatedAuthor Author = new(
        "899700218896", "BRENNOUR Elias", Structure, "Laboratoire", "ATTPHYS", "G15_10/SM02", AuthorKind.Professional);

    /// <summary>A document that is no CDA.</summary>
    public static SubmissionStatement Plain() => new()
    {
        Ins = CdaSample.Ins,
        InsOid = "1.2.250.1.213.1.4.10",
        Metadata = new StatedMetadata
        {
            UniqueId = "2.999.1.7^1",
            Title = "Compte rendu",
            TypeCode = "11502-2",
            FormatCode = "urn:ihe:iti:xds-sd:text:2008",
            MimeType = "text/plain",
            LanguageCode = "fr-FR",
            PracticeSettingCode = "AMBULATOIRE",
            FacilityTypeCode = "SA25",
            CreatedAt = new StatedTime(Now.AddHours(-2)),
            ServiceStart = new StatedTime(Now.AddHours(-3)),
            Authors = [Author],
            LegalAuthenticator = Author,
            Labels = new StatedLabels(ConfidentialityLabels.None),
        },
        Content = "Hémoglobine 12,5 g/dL"u8.ToArray(),
        InsQualified = true,
        InsQualifiedAt = new StatedTime(Now.AddDays(-1)),
        Feeding = FeedingOpposition.NotOpposed,
    };

    /// <summary>A CDA that speaks for itself.</summary>
    public static SubmissionStatement Cda(string? text = null, StatedMetadata? metadata = null) => Plain() with
    {
        Ins = "",
        InsOid = "",
        Metadata = metadata ?? new StatedMetadata { Labels = new StatedLabels(ConfidentialityLabels.None) },
        Content = Encoding.UTF8.GetBytes(text ?? CdaSample.Text),
    };

    public static IntakeResult Prepare(SubmissionStatement stated, Actor? by = null, PatientId own = default) =>
        DocumentIntake.Prepare(stated, by ?? Depositor, own, DocumentId.Of(new Guid("00000000-0000-4000-8000-000000000001")), Rules, Now);
}
