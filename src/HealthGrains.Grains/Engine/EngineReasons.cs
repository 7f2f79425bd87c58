namespace HealthGrains.Grains.Engine;

/// <summary>Which limit refused a call: a tag of the metrics.</summary>
internal enum RefusedBy
{
    /// <summary>The calls under way in the engine, for this priority.</summary>
    Calls,

    /// <summary>The calls waiting for one grain.</summary>
    Mailbox,

    /// <summary>The grains in memory, all of them busy.</summary>
    Activations,

    /// <summary>It waited too long under high load.</summary>
    Late,

    /// <summary>The turns that run already will take too long.</summary>
    ExpectedWait,

    /// <summary>The engine is ending.</summary>
    Draining,
}

/// <summary>Why a grain left the memory: a tag of the metrics.</summary>
internal enum LetGo
{
    /// <summary>Nobody asked it for a long time.</summary>
    Idle,

    /// <summary>Another grain needed its place.</summary>
    PlaceNeeded,
}
