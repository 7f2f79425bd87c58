using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Services.Calls;

/// <summary>Who calls, and until when that is known: a stream ends with its caller's token.</summary>
/// <param name="Expires">Null where the token's end was not handed over.</param>
public readonly record struct CallerSession(Caller Caller, DateTimeOffset? Expires)
{
    /// <summary>What authentication put into <see cref="RpcCall.Caller"/>: a session, a validated token, or a caller.</summary>
    /// <exception cref="RpcException">NOT_AUTHENTICATED: nobody did.</exception>
    public static CallerSession Of(RpcCall call) => call.Caller switch
    {
        CallerSession session => session,
        ValidatedToken token => new CallerSession(token.Caller, token.Expires),
        Caller caller => new CallerSession(caller, null),
        _ => throw RefusalStatus.Of(NotAuthenticated),
    };

    /// <returns>NOT_AUTHENTICATED once the token has run out, else null.</returns>
    public Refusal? CheckExpired(DateTimeOffset now) => Expires <= now ? Expired : null;

    /// <exception cref="RpcException">NOT_AUTHENTICATED: the token has run out.</exception>
    public void ThrowIfExpired(DateTimeOffset now)
    {
        if (CheckExpired(now) is { } refusal)
            throw RefusalStatus.Of(refusal);
    }

    private static readonly Refusal NotAuthenticated =
        new(RefusalCode.NotAuthenticated, "It is not known who calls.");

    private static readonly Refusal Expired =
        new(RefusalCode.NotAuthenticated, "The token has run out: resume with a new one.");
}
