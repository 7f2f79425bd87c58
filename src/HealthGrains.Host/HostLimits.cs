namespace HealthGrains.Host;

/// <summary>Every maximum of the host and its command line.</summary>
internal static class HostLimits
{
    /// <summary>Largest content that travels inside a submission, in bytes; a larger one is uploaded before.</summary>
    public const int InlineBytesMax = 4 * 1024 * 1024;

    /// <summary>Largest content at all, in bytes.</summary>
    public const int DocumentBytesMax = 100 * 1024 * 1024;

    /// <summary>Bytes of one message of an upload.</summary>
    public const int UploadChunkBytes = 1024 * 1024;

    /// <summary>Submissions without an answer yet, unless told otherwise, and at most.</summary>
    public const int InFlightDefault = 64;
    public const int InFlightMax = 256;

    /// <summary>How often the file of the habilitation matrix is looked at.</summary>
    public static readonly TimeSpan MatrixLookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of that file.</summary>
    public const int MatrixBytesMax = 2 * 1024 * 1024;

    /// <summary>How often the other files of data are looked at: depositors, revocation lists.</summary>
    public static readonly TimeSpan DataFileLookEvery = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of the file of delegated depositors.</summary>
    public const int DepositorsBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes of the file of revocation lists.</summary>
    public const int RevocationsBytesMax = 32 * 1024 * 1024;

    /// <summary>Certificates of a client's chain, its own and the authority's among them.</summary>
    public const int ClientChainMax = 4;

    /// <summary>Issuers of tokens.</summary>
    public const int IssuersMax = 16;

    /// <summary>How often a submission that the server put off is sent again.</summary>
    public const int AttemptsMax = 8;

    /// <summary>First pause before sending again; it doubles.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest pause before sending again.</summary>
    public static readonly TimeSpan RetryPauseMax = TimeSpan.FromSeconds(5);

    /// <summary>How long a server that went away is waited for.</summary>
    public static readonly TimeSpan ReconnectFor = TimeSpan.FromSeconds(30);

    /// <summary>How long answers are waited for once Ctrl-C was pressed.</summary>
    public static readonly TimeSpan StopWait = TimeSpan.FromSeconds(10);

    /// <summary>Results waiting to be written.</summary>
    public const int OutcomesMax = 1024;

    /// <summary>Deepest directory below a path that is submitted.</summary>
    public const int DirectoryDepthMax = 64;

    /// <summary>Documents that one <c>generate</c> makes.</summary>
    public const int GeneratedMax = 10_000_000;

    /// <summary>How long turns and streams may take to end once the server stops.</summary>
    public static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    /// <summary>The same once the store has stopped itself, when nothing that waits can be acknowledged any more.</summary>
    public static readonly TimeSpan DrainAfterFailure = TimeSpan.FromSeconds(1);
}
