using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;

namespace HealthGrains.Services;

/// <summary>The one place where a "no" becomes a gRPC status: refusals of the domain, and failures of store and engine.</summary>
/// <remarks>The details are those of <c>google.rpc</c>: <c>ErrorInfo</c> always, <c>BadRequest</c> where a field is at fault,
/// <c>RetryInfo</c> where the same request may succeed later, <c>QuotaFailure</c> where the caller asked for too much. A message is one of our own sentences: it holds no text of an
/// exception, no SQL, nothing that the caller sent and nothing of a patient. Retrying is safe wherever it is offered: every
/// change is idempotent, a submission by its unique id.</remarks>
public static class RefusalStatus
{
    public const string Domain = "healthgrains";

    /// <summary>Key of a refusal's details that lists several paths, separated by commas.</summary>
    public const string FieldsKey = "fields";

    /// <summary>Key of a refusal's details that names the quota that spoke: <c>organization</c>, <c>patient</c>,
    /// <c>professional</c>, <c>lookups</c>, <c>share</c>.</summary>
    public const string QuotaKey = "quota";

    /// <summary>Key of a refusal's details that says after how many milliseconds to try again.</summary>
    public const string RetryAfterKey = "retry_after_ms";

    public static RpcStatusCode CodeOf(RefusalCode code) => code switch
    {
        RefusalCode.InsMissing => RpcStatusCode.InvalidArgument,
        RefusalCode.InsMalformed => RpcStatusCode.InvalidArgument,
        RefusalCode.InsRealmMismatch => RpcStatusCode.InvalidArgument,
        RefusalCode.InsMismatch => RpcStatusCode.FailedPrecondition,
        RefusalCode.InsTraitsIncomplete => RpcStatusCode.InvalidArgument,
        RefusalCode.InsNotQualified => RpcStatusCode.FailedPrecondition,
        RefusalCode.PatientUnknown => RpcStatusCode.NotFound,
        RefusalCode.NotAuthenticated => RpcStatusCode.Unauthenticated,
        RefusalCode.ContextIncomplete => RpcStatusCode.PermissionDenied,
        RefusalCode.StructureMismatch => RpcStatusCode.PermissionDenied,
        RefusalCode.NotAuthor => RpcStatusCode.PermissionDenied,
        RefusalCode.CallerKindForbidden => RpcStatusCode.PermissionDenied,
        RefusalCode.RecordClosed => RpcStatusCode.FailedPrecondition,
        RefusalCode.RecordNotActivated => RpcStatusCode.FailedPrecondition,
        RefusalCode.FeedingOpposed => RpcStatusCode.FailedPrecondition,
        RefusalCode.MetadataInvalid => RpcStatusCode.InvalidArgument,
        RefusalCode.TypeUnknown => RpcStatusCode.InvalidArgument,
        RefusalCode.CdaHeaderMismatch => RpcStatusCode.InvalidArgument,
        RefusalCode.HashMismatch => RpcStatusCode.InvalidArgument,
        RefusalCode.UniqueIdReused => RpcStatusCode.AlreadyExists,
        RefusalCode.DuplicateInSet => RpcStatusCode.InvalidArgument,
        RefusalCode.StaleVersion => RpcStatusCode.FailedPrecondition,
        RefusalCode.TargetNotFound => RpcStatusCode.NotFound,
        RefusalCode.TwinMissing => RpcStatusCode.FailedPrecondition,
        RefusalCode.LabelCombination => RpcStatusCode.InvalidArgument,
        RefusalCode.LabelRequiredSecret => RpcStatusCode.InvalidArgument,
        RefusalCode.DocumentTooLarge => RpcStatusCode.InvalidArgument,
        RefusalCode.MimeNotAllowed => RpcStatusCode.InvalidArgument,

        // A partial success is an answer: each item has its own result.
        RefusalCode.PartialSuccess => RpcStatusCode.Ok,
        RefusalCode.ConsentRequired => RpcStatusCode.PermissionDenied,
        RefusalCode.AccessDenied => RpcStatusCode.PermissionDenied,
        RefusalCode.AccessBlocked => RpcStatusCode.PermissionDenied,
        RefusalCode.EmergencyRefused => RpcStatusCode.PermissionDenied,
        RefusalCode.EmergencyReasonRequired => RpcStatusCode.InvalidArgument,
        RefusalCode.RegulationRoleRequired => RpcStatusCode.PermissionDenied,
        RefusalCode.MatrixDenied => RpcStatusCode.PermissionDenied,
        RefusalCode.DocumentNotFound => RpcStatusCode.NotFound,
        RefusalCode.DelegationForbidden => RpcStatusCode.PermissionDenied,
        RefusalCode.CursorExpired => RpcStatusCode.OutOfRange,
        RefusalCode.Overloaded => RpcStatusCode.ResourceExhausted,
        RefusalCode.TemporarilyUnavailable => RpcStatusCode.Unavailable,
        RefusalCode.InternalError => RpcStatusCode.Internal,
        _ => throw new ArgumentOutOfRangeException(nameof(code), (int)code, "Not a code of the vocabulary."),
    };

    /// <summary>The status that ends a call with this refusal.</summary>
    /// <exception cref="ArgumentException">A partial success is no refusal of a call.</exception>
    public static RpcException Of(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        var term = RefusalVocabulary.Of(refusal.Code);
        var code = CodeOf(refusal.Code);
        if (code == RpcStatusCode.Ok)
            throw new ArgumentException("A partial success is an answer, not a refusal.", nameof(refusal));

        var info = new ErrorInfo { Reason = term.Name, Domain = Domain };
        AddFacts(info.Metadata, refusal);
        var details = new List<IMessage>(3) { info };
        if (BadRequestOf(refusal) is { } badRequest)
            details.Add(badRequest);
        if (term.Retryable)
            details.Add(new RetryInfo { RetryDelay = Duration.FromTimeSpan(RetryDelayOf(refusal)) });
        if (refusal.Details?.GetValueOrDefault(QuotaKey) is { } quota)
            details.Add(new QuotaFailure { Violations = { new QuotaFailure.Types.Violation { Subject = quota, Description = refusal.Message } } });
        return new RpcException(code, refusal.Message, details);
    }

    /// <summary>The refusal that a failure of store or engine amounts to.</summary>
    /// <returns>Null for anything else: a bug, a cancellation, a status that is one already.</returns>
    public static Refusal? RefusalOf(Exception exception) => exception switch
    {
        EngineOverloadedException => Overloaded,
        EngineDrainingException => Away,
        JournalUnavailableException { Reason: JournalUnavailableReason.Away } => Away,
        JournalUnavailableException => Overloaded,
        JournalConflictException => Away,

        // It may have been written. Every command may be repeated: the repetition finds out.
        JournalOutcomeUnknownException => Unsettled,
        JournalDamagedException => Damaged,
        _ => null,
    };

    /// <summary>The status of a failure of store or engine; null for what <see cref="RefusalOf"/> does not know. For
    /// <see cref="RpcServerOptions.MapException"/>.</summary>
    public static RpcException? Of(Exception exception) => RefusalOf(exception) is { } refusal ? Of(refusal) : null;

    /// <summary>A method, or a way of calling it, that this version does not serve.</summary>
    public static RpcException Unimplemented(string what) => new(RpcStatusCode.Unimplemented, what);

    /// <summary>Facts for programs: the same keys in <c>ErrorInfo.metadata</c> and in a <c>Refusal</c> of a stream.</summary>
    internal static void AddFacts(IDictionary<string, string> facts, Refusal refusal)
    {
        facts["number"] = ((int)refusal.Code).ToString(System.Globalization.CultureInfo.InvariantCulture);
        facts["retryable"] = refusal.Retryable ? "true" : "false";
        if (refusal.Details is null)
            return;
        foreach (var (key, value) in refusal.Details)
            facts[key] = value;
    }

    /// <summary>Every path at fault, in the order of the request.</summary>
    internal static IReadOnlyList<string> FieldsOf(Refusal refusal) =>
        refusal.Details is { } details && details.TryGetValue(FieldsKey, out var fields) ? fields.Split(',')
        : refusal.Field is { } field ? [field]
        : [];

    private static TimeSpan RetryDelayOf(Refusal refusal) =>
        refusal.Details?.GetValueOrDefault(RetryAfterKey) is { } text
        && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : ServiceLimits.RetryDelay;

    private static BadRequest? BadRequestOf(Refusal refusal)
    {
        var fields = FieldsOf(refusal);
        if (fields.Count == 0)
            return null;
        var badRequest = new BadRequest();
        foreach (var field in fields)
            badRequest.FieldViolations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = refusal.Message });
        return badRequest;
    }

    private static readonly Refusal Overloaded =
        new(RefusalCode.Overloaded, "Too much work at this moment: nothing was done, try again.");

    private static readonly Refusal Away =
        new(RefusalCode.TemporarilyUnavailable, "Something that the server needs is away: nothing was done, try again.");

    private static readonly Refusal Unsettled =
        new Refusal(
            RefusalCode.TemporarilyUnavailable, "It is not known whether it took effect: repeat the same request, which is safe.")
            .With("outcome", "unknown");

    private static readonly Refusal Damaged =
        new(RefusalCode.InternalError, "What is stored is damaged: nothing was answered from it.");
}
