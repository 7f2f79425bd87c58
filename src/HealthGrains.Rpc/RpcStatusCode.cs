namespace HealthGrains.Rpc;

/// <summary>The codes of gRPC, with the numbers that travel in the trailer "grpc-status".</summary>
public enum RpcStatusCode
{
    /// <summary>It worked.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>An error from elsewhere that says nothing more.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the server.</summary>
    InvalidArgument = 3,

    /// <summary>Time ran out; the call may have taken effect.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for does not exist, for this caller.</summary>
    NotFound = 5,

    /// <summary>What was to be made exists.</summary>
    AlreadyExists = 6,

    /// <summary>This caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota or the server's capacity is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of the server forbids it, until somebody changes that state.</summary>
    FailedPrecondition = 9,

    /// <summary>A race was lost; a repetition from the start may win.</summary>
    Aborted = 10,

    /// <summary>Past the end of what exists.</summary>
    OutOfRange = 11,

    /// <summary>The server has no such method, or not this way of calling it.</summary>
    Unimplemented = 12,

    /// <summary>The server broke a rule of its own, or the framing is broken.</summary>
    Internal = 13,

    /// <summary>Not now; a repetition is likely to work.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or damaged.</summary>
    DataLoss = 15,

    /// <summary>It is not known who calls.</summary>
    Unauthenticated = 16,
}
