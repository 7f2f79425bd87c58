using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Notifications;

/// <summary>The codes of what people are told. Stored by number, sent by name; a client skips what it does not know.</summary>
public enum ChangeCode
{
    /// <summary>AJOUT_DOCUMENT: a document is visible for the first time.</summary>
    DocumentAdded = 1,

    /// <summary>MODIF_DOCUMENT: a new version of a document.</summary>
    DocumentModified = 2,

    /// <summary>SUPP_DOC: a document was withdrawn.</summary>
    DocumentWithdrawn = 3,

    /// <summary>CONSULT_DOCUMENT: a professional opened a document.</summary>
    DocumentConsulted = 4,

    /// <summary>ACCES_DMP_PS: first access of a professional, once for each professional and day.</summary>
    RecordAccessed = 5,

    /// <summary>ACCES_BRIS_GLACE: any access in an emergency, in both modes.</summary>
    EmergencyAccess = 6,

    /// <summary>REMISE_VISIBILITE_AUTO: a document that waited for an announcement became visible by itself.</summary>
    VisibilityRestored = 40,

    /// <summary>AJOUT_VACCINATION: a line of a vaccination book. Nothing here raises it: a note of a vaccination is a document.</summary>
    VaccinationAdded = 41,

    /// <summary>CONSULT_VACCINATION: a professional opened the vaccination book.</summary>
    VaccinationConsulted = 42,

    /// <summary>RAPPEL_CONSENT_PASSAGE_MAJO: the person came of age.</summary>
    MajorityReached = 43,

    /// <summary>RAPPEL_CONSENT_RL_PASSAGE_MAJO: to the legal representatives, that the person comes of age.</summary>
    MajorityReachedForRepresentatives = 44,


    /// <summary>PARTAGE_PROFIL_AIDANT: a caregiver was invited.</summary>
    CaregiverInvited = 30,

    /// <summary>ACCORD_PARTAGE_PROFIL: a caregiver accepted.</summary>
    CaregiverAccepted = 31,

    /// <summary>REFUS_PARTAGE_PROFIL: a caregiver refused.</summary>
    CaregiverRefused = 32,

    /// <summary>REVOCATION_PAR_AIDE: the helped person's side ended it.</summary>
    CaregiverDismissed = 33,

    /// <summary>REVOCATION_PAR_AIDANT: the caregiver ended it.</summary>
    CaregiverResigned = 34,
}

/// <summary>One line of what an audience is told.</summary>
/// <param name="Sequence">The audience's own cursor: from 1, without gaps.</param>
/// <param name="Document">The document concerned, if one is.</param>
public sealed record FeedItem(long Sequence, DateTimeOffset At, ChangeCode Code, DocumentId? Document, Actor By)
{
    /// <summary>It is told, and nobody is to be alerted: the person muted this when it happened.</summary>
    public bool IsSilent { get; init; }
}

/// <summary>What one audience of a record is told, in order.</summary>
/// <remarks>F1. Sequences are dense from 1 and belong to this audience: the record's own versions never show, because a
/// gap would betray what is withheld. F2. What is released later is appended at its release, so no cursor is past it.</remarks>
public sealed partial class AudienceFeed
{
    private List<FeedItem> _items;

    // Told the same as this one so far, and so not kept twice; null once they part.
    private AudienceFeed? _same;

    public AudienceFeed() => _items = [];

    internal AudienceFeed(AudienceFeed same)
    {
        _same = same;
        _items = same._items;
    }

    /// <summary>The last sequence; 0 for none.</summary>
    public long Last => _items.Count;

    /// <summary>At most <paramref name="max"/> items after a cursor.</summary>
    public IReadOnlyList<FeedItem> After(long sequence, int max)
    {
        if (sequence >= _items.Count)
            return [];
        var from = (int)Math.Max(0, sequence);
        return _items.GetRange(from, Math.Min(max, _items.Count - from));
    }

    /// <summary>What from now on is told without an alert.</summary>
    internal NotificationPreferences Preferences { get; set; } = NotificationPreferences.Everything;

    /// <summary>For a feed that shares another's list, that one must be told first.</summary>
    internal void Tell(DateTimeOffset at, ChangeCode code, DocumentId? document, Actor by)
    {
        if (_same is null)
            _items.Add(new FeedItem(_items.Count + 1, at, code, document, by) { IsSilent = Preferences.Mutes(code) });
    }

    /// <summary>From here on it is told apart from the feed that it shares a list with.</summary>
    internal void Part()
    {
        if (_same is null)
            return;
        _orders = _same.CopyOrders();
        _same = null;
        _items = [.. _items];
    }
}
