using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>One document in a patient's index, as it stands now. A change makes a new value.</summary>
public sealed record DocumentEntry
{
    /// <summary>XDS logicalId: stable over metadata changes.</summary>
    public required DocumentId Id { get; init; }

    /// <summary>Counts the metadata versions of this document, from 1; with the id it stands for XDS entryUUID.</summary>
    public required int EntryVersion { get; init; }

    /// <summary>Order of submission in this record, from 1.</summary>
    public required int Ordinal { get; init; }

    /// <summary>The first document of this chain of replacements.</summary>
    public required DocumentId LineageId { get; init; }

    public required DocumentMetadata Metadata { get; init; }

    public required string ClassCode { get; init; }

    public required DocumentStatus Status { get; init; }

    public DocumentId? Replaces { get; init; }

    public DocumentId? ReplacedBy { get; init; }

    /// <summary>Bytes of the content.</summary>
    public required long Size { get; init; }

    public required Sha256 Sha256 { get; init; }

    /// <summary>Where the content was uploaded to; null when it is kept with its entry.</summary>
    public UploadId? Upload { get; init; }

    /// <summary>The number in whose journal the content is kept; null for that of the record itself.</summary>
    public PatientId? Origin { get; init; }

    /// <summary>The same document with the same bytes, as it was deposited in records that became one with this. Empty in most.</summary>
    public OtherDeposit[] OtherDeposits { get; init; } = [];

    /// <summary>Hash of the body alone, where the format has a header and a body; tells a change of labels from a new
    /// content.</summary>
    public Sha256? BodySha256 { get; init; }

    /// <summary>The server's time at acceptance.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    public required Actor Depositor { get; init; }

    /// <summary>How many professionals were to be told at acceptance.</summary>
    public required int Recipients { get; init; }

    /// <summary>The professionals who were to be told at acceptance; never told to anybody.</summary>
    public ProfessionalId[] Told { get; init; } = [];

    /// <summary>Where its submission stands in the journal and in the log.</summary>
    public required EventStamp Stamp { get; init; }

    /// <summary>The other rendering of the same report, as either of them named it.</summary>
    public UniqueId? Twin { get; init; }

    public DateTimeOffset? WithdrawnAt { get; init; }

    /// <summary>Deposited in a secret session.</summary>
    public bool Secret { get; init; }

    /// <summary>Left behind a closing that a re-opening did not bring back.</summary>
    public bool Sealed { get; init; }

    public bool IsMasked => Metadata.Confidentiality.HasFlag(ConfidentialityLabels.MaskedFromProfessionals);

    public bool IsHiddenFromPatient => Metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromPatient);

    public bool IsHiddenFromRepresentatives =>
        Metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives);

    /// <summary>True if a label hides it from an audience of the patient's side. What is hidden from representatives is from
    /// caregivers too, and stays so when the person comes of age: a parent may become one.</summary>
    public bool IsHiddenFrom(PatientAudience audience) =>
        IsHiddenFromPatient || (audience != PatientAudience.Patient && IsHiddenFromRepresentatives);

    /// <summary>True if the actor wrote it or deposited it, in person.</summary>
    public bool IsOwnOf(ProfessionalId professional) => IsOwnOf(Metadata, Depositor, professional);

    internal static bool IsOwnOf(DocumentMetadata metadata, Actor depositor, ProfessionalId professional)
    {
        // Nobody in particular owns nothing, not even what came without its author's number.
        var id = professional.ToString();
        if (string.IsNullOrEmpty(id))
            return false;
        if (depositor.Kind == ActorKind.Professional && depositor.Id == id)
            return true;
        foreach (var author in metadata.Authors)
        {
            if (author.Id == id)
                return true;
        }

        return false;
    }

    /// <summary>True if the actor is an author, or acts for the organisation of an author or for the one in whose name it
    /// was deposited: who may replace and withdraw.</summary>
    /// <remarks>A company that deposits in the name of several hospitals is none of them: what it sent for one it may
    /// not touch in the name of another. The patient's own deposits are the patient's.</remarks>
    public bool IsManagedBy(Actor actor)
    {
        var inTheNameOf = Depositor.OnBehalfOf.IsNone ? Depositor.Structure : Depositor.OnBehalfOf;
        if (Depositor.Kind == ActorKind.Facility && actor.ActsFor(inTheNameOf.ToString()))
            return true;

        if (Depositor.Kind is ActorKind.Patient or ActorKind.Delegate)
            return actor.Kind is ActorKind.Patient or ActorKind.Delegate;

        foreach (var author in Metadata.Authors)
        {
            if (actor.ActsFor(author.OrganizationId))
                return true;
            if (actor.Kind == ActorKind.Professional && author.Id == actor.Id)
                return true;
        }

        return false;
    }
}
