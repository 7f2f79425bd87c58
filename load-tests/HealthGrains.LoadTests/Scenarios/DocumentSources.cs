using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Synthetic;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>Documents by number: the same number gives the same request, so that an unknown outcome can be settled.</summary>
internal interface IDocumentSource
{
    /// <param name="number">From 0.</param>
    /// <param name="patient">Whom the scenario chose; a source that says itself ignores it.</param>
    /// <returns>The request with its unique id, the patient's index, the hash and size of the content.</returns>
    PreparedDocument Make(long number, int patient);
}

/// <summary>A request that is ready to be sent.</summary>
internal sealed record PreparedDocument(SubmitRequest Request, string UniqueId, int Patient, Sha256 Sha256, int Size);

/// <summary>Texts of one size.</summary>
internal sealed class TextDocuments(World world, ulong seed, int contentBytes) : IDocumentSource
{
    public PreparedDocument Make(long number, int patient)
    {
        var content = new byte[contentBytes];
        new Random(unchecked((int)((seed * 1_000_003) + (ulong)number))).NextBytes(content);
        var uniqueId = string.Create(CultureInfo.InvariantCulture, $"{Prefix(seed)}{number}");
        var now = Timestamp.FromDateTime(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));
        var author = new Author
        {
            Id = world.Professional(0),
            Name = "Charge Essai",
            OrganizationId = World.Organization,
            OrganizationName = "Laboratoire d'essai",
            Kind = Author.Types.Kind.Professional,
            Specialty = "G15_10/SM26",
        };
        var request = new SubmitRequest
        {
            Patient = world.Patient(patient),
            Content = UnsafeByteOperations.UnsafeWrap(content),
            InsQualified = true,
            InsQualifiedAt = now,
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
                CreatedAt = now,
                ServiceStart = now,
                Authors = { author },
                LegalAuthenticator = author,
                Confidentiality = { Confidentiality.Normal },
            },
        };
        return new PreparedDocument(request, uniqueId, patient, Sha256.Of(content), contentBytes);
    }

    /// <summary>Below the OID for examples; a run's documents begin alike.</summary>
    public static string Prefix(ulong seed) => string.Create(CultureInfo.InvariantCulture, $"2.999.2.{seed}.");
}

/// <summary>The national mix of document types and sizes, drawn from the whole population.</summary>
internal sealed class MonthDocuments(World world) : IDocumentSource
{
    private readonly SyntheticDocuments _documents = new(world.Options with { Organizations = 1 });
    private readonly Timestamp _qualified = Timestamp.FromDateTime(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    /// <summary>As the generator makes them.</summary>
    public static string Prefix(ulong seed) => string.Create(CultureInfo.InvariantCulture, $"2.999.1.{seed}.");

    public PreparedDocument Make(long number, int patient)
    {
        var document = _documents.Generate(number);
        var request = new SubmitRequest
        {
            Content = UnsafeByteOperations.UnsafeWrap(document.Cda),
            InsQualified = true,
            InsQualifiedAt = _qualified,
            FeedingOpposition = FeedingOpposition.Ino,
            Metadata = new DocumentMetadata { Confidentiality = { Confidentiality.Normal } },
        };
        return new PreparedDocument(
            request, document.UniqueId.ToString(), document.Person.Index, Sha256.Of(document.Cda), document.Cda.Length);
    }
}
