using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Services.Authentication;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>Which client certificates are let in, and for how long.</summary>
/// <remarks>
/// <para>C1. At the handshake: a chain of at most <see cref="HostLimits.ClientChainMax"/> certificates to one of our authorities and
/// no others, made for clients, in time, with keys that are strong enough, none of them revoked. Nothing is fetched that a
/// certificate names: a stranger would choose what this server asks.</para>
/// <para>C2. At each call: the certificate has not run out since, and the list in force now does not name it. So a revocation
/// reaches connections that are open.</para>
/// <para>Which organisation it speaks for is read later, from its subject.</para>
/// </remarks>
internal sealed class ClientCertificates : IAsyncDisposable
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _authorities;
    private readonly TimeProvider _time;
    private DataFile? _file;
    private volatile RevocationLists? _revoked;

    private ClientCertificates(X509Certificate2Collection authorities, TimeProvider time)
    {
        _authorities = authorities;
        _time = time;
    }

    /// <returns>Null where no client certificates are asked for.</returns>
    /// <exception cref="CommandLine.CliException">A file cannot be used.</exception>
    public static ClientCertificates? Open(TlsSettings? tls, TimeProvider time, ILogger log)
    {
        if (tls?.ClientAuthorities() is not { } authorities) return null;
        var certificates = new ClientCertificates(authorities, time);
        if (tls.ClientRevocationsFile is { } path)
        {
            certificates._file = DataFile.Open(
                "Tls:ClientCrl", path, HostLimits.RevocationsBytesMax,
                bytes => certificates._revoked = RevocationLists.Read(bytes, authorities), time, log);
        }
        else
        {
            log.RevocationNotChecked();
        }

        return certificates;
    }

    /// <summary>At the handshake.</summary>
    public bool IsLetIn(X509Certificate2 client)
    {
        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        foreach (var authority in _authorities)
        {
            if (authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData)) policy.CustomTrustStore.Add(authority);
            else policy.ExtraStore.Add(authority);
        }

        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = _time.GetUtcNow().LocalDateTime;
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!IsMadeForClients(client) || !chain.Build(client) || chain.ChainElements.Count > HostLimits.ClientChainMax) return false;

        var now = _time.GetUtcNow();
        for (var i = 0; i < chain.ChainElements.Count; i++)
        {
            var certificate = chain.ChainElements[i].Certificate;
            if (!IsStrong(certificate)) return false;

            // The last one is the authority itself, which is believed because it is in our file.
            if (i < chain.ChainElements.Count - 1 && _revoked is { } lists && !lists.Holds(certificate, now)) return false;
        }

        return true;
    }

    /// <summary>At each call.</summary>
    public bool StillHolds(X509Certificate2 client)
    {
        var now = _time.GetUtcNow();
        return now < client.NotAfter && now >= client.NotBefore && (_revoked is not { } lists || lists.Holds(client, now));
    }

    public async ValueTask DisposeAsync()
    {
        if (_file is not null) await _file.DisposeAsync();
    }

    // A certificate that does not say what it is for could be a server's, or an authority's.
    private static bool IsMadeForClients(X509Certificate2 client)
    {
        var usages = client.Extensions.OfType<X509EnhancedKeyUsageExtension>().ToList();
        return usages.Count == 1 && usages[0].EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == ClientAuthentication)
            && !client.Extensions.OfType<X509BasicConstraintsExtension>().Any(constraints => constraints.CertificateAuthority);
    }

    private static bool IsStrong(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        using var curve = certificate.GetECDsaPublicKey();
        var key = rsa is not null ? rsa.KeySize >= AuthenticationLimits.RsaBitsMin : curve is { KeySize: >= 256 };

        // MD5, SHA-1: somebody else may have the same signature.
        return key && certificate.SignatureAlgorithm.Value is not ("1.2.840.113549.1.1.4" or "1.2.840.113549.1.1.5" or "1.2.840.10045.4.1" or "1.2.840.10040.4.3");
    }
}
