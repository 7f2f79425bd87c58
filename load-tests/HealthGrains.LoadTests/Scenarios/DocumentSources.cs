using System.Buffers.Binary;
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
internal sealed class TextDocuments : IDocumentSource
{
    private static readonly Timestamp s_at = Timestamp.FromDateTime(new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc));

    private readonly World _world;
    private readonly ulong _seed;
    private readonly int _contentBytes;
    private readonly Author _author;

    public TextDocuments(World world, ulong seed, int contentBytes)
    {
        _world = world;
        _seed = seed;
        _contentBytes = contentBytes;
        _author = new Author
        {
            Id = world.Professional(0),
            Name = "Charge Essai",
            OrganizationId = World.Organization,
            OrganizationName = "Laboratoire d'essai",
            Kind = Author.Types.Kind.Professional,
            Specialty = "G15_10/SM26",
        };
    }

    public PreparedDocument Make(long number, int patient)
    {
        var request = Request(number, _world.Patient(patient), out var uniqueId, out var content);
        return new PreparedDocument(request, uniqueId, patient, Sha256.Of(content), _contentBytes);
    }

    /// <summary>The request alone: what it costs to make one is taken from the machine that is measured.</summary>
    public SubmitRequest Request(long number, Patient patient, out string uniqueId, out byte[] content)
    {
        content = new byte[_contentBytes];
        Fill(content, unchecked((_seed * 0x9E3779B97F4A7C15UL) ^ ((ulong)number * 0xBF58476D1CE4E5B9UL)));
        uniqueId = string.Create(CultureInfo.InvariantCulture, $"{Prefix(_seed)}{number}");
        return new SubmitRequest
        {
            Patient = patient,
            Content = UnsafeByteOperations.UnsafeWrap(content),
            InsQualified = true,
            InsQualifiedAt = s_at,
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
                CreatedAt = s_at,
                ServiceStart = s_at,
                Authors = { _author },
                LegalAuthenticator = _author,
                Confidentiality = { Confidentiality.Normal },
            },
        };
    }

    // SplitMix64: bytes that no compression shortens, at a fraction of what a seeded System.Random costs.
    private static void Fill(Span<byte> content, ulong state)
    {
        while (!content.IsEmpty)
        {
            state = unchecked(state + 0x9E3779B97F4A7C15UL);
            var mixed = unchecked((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9UL);
            mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL);
            mixed ^= mixed >> 31;
            if (content.Length < sizeof(ulong))
            {
                for (var i = 0; i < content.Length; i++)
                    content[i] = (byte)(mixed >> (8 * i));
                return;
            }

            BinaryPrimitives.WriteUInt64LittleEndian(content, mixed);
            content = content[sizeof(ulong)..];
        }
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
