using System.Reflection;
using Google.Rpc;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class RefusalStatusTests
{
    public static TheoryData<RefusalCode> Codes => [.. Enum.GetValues<RefusalCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code_has_a_status_and_the_details_of_the_contract(RefusalCode code)
    {
        var refusal = new Refusal(code, "A sentence.", "metadata.title").With("head_document_id", "d");
        if (code == RefusalCode.PartialSuccess)
        {
            Assert.Equal(RpcStatusCode.Ok, RefusalStatus.CodeOf(code));
            Assert.Throws<ArgumentException>(() => RefusalStatus.Of(refusal));
            return;
        }

        var status = RefusalStatus.Of(refusal);
        Assert.NotEqual(RpcStatusCode.Ok, status.Code);
        Assert.Equal("A sentence.", status.Detail);
        var info = status.FindDetail<ErrorInfo>();
        Assert.NotNull(info);
        Assert.Equal(RefusalCodes.Name(code), info.Reason);
        Assert.Equal("healthgrains", info.Domain);
        Assert.Equal(((int)code).ToString(), info.Metadata["number"]);
        Assert.Equal("d", info.Metadata["head_document_id"]);
        Assert.Equal(refusal.Retryable ? "true" : "false", info.Metadata["retryable"]);
        Assert.Equal("metadata.title", Assert.Single(status.FindDetail<BadRequest>()!.FieldViolations).Field);
        Assert.Equal(refusal.Retryable, status.FindDetail<RetryInfo>() is not null);
    }

    // The codes of the published table that a client may branch on without reading the details.
    [Theory]
    [InlineData(RefusalCode.InsMissing, RpcStatusCode.InvalidArgument)]
    [InlineData(RefusalCode.InsMismatch, RpcStatusCode.FailedPrecondition)]
    [InlineData(RefusalCode.InsNotQualified, RpcStatusCode.FailedPrecondition)]
    [InlineData(RefusalCode.PatientUnknown, RpcStatusCode.NotFound)]
    [InlineData(RefusalCode.NotAuthenticated, RpcStatusCode.Unauthenticated)]
    [InlineData(RefusalCode.StructureMismatch, RpcStatusCode.PermissionDenied)]
    [InlineData(RefusalCode.CallerKindForbidden, RpcStatusCode.PermissionDenied)]
    [InlineData(RefusalCode.UniqueIdReused, RpcStatusCode.AlreadyExists)]
    [InlineData(RefusalCode.StaleVersion, RpcStatusCode.FailedPrecondition)]
    [InlineData(RefusalCode.TargetNotFound, RpcStatusCode.NotFound)]
    [InlineData(RefusalCode.ConsentRequired, RpcStatusCode.PermissionDenied)]
    [InlineData(RefusalCode.DocumentNotFound, RpcStatusCode.NotFound)]
    [InlineData(RefusalCode.CursorExpired, RpcStatusCode.OutOfRange)]
    [InlineData(RefusalCode.Overloaded, RpcStatusCode.ResourceExhausted)]
    [InlineData(RefusalCode.TemporarilyUnavailable, RpcStatusCode.Unavailable)]
    [InlineData(RefusalCode.InternalError, RpcStatusCode.Internal)]
    public void Codes_have_the_status_of_the_published_table(RefusalCode code, RpcStatusCode status) =>
        Assert.Equal(status, RefusalStatus.CodeOf(code));

    [Fact]
    public void Every_failure_of_the_store_has_a_refusal()
    {
        Exception[] failures =
        [
            new JournalConflictException("secret"),
            new JournalUnavailableException("secret"),
            new JournalUnavailableException("secret", JournalUnavailableReason.DiskFull),
            new JournalUnavailableException("secret", JournalUnavailableReason.Away),
            new JournalOutcomeUnknownException("secret"),
            new JournalDamagedException(new JournalDamage(null, 1, 2, 3, "secret")),
            new EngineOverloadedException("secret"),
            new EngineDrainingException(),
        ];

        // The set is closed: a new kind of failure without a row is found here.
        var kinds = typeof(JournalException).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(JournalException)) && !type.IsAbstract).ToHashSet();
        Assert.Subset(failures.Select(failure => failure.GetType()).ToHashSet(), kinds);

        foreach (var failure in failures)
        {
            var refusal = RefusalStatus.RefusalOf(failure);
            Assert.NotNull(refusal);
            Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
            Assert.NotNull(RefusalStatus.Of(failure));
        }
    }

    [Theory]
    [InlineData(JournalUnavailableReason.Busy, RefusalCode.Overloaded)]
    [InlineData(JournalUnavailableReason.DiskFull, RefusalCode.Overloaded)]
    [InlineData(JournalUnavailableReason.Away, RefusalCode.TemporarilyUnavailable)]
    public void A_store_that_cannot_serve_says_whether_to_wait(JournalUnavailableReason reason, RefusalCode code) =>
        Assert.Equal(code, RefusalStatus.RefusalOf(new JournalUnavailableException("x", reason))?.Code);

    [Fact]
    public void A_bug_is_not_dressed_up_as_a_refusal()
    {
        Assert.Null(RefusalStatus.RefusalOf(new InvalidOperationException("x")));
        Assert.Null(RefusalStatus.RefusalOf(new OperationCanceledException()));
        Assert.Null(RefusalStatus.Of(new RpcException(RpcStatusCode.Internal, "x")));
    }

    [Fact]
    public void An_unknown_outcome_says_so_and_may_be_repeated()
    {
        var refusal = RefusalStatus.RefusalOf(new JournalOutcomeUnknownException("x"))!;
        Assert.True(refusal.Retryable);
        Assert.Equal("unknown", refusal.Details!["outcome"]);
    }
}
