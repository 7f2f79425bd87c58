using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace HealthGrains.Services.Authentication;

/// <summary>The keys of an OpenID Connect issuer, found by discovery.</summary>
/// <remarks>
/// <para>K1. Keys come from the issuer's own documents and from nowhere else; https, or http on loopback for tests.</para>
/// <para>K2. A key id that is not known asks the issuer again, so a rotation needs nobody: one question at a time, shared by
/// all who wait, and not more often than <see cref="AuthenticationLimits.IssuerRefreshMin"/>, since strangers choose key ids.</para>
/// <para>K3. Known keys are confirmed in the background. Keys unconfirmed for
/// <see cref="AuthenticationLimits.IssuerKeysAgeMax"/> are trusted no more: closed, not open.</para>
/// <para>K4. A key that the issuer publishes unchanged stays the same object, so tokens validated with it stay valid.</para>
/// <para>Source: OpenID Connect Discovery 1.0 section 4, RFC 7517.</para>
/// </remarks>
public sealed class OidcKeys : ISigningKeys, IDisposable
{
    private readonly string _issuer;
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _asking = new();
    private volatile KeySet? _known;
    private Task _question = Task.CompletedTask;
    private DateTimeOffset _askAgainFrom = DateTimeOffset.MinValue;

    /// <param name="issuer">As in <c>iss</c>, letter by letter.</param>
    /// <param name="handler">Owned from now on. It must follow no redirect.</param>
    /// <exception cref="ArgumentException">The issuer is no https URL (or http on loopback), or it has a query.</exception>
    public OidcKeys(string issuer, HttpMessageHandler handler, TimeProvider time, ILogger<OidcKeys> log)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var uri) || !IsSafe(uri) || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new ArgumentException("An issuer is an https URL without a query; http only on loopback.", nameof(issuer));
        _issuer = issuer;
        _http = new HttpMessageInvoker(handler);
        _time = time;
        _log = log;
    }

    /// <summary>A handler that asks directly and follows nobody.</summary>
    public static HttpMessageHandler DirectHandler() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = 2,
        ConnectTimeout = AuthenticationLimits.IssuerWaitMax,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>True once keys are known and not too old: what readiness asks.</summary>
    public bool HasKeys => Trusted() is not null;

    public SecurityKey? Find(string keyId)
    {
        if (Trusted() is not { } set) return null;
        if (_time.GetUtcNow() - set.ConfirmedAt > AuthenticationLimits.IssuerRefreshAfter) _ = AskAsync();
        return set.ByKeyId.TryGetValue(keyId, out var key) ? key.Key : null;
    }

    public async ValueTask<KeyAnswer> FindAsync(string keyId, CancellationToken waiting)
    {
        if (Find(keyId) is { } known) return new KeyAnswer(known, Reachable: true);
        await AskAsync().WaitAsync(waiting);
        return new KeyAnswer(Find(keyId), Reachable: Trusted() is not null);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _http.Dispose();
        _ending.Dispose();
    }

    private KeySet? Trusted() =>
        _known is { } set && _time.GetUtcNow() - set.ConfirmedAt <= AuthenticationLimits.IssuerKeysAgeMax ? set : null;

    private Task AskAsync()
    {
        lock (_asking)
        {
            // Whoever comes while a question is open shares its answer; whoever comes too soon after one gets none.
            if (!_question.IsCompleted) return _question;
            if (_time.GetUtcNow() < _askAgainFrom) return Task.CompletedTask;
            _askAgainFrom = _time.GetUtcNow() + AuthenticationLimits.IssuerRefreshMin;
            return _question = Task.Run(RenewAsync, CancellationToken.None);
        }
    }

    // Never throws: those who wait look at what is known afterwards.
    private async Task RenewAsync()
    {
        string reason;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            using var timer = _time.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), limit, AuthenticationLimits.IssuerWaitMax, Timeout.InfiniteTimeSpan);
            var discovered = OpenIdConnectConfiguration.Create(
                await GetAsync(_issuer.TrimEnd('/') + "/.well-known/openid-configuration", limit.Token));
            if (discovered.Issuer != _issuer) throw new InvalidDataException("the discovery document names another issuer");
            if (!Uri.TryCreate(discovered.JwksUri, UriKind.Absolute, out var jwks) || !IsSafe(jwks))
                throw new InvalidDataException("jwks_uri is no https URL");
            var published = new JsonWebKeySet(await GetAsync(discovered.JwksUri, limit.Token)).Keys;
            var set = Take(published);
            if (set.ByKeyId.Count == 0) throw new InvalidDataException("no usable key is published");
            _known = set;
            _log.IssuerKeysRenewed(set.ByKeyId.Count, published.Count);
            return;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            reason = "no answer";
        }
        catch (InvalidDataException e)
        {
            reason = e.Message;
        }
        catch (Exception e) when (e is JsonException or ArgumentException or FormatException or InvalidOperationException)
        {
            reason = "an answer that cannot be read";
        }

        lock (_asking) _askAgainFrom = _time.GetUtcNow() + AuthenticationLimits.IssuerRetryMin;
        _log.IssuerKeysUnreachable(reason, AuthenticationLimits.IssuerKeysAgeMax);
    }

    private KeySet Take(IList<JsonWebKey> published)
    {
        var before = _known?.ByKeyId;
        var keys = new Dictionary<string, PublishedKey>();
        foreach (var one in published.Take(AuthenticationLimits.IssuerKeysMax))
        {
            if (SigningKeyRules.FromPublished(one) is not { } key) continue;
            var thumbprint = Convert.ToBase64String(one.ComputeJwkThumbprint());
            keys[one.Kid] = before is not null && before.TryGetValue(one.Kid, out var same) && same.Thumbprint == thumbprint
                ? same
                : new PublishedKey(key, thumbprint);
        }

        return new KeySet(keys.ToFrozenDictionary(), _time.GetUtcNow());
    }

    private async Task<string> GetAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await _http.SendAsync(request, cancellation);
        if ((int)response.StatusCode != 200) throw new InvalidDataException("the issuer answered another status than 200");
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        using var taken = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            if (taken.Length + read > AuthenticationLimits.IssuerDocumentBytesMax)
                throw new InvalidDataException("a document of the issuer is too large");
            taken.Write(buffer, 0, read);
        }

        return System.Text.Encoding.UTF8.GetString(taken.GetBuffer(), 0, (int)taken.Length);
    }

    private static bool IsSafe(Uri uri) =>
        uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback);

    private sealed record PublishedKey(SecurityKey Key, string Thumbprint);

    private sealed record KeySet(FrozenDictionary<string, PublishedKey> ByKeyId, DateTimeOffset ConfirmedAt);
}
