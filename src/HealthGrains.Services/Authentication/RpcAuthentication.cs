using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Authentication;

/// <summary>Puts the caller into each call, or ends it: what <see cref="RpcServerOptions.Authenticate"/> is set to.</summary>
public sealed class RpcAuthentication(CallerAuthentication authentication)
{
    /// <summary>Metadata that holds the token.</summary>
    public const string AuthorizationKey = "authorization";

    /// <summary>Metadata that names a professional's situation of practice; see <see cref="SituationChoice"/>.</summary>
    public const string SituationKey = "hg-situation";

    /// <exception cref="RpcException">UNAUTHENTICATED, PERMISSION_DENIED or UNAVAILABLE, without a word of the token.</exception>
    public async ValueTask AuthenticateAsync(RpcCall call, CancellationToken waiting)
    {
        ArgumentNullException.ThrowIfNull(call);

        // A credential that comes twice is none: two readers could take two different ones.
        call.RequestHeaders.TryGetSingle(AuthorizationKey, out var authorization);
        var check = await authentication.CheckAsync(
            authorization, call.RequestHeaders.Get(SituationKey), call.ClientCertificate, waiting);
        if (check.Caller is { } caller)
        {
            call.Caller = new CallerSession(caller, check.Expires);
            return;
        }

        AuthenticationInstruments.CountRefused(check.Problem);
        throw Refuse(check.Problem);
    }

    internal static RpcException Refuse(TokenProblem problem) => RefusalStatus.Of(new Refusal(CodeOf(problem), Sentence(problem)));

    private static RefusalCode CodeOf(TokenProblem problem) => problem switch
    {
        TokenProblem.Situation => RefusalCode.ContextIncomplete,
        TokenProblem.Organization or TokenProblem.ActsForOther => RefusalCode.StructureMismatch,

        // Nobody is believed while the keys are away, and the caller may try again: it is not the token that is wrong.
        TokenProblem.KeysUnreachable => RefusalCode.TemporarilyUnavailable,
        _ => RefusalCode.NotAuthenticated,
    };

    private static string Sentence(TokenProblem problem) => problem switch
    {
        TokenProblem.Missing => "One metadata 'authorization' with 'Bearer' and a token is needed.",
        TokenProblem.TooLong => "The token is longer than 16 KiB.",
        TokenProblem.Malformed => "The token is not a signed JWT.",
        TokenProblem.Algorithm => "The token is not signed with RS256, PS256 or ES256.",
        TokenProblem.Header => "The token's header or type is not that of an access token.",
        TokenProblem.Issuer => "The token's issuer is not trusted here.",
        TokenProblem.Audience => "The token is meant for another audience.",
        TokenProblem.Expired => "The token has expired, or does not say when it does.",
        TokenProblem.NotYetValid => "The token does not hold yet, or does not say from when it does.",
        TokenProblem.Key => "The token's key is not one of its issuer's.",
        TokenProblem.KeysUnreachable => "The issuer's keys cannot be had at the moment.",
        TokenProblem.Signature => "The token's signature does not fit.",
        TokenProblem.Claims => "The token's claims do not say who calls.",
        TokenProblem.TooWeak => "The token's authentication is too weak.",
        TokenProblem.Binding => "The token is bound to another certificate.",
        TokenProblem.Situation => "Name one of the token's situations of practice: profession and structure.",
        TokenProblem.Organization => "The client certificate speaks for another organisation than the token.",
        TokenProblem.Kind => "The token's issuer may not speak for this kind of caller.",
        TokenProblem.CertificateMissing => "A producer shows a client certificate.",
        TokenProblem.CertificateEnded => "The client certificate holds no more.",
        TokenProblem.ActsForOther => "The organisation is not listed to act for the one that the token names.",
        _ => "The caller is not known.",
    };
}
