using Google.Rpc;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Authentication;

public sealed class RpcAuthenticationTests : IDisposable
{
    private readonly TokenBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task A_call_gets_its_caller_and_the_end_of_its_token()
    {
        var call = new RpcCall("/a/b", new RpcMetadata { { "authorization", "Bearer " + _bench.Good() } });
        await Authentication().AuthenticateAsync(call, CancellationToken.None);
        var session = Assert.IsType<CallerSession>(call.Caller);
        Assert.IsType<Caller.Producer>(session.Caller);
        Assert.Equal(_bench.Clock.Now.AddSeconds(330), session.Expires);
    }

    [Fact]
    public async Task A_token_that_comes_twice_is_none()
    {
        var twice = new RpcMetadata { { "authorization", "Bearer " + _bench.Good() }, { "authorization", "Bearer " + _bench.Good() } };
        Assert.Equal("NOT_AUTHENTICATED", (await RefusalOf(twice)).Reason);
    }

    [Fact]
    public async Task A_refusal_repeats_nothing_of_the_token()
    {
        var token = _bench.Good().Replace("eyJ", "eyK", StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<RpcException>(() => Ask(new RpcMetadata { { "authorization", "Bearer " + token } }));
        Assert.Equal(RpcStatusCode.Unauthenticated, error.Code);
        foreach (var part in token.Split('.')) Assert.DoesNotContain(part, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_that_are_away_are_no_fault_of_the_caller()
    {
        _bench.Keys.Keys.Clear();
        _bench.Keys.Reachable = false;
        var error = await Assert.ThrowsAsync<RpcException>(() => Ask(new RpcMetadata { { "authorization", "Bearer " + _bench.Good() } }));
        Assert.Equal(RpcStatusCode.Unavailable, error.Code);
        Assert.NotNull(error.FindDetail<RetryInfo>());
    }

    [Fact]
    public void Every_problem_is_a_refusal_with_a_sentence()
    {
        foreach (var problem in Enum.GetValues<TokenProblem>().Where(p => p != TokenProblem.None))
        {
            var error = RpcAuthentication.Refuse(problem);
            Assert.Equal("healthgrains", error.FindDetail<ErrorInfo>()?.Domain);
            Assert.NotEqual("The caller is not known.", error.Detail);
            Assert.Equal(
                problem switch
                {
                    TokenProblem.Situation or TokenProblem.Organization or TokenProblem.ActsForOther => RpcStatusCode.PermissionDenied,
                    TokenProblem.KeysUnreachable => RpcStatusCode.Unavailable,
                    _ => RpcStatusCode.Unauthenticated,
                },
                error.Code);
        }
    }

    private RpcAuthentication Authentication() => new(new CallerAuthentication(_bench.Validator, _bench.Rules));

    private async Task Ask(RpcMetadata metadata) => await Authentication().AuthenticateAsync(new RpcCall("/a/b", metadata), CancellationToken.None);

    private async Task<ErrorInfo> RefusalOf(RpcMetadata metadata) =>
        (await Assert.ThrowsAsync<RpcException>(() => Ask(metadata))).FindDetail<ErrorInfo>()!;
}
