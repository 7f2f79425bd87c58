using HealthGrains.Domain.Access;
using HealthGrains.Domain.Consent;

namespace HealthGrains.Domain.Policies;

/// <summary>The parameters of the rules. Names follow the configuration: <c>Record:OpenOnFirstDeposit</c> is
/// <see cref="OpenOnFirstDeposit"/>.</summary>
public sealed record DomainPolicy
{
    public static readonly DomainPolicy Default = new();

    /// <summary><c>Record:OpenOnFirstDeposit</c>: a deposit opens a record that does not exist. Off in production, where
    /// records are opened by the national service.</summary>
    public bool OpenOnFirstDeposit { get; init; } = true;

    /// <summary><c>Submit:MaxClockSkew</c>: how far in the future a creation time may lie.</summary>
    public TimeSpan SubmitMaxClockSkew { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>Delivery:Deadline</c>: how long after acceptance a document may be on its way to those who are told.</summary>
    public TimeSpan DeliveryDeadline { get; init; } = TimeSpan.FromHours(24);

    /// <summary><c>Record:ReopenRestoresContent</c>: what was there before closing comes back with re-opening.</summary>
    public bool ReopenRestoresContent { get; init; }

    /// <summary><c>Authorization:DefaultDuration</c>: of an authorisation given without an end; null until revoked.</summary>
    public TimeSpan? AuthorizationDefaultDuration { get; init; }

    /// <summary><c>Authorization:ExplicitDuration</c>: how long consent that was given in front of a professional lasts, at most.</summary>
    public TimeSpan AuthorizationExplicitDuration { get; init; } = TimeSpan.FromDays(1);

    /// <summary><c>Labels:AllowMaskedAndInvisible</c>: whether a document may be hidden from professionals and from its
    /// patient at once.</summary>
    public bool AllowMaskedAndInvisible { get; init; }

    /// <summary><c>Labels:InvisiblePatientMaxDays</c>: after how long a document that is hidden from its patient becomes visible
    /// by itself; null: never. Of what is hidden from then on.</summary>
    public TimeSpan? InvisiblePatientMax { get; init; }

    /// <summary><c>Record:RetentionYears</c>: how long a closed record is kept, and its traces.</summary>
    public int RetentionYears { get; init; } = 10;

    /// <summary><c>Record:OppositionWindowDays</c>: how long somebody to whom a record was announced may oppose before it opens.</summary>
    public TimeSpan OppositionWindow { get; init; } = TimeSpan.FromDays(42);

    /// <summary><c>Minor:MajorityAge</c>, in years; representation ends on that birthday.</summary>
    public int MajorityAge { get; init; } = 18;

    /// <summary><c>Minor:MajorityNotice</c>: how long before that birthday the representatives are reminded of it, who may read no
    /// more from then on.</summary>
    public TimeSpan MajorityNotice { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Emergency:Defaults</c>: what an emergency may read of a patient who has decided nothing.</summary>
    public EmergencyFlags EmergencyDefaults { get; init; } = new(true, true, false);

    /// <summary><c>Emergency:SessionDuration</c>: how long one emergency lasts. A stream ends with it, and whoever still needs to
    /// read says anew why; the patient is told anew.</summary>
    public TimeSpan EmergencySession { get; init; } = TimeSpan.FromHours(4);

    /// <summary><c>Access:BlockOverridesEmergency</c>: a professional who is blocked comes in by no emergency either.</summary>
    public bool BlockOverridesEmergency { get; init; } = true;

    /// <summary><c>Access:EmergencyAppliesMatrix</c>: the habilitation matrix bounds an emergency too.</summary>
    public bool EmergencyAppliesMatrix { get; init; } = true;

    /// <summary><c>Access:MedecinTraitantSeesMasked</c>: the attending physician (médecin traitant) reads masked documents
    /// under an authorisation.</summary>
    public bool AttendingPhysicianSeesMasked { get; init; } = true;

    /// <summary><c>Access:MedecinTraitantActsForPatient</c>: the attending physician exercises the patient's rights.</summary>
    public bool AttendingPhysicianActsForPatient { get; init; }

    /// <summary><c>Delegation:InvitationLifetime</c>: how long who is invited may wait with the answer.</summary>
    public TimeSpan DelegateInvitation { get; init; } = TimeSpan.FromDays(30);

    /// <summary><c>Matrix:File</c>: the habilitation matrix in force. A holder, because it is replaced while running.</summary>
    public AccessMatrixHolder Matrix { get; init; } = new(AccessMatrix.Shipped);
}
