namespace HealthGrains.Services;

/// <summary>Every maximum of the services: its name and what happens at it. What a submission may hold is in the domain
/// (<c>Documents/Intake/IntakeLimits</c>), what a call may hold in the RPC layer.</summary>
public static class ServiceLimits
{
    /// <summary>Page size where none is stated.</summary>
    public const int PageSizeDefault = 50;

    /// <summary>A larger page is clipped.</summary>
    public const int PageSizeMax = 200;

    /// <summary>Watching streams of one identity. The newest is refused with <c>OVERLOADED</c>.</summary>
    public const int StreamsPerIdentityMax = 16;

    /// <summary>Identities that watch at once; one more is refused with <c>OVERLOADED</c>.</summary>
    public const int WatchingIdentitiesMax = 50_000;

    /// <summary>An idle stream says so this often.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>How old the answer of a patient's grain may be when a further item of its page is sent to the patient: a page
    /// that a slow reader takes longer for is asked again from where it stands. For a professional each item is asked
    /// about by itself.</summary>
    public static readonly TimeSpan RecheckAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>How long an open stream waits before it asks a busy grain again; doubled each time, and scattered.</summary>
    public static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(20);

    /// <summary>How often an open stream asks a busy grain, about 5 s in all; then it ends with <c>OVERLOADED</c>.</summary>
    public const int BusyTriesMax = 9;

    /// <summary>Requests under way on one <c>SubmitMany</c>; then the stream is read no further.</summary>
    public const int SubmitManyInFlightMax = 256;

    /// <summary>Requests of one <c>SubmitMany</c> under way for one patient; the others of that patient wait in the stream, so
    /// that a batch for one person does not fill the mailbox of the record.</summary>
    public const int SubmitManyPerPatientMax = 32;

    /// <summary>Bytes of content under way on one <c>SubmitMany</c>; then the stream is read no further. It leaves room for
    /// one largest message beside what is counted.</summary>
    public const long SubmitManyBytesMax = 32L * 1024 * 1024;

    /// <summary>Longest silence of the caller of <c>SubmitMany</c>; then DEADLINE_EXCEEDED.</summary>
    public static readonly TimeSpan SubmitManyIdleMax = TimeSpan.FromMinutes(10);

    /// <summary>Inboxes that are asked at once for one <c>TrackDelivery</c>.</summary>
    public const int TrackWindowMax = 32;

    /// <summary>Agendas that are asked at once for a page of <c>ListStalledDeliveries</c>.</summary>
    public const int AgendasAskedMax = 16;

    /// <summary>Alarms that one <c>RedriveDeliveries</c> without ids tries, the oldest; call it again for the others.</summary>
    public const int RedrivenMax = 1_000;

    /// <summary>Deliveries that one <c>RedriveDeliveries</c> tries at once.</summary>
    public const int RedriveWindowMax = 8;

    /// <summary>How old the count of alarms in <c>GetStatus</c> may be.</summary>
    public static readonly TimeSpan AlarmsCountedEvery = TimeSpan.FromSeconds(10);

    /// <summary>Documents that are asked about at once for one <c>Reconcile</c>; the others wait.</summary>
    public const int ReconcileWindowMax = 32;

    /// <summary>Documents of a producer's own list in one <c>Reconcile</c>; more are refused with <c>METADATA_INVALID</c>.</summary>
    public const int ClaimsMax = 10_000;

    /// <summary>How long <c>Reconcile</c> with a list waits for routing, before it leaves open what the ledger does not have.</summary>
    public static readonly TimeSpan ReconcileWaitMax = TimeSpan.FromSeconds(10);

    /// <summary>How often it looks meanwhile.</summary>
    public static readonly TimeSpan ReconcilePause = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest silence of the caller of <c>Upload</c>; then DEADLINE_EXCEEDED.</summary>
    public static readonly TimeSpan UploadIdleMax = TimeSpan.FromSeconds(60);

    /// <summary>A longer one is refused with <c>METADATA_INVALID</c>, and comes back cut.</summary>
    public const int CorrelationIdCharsMax = 128;

    /// <summary>Of a reason or another text in a caller's own words.</summary>
    public const int ReasonCharsMax = 1_000;

    public const int HolderNameCharsMax = 256;

    public const int TermsVersionCharsMax = 128;

    /// <summary>Of what a service of a third party asks for; a longer one is refused with <c>METADATA_INVALID</c>.</summary>
    public const int PerimeterCharsMax = 1_000;

    /// <summary>Types in one filter.</summary>
    public const int TypeCodesMax = 100;

    /// <summary>Classes in one filter.</summary>
    public const int ClassCodesMax = 20;

    /// <summary>Statuses in one filter.</summary>
    public const int StatusesMax = 10;

    /// <summary>A longer token is none of ours.</summary>
    public const int PageTokenCharsMax = 512;

    /// <summary>An older token is refused: whoever pages goes on.</summary>
    public static readonly TimeSpan PageTokenLifetime = TimeSpan.FromHours(24);

    /// <summary>Inbox items whose patients are asked at once, before each of them is asked about by itself.</summary>
    public const int InboxWindowMax = 32;

    /// <summary>Entries of the log read at once for one tailing operator.</summary>
    public const int TailPageMax = 200;

    /// <summary>What a caller is told to wait before it tries again.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
}
