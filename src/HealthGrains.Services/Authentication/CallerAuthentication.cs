using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HealthGrains.Services.Authentication;

/// <summary>Who calls and until when that is known, or why it is not known.</summary>
public readonly record struct CallerCheck(Caller? Caller, TokenProblem Problem, DateTimeOffset? Expires = null);

/// <summary>From the credentials of one call to its caller.</summary>
/// <remarks>Reads the token of <c>authorization</c>, the situation named by <c>hg-situation</c>, and the client certificate
/// of the connection itself; headers in which a proxy might forward a certificate are not read at all.</remarks>
public sealed class CallerAuthentication(TokenValidator tokens, TokenRules rules)
{
    private const string Scheme = "Bearer ";

    /// <param name="authorization">The only value of the metadata; null if there is none or several.</param>
    /// <param name="situation">The metadata <c>hg-situation</c>, or null.</param>
    /// <param name="certificate">Of the connection, checked by the listener; null without mutual TLS.</param>
    /// <param name="waiting">The caller's.</param>
    public async ValueTask<CallerCheck> CheckAsync(
        string? authorization, string? situation, X509Certificate2? certificate, CancellationToken waiting)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return new CallerCheck(null, TokenProblem.Missing);
        var check = await tokens.ValidateAsync(authorization.AsMemory(Scheme.Length), waiting);
        if (check.Token is not { } token) return new CallerCheck(null, check.Problem);

        if (!IsBoundTo(token, certificate)) return new CallerCheck(null, TokenProblem.Binding);
        if (certificate is not null && rules.CertificateHolds is { } holds && !holds(certificate))
            return new CallerCheck(null, TokenProblem.CertificateEnded);
        var caller = token.Caller;
        if (caller is Caller.Producer producing)
        {
            if (certificate is null && rules.ProducersNeedCertificate)
                return new CallerCheck(null, TokenProblem.CertificateMissing);
            if (!producing.OnBehalfOf.IsNone && producing.OnBehalfOf != producing.Organization
                && rules.MayActFor is { } mayActFor && !mayActFor(producing.Organization, producing.OnBehalfOf))
            {
                return new CallerCheck(null, TokenProblem.ActsForOther);
            }
        }

        if (certificate is not null && caller is Caller.Producer producer
            && (!ClientOrganization.TryRead(certificate, rules.Identities, out var structure) || structure != producer.Organization))
        {
            return new CallerCheck(null, TokenProblem.Organization);
        }

        if (situation is not null && caller is Caller.Professional professional)
        {
            if (!SituationChoice.TryParse(situation, out var choice) || professional.TryIn(choice, out var acting) is not null)
                return new CallerCheck(null, TokenProblem.Situation);
            caller = acting;
        }

        return new CallerCheck(caller, TokenProblem.None, token.Expires);
    }

    // RFC 8705 section 3: a bound token is worth nothing without its certificate.
    private static bool IsBoundTo(ValidatedToken token, X509Certificate2? certificate) =>
        token.CertificateThumbprint.IsEmpty
        || (certificate is not null && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(certificate.RawDataMemory.Span), token.CertificateThumbprint.Span));
}
