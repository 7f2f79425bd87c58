using HealthGrains.Domain.Identity;

namespace HealthGrains.Synthetic;

/// <summary>One generated CDA R2 document and what is true of it.</summary>
public sealed record SyntheticDocument
{
    /// <summary>Counted from 0.</summary>
    public required long Index { get; init; }

    /// <summary>Such as <c>cda-000001-11502-2.xml</c>; nothing in it tells who the patient is.</summary>
    public required string FileName { get; init; }

    /// <summary>The file. Everything that a submission needs is in its header, but for the stated confidentiality.</summary>
    public required byte[] Cda { get; init; }

    public required UniqueId UniqueId { get; init; }

    public required SyntheticPerson Person { get; init; }

    public required string TypeCode { get; init; }

    /// <summary>The structure that sends the document.</summary>
    public required SyntheticOrganization Organization { get; init; }

    public required SyntheticProfessional Author { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>True for one embedded PDF (N1), false for structured sections (N3).</summary>
    public required bool IsEmbedded { get; init; }

    /// <summary>The earlier document of the run that this one replaces, or null.</summary>
    public UniqueId? Replaces { get; init; }

    public PatientId PatientId => Person.Id;

    public StructureId StructureId => Organization.Id;

    public ProfessionalId AuthorId => Author.Id;
}
