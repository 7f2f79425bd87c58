namespace HealthGrains.Host.CommandLine;

/// <summary>How a command ended. Scripts rely on the numbers.</summary>
internal enum ExitCode
{
    Ok = 0,

    /// <summary>A defect of this program; nothing else uses it.</summary>
    Defect = 1,

    /// <summary>Options that do not fit together, or a request that is wrong whatever the state of the server.</summary>
    Usage = 2,

    /// <summary>What was asked for does not exist, for this caller.</summary>
    NotFound = 3,

    /// <summary>The token is missing or not taken, or the caller may not do this.</summary>
    Denied = 4,

    /// <summary>The state of the server contradicts: an id used for other bytes, an old version, a store that does not
    /// verify.</summary>
    Conflict = 5,

    /// <summary>The server cannot be reached, is too busy, or does not offer this.</summary>
    Unavailable = 6,

    /// <summary>Some of it was done, some was not; the output says which.</summary>
    Partial = 7,
}
