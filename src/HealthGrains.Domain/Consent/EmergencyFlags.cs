namespace HealthGrains.Domain.Consent;

/// <summary>What the patient permits in an emergency: three answers, each independent of the others.</summary>
/// <param name="RegulationCentre">ETREAT: the emergency call centre (SAMU) may read.</param>
/// <param name="BreakTheGlass">BTG: other professionals may break the glass.</param>
/// <param name="MaskedDocuments">MASKED: masked documents may be read too, in both modes.</param>
public readonly record struct EmergencyFlags(bool RegulationCentre, bool BreakTheGlass, bool MaskedDocuments);
