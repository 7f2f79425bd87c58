using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;

namespace HealthGrains.Domain.Notifications;

/// <summary>Who on the patient's side reads: each with a cursor of its own.</summary>
public enum PatientAudience
{
    Patient,

    /// <summary>Legal representatives of a minor.</summary>
    Representatives,

    Caregivers,
}

/// <summary>What the audiences of the patient's side are told, each in a sequence without gaps.</summary>
/// <remarks>Most records never tell one audience what another is not told: until then all three share one list.</remarks>
public sealed class PatientFeeds
{
    public PatientFeeds()
    {
        Patient = new AudienceFeed();
        Representatives = new AudienceFeed(Patient);
        Caregivers = new AudienceFeed(Patient);
    }

    public AudienceFeed Patient { get; }

    public AudienceFeed Representatives { get; }

    public AudienceFeed Caregivers { get; }

    public AudienceFeed Of(PatientAudience audience) => audience switch
    {
        PatientAudience.Patient => Patient,
        PatientAudience.Representatives => Representatives,
        _ => Caregivers,
    };

    /// <param name="at">When it happened.</param>
    /// <param name="code">What happened.</param>
    /// <param name="document">The document concerned, or null.</param>
    /// <param name="by">Who did it.</param>
    /// <param name="patient">The person is told.</param>
    /// <param name="delegates">Representatives and caregivers are told.</param>
    internal void Tell(
        DateTimeOffset at, ChangeCode code, DocumentId? document, Actor by, bool patient = true, bool delegates = true) =>
        Tell(at, code, document, by, patient, delegates, delegates);

    /// <summary>From here on the person is not alerted of this; who acts for the person is.</summary>
    internal void Mute(NotificationPreferences preferences)
    {
        Representatives.Part();
        Caregivers.Part();
        Patient.Preferences = preferences;
    }

    /// <summary>Who helps is the person's own business: the person and the representatives are told, and no caregiver of
    /// another.</summary>
    internal void TellOfCaregiver(DateTimeOffset at, ChangeCode code, Actor by) => Tell(at, code, null, by, true, true, false);

    /// <summary>The person is reminded of the consents that others gave.</summary>
    /// <param name="at">When it happened.</param>
    /// <param name="by">Who did it.</param>
    /// <param name="representatives">They are told now, as earlier versions did; they can read it no more.</param>
    internal void TellOfMajority(DateTimeOffset at, Actor by, bool representatives)
    {
        Tell(at, ChangeCode.MajorityReached, null, by, true, false, false);
        if (representatives)
            TellOfMajorityToCome(at, by);
    }

    /// <summary>The representatives are reminded that their part ends.</summary>
    internal void TellOfMajorityToCome(DateTimeOffset at, Actor by) =>
        Tell(at, ChangeCode.MajorityReachedForRepresentatives, null, by, false, true, false);

    /// <summary>Takes in what a record that becomes part of this one has told. Muted is what both muted.</summary>
    internal void Absorb(PatientFeeds other, PatientId from, Func<DocumentId?, DocumentId?> rename)
    {
        AbsorbShared(Representatives, other.Representatives);
        AbsorbShared(Caregivers, other.Caregivers);
        Patient.Absorb(other.Patient, from, rename);
        Patient.Preferences = NotificationPreferences.Muting(
            Enum.GetValues<NotificationCategory>().Where(category =>
                Patient.Preferences.Mutes(category) && other.Patient.Preferences.Mutes(category)));

        void AbsorbShared(AudienceFeed mine, AudienceFeed theirs)
        {
            if (mine.IsShared && theirs.IsShared)
                return;
            mine.Part();
            mine.Absorb(theirs, from, rename);
        }
    }

    private void Tell(
        DateTimeOffset at,
        ChangeCode code,
        DocumentId? document,
        Actor by,
        bool patient,
        bool representatives,
        bool caregivers)
    {
        if (representatives != patient)
            Representatives.Part();
        if (caregivers != patient)
            Caregivers.Part();
        if (patient)
            Patient.Tell(at, code, document, by);
        if (representatives)
            Representatives.Tell(at, code, document, by);
        if (caregivers)
            Caregivers.Tell(at, code, document, by);
    }
}

/// <summary>The accesses that one side is shown, in order and with a numbering of their own: neither a trace nor a gap nor an
/// id tells of a document that is hidden from it.</summary>
internal sealed class ShownAccesses
{
    private readonly List<TracedAccess> _shown = [];

    // Null in most records, which hide nothing.
    private Dictionary<DocumentId, List<TracedAccess>>? _withheld;

    public IReadOnlyList<TracedAccess> Shown => _shown;

    public ShownAccesses Copy()
    {
        var copy = new ShownAccesses();
        copy._shown.AddRange(_shown);
        copy._withheld = _withheld?.ToDictionary(one => one.Key, one => new List<TracedAccess>(one.Value));
        return copy;
    }

    public void Show(DateTimeOffset at, Actor by, AccessTrace trace) =>
        _shown.Add(new TracedAccess(_shown.Count + 1, at, by, trace));

    public void Withhold(DocumentId document, TracedAccess access)
    {
        _withheld ??= [];
        if (!_withheld.TryGetValue(document, out var withheld))
            _withheld.Add(document, withheld = []);
        withheld.Add(access);
    }

    public void ForgetWithheld() => _withheld = null;

    /// <summary>Takes in what a record that becomes part of this one has shown: after what this one has.</summary>
    public void Absorb(ShownAccesses other, IndexUnion documents)
    {
        foreach (var access in other._shown)
            Show(access.At, access.By, documents.Rename(access.Trace));
        if (other._withheld is null)
            return;
        foreach (var (document, withheld) in other._withheld)
        {
            foreach (var access in withheld)
                Withhold(documents.Here(document), access with { Trace = documents.Rename(access.Trace) });
        }
    }

    /// <summary>Who read it while it was hidden is told now: with a number of now, so that no page is past it.</summary>
    public void Release(DocumentId document)
    {
        if (_withheld is null || !_withheld.Remove(document, out var released))
            return;
        foreach (var access in released)
            Show(access.At, access.By, access.Trace);
    }
}
