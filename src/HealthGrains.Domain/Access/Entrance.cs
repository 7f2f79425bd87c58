namespace HealthGrains.Domain.Access;

/// <summary>How a professional comes in for one call. Nothing of it stays: the next call states its own.</summary>
/// <param name="Reason">The caller's words; an emergency asks for them, and the patient reads them.</param>
/// <param name="IsRegulation">The caller's session is one of an emergency call centre (SAMU).</param>
public sealed record Entrance(AccessMode Mode, string Reason, bool IsRegulation)
{
    /// <summary>Under an authorisation.</summary>
    public static readonly Entrance Normal = new(AccessMode.Normal, "", false);

    /// <summary>A minor is treated in secrecy from the parents (connexion secrète): the trace is hidden from them.</summary>
    public bool IsSecret { get; init; }

    public bool IsEmergency => Mode != AccessMode.Normal;
}
