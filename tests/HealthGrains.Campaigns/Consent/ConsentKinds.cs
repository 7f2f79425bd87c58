namespace HealthGrains.Campaigns.Consent;

/// <summary>The ways in which the patient shuts the door.</summary>
internal enum Revocation
{
    /// <summary>The professional's permits end.</summary>
    Revoke,

    /// <summary>The professional is blocked, in every mode.</summary>
    Block,

    /// <summary>The structure in which the professional acts is refused.</summary>
    DenyStructure,

    /// <summary>One document is masked.</summary>
    Mask,

    /// <summary>The record is closed.</summary>
    Close,
}

/// <summary>The ways in which a professional looks in.</summary>
internal enum Probe
{
    Content,
    Entry,
    List,

    /// <summary>The second page, with a token that was given before the revocation.</summary>
    PageTwo,
    Changes,

    /// <summary>A stream that is opened.</summary>
    Watch,
    Inbox,
    Follow,

    /// <summary>The content, by breaking the glass.</summary>
    Glass,
}

/// <summary>What a revocation covers.</summary>
internal static class Cover
{
    public static readonly Probe[] Probes = Enum.GetValues<Probe>();

    public static readonly Revocation[] Revocations = Enum.GetValues<Revocation>();

    /// <summary>True if the probe must find nothing once the revocation is acknowledged. An emergency needs no authorisation, so
    /// losing one does not end it; a mask hides one document, and neither follower nor stream.</summary>
    public static bool Of(Revocation revocation, Probe probe) => (revocation, probe) switch
    {
        (Revocation.Revoke or Revocation.DenyStructure, Probe.Glass) => false,
        (Revocation.Mask, Probe.Follow or Probe.Watch) => false,
        _ => true,
    };
}
