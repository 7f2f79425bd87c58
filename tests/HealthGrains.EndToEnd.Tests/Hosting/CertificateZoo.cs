using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>Certificates of every kind that is not wanted, and one that is.</summary>
internal sealed class CertificateZoo : IDisposable
{
    public const string ForClients = "1.3.6.1.5.5.7.3.2";
    public const string ForServers = "1.3.6.1.5.5.7.3.1";
    public const string Subject = "CN=lab, OU=1750100125";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly List<X509Certificate2> _made = [];

    public CertificateZoo()
    {
        Root = Authority("CN=Test root");
        Other = Authority("CN=Test root");
    }

    /// <summary>The authority that is believed.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>An authority of the same name that is not.</summary>
    public X509Certificate2 Other { get; }

    public X509Certificate2 Authority(string name, X509Certificate2? parent = null, int? rsaBits = null)
    {
        using var curve = rsaBits is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        using var rsa = rsaBits is { } bits ? RSA.Create(bits) : null;
        var request = curve is not null
            ? new CertificateRequest(name, curve, HashAlgorithmName.SHA256)
            : new CertificateRequest(name, rsa!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); // ! one of the two
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        if (parent is null) return Keep(request.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(10)));
        using var signed = Signed(request, parent, Now.AddMonths(-6), Now.AddYears(5));
        return Keep(curve is not null ? signed.CopyWithPrivateKey(curve) : signed.CopyWithPrivateKey(rsa!)); // ! one of the two
    }

    /// <summary>One certificate; with nothing named it is a good one.</summary>
    public X509Certificate2 Client(
        X509Certificate2? issuer = null, string subject = Subject, string? usage = ForClients,
        TimeSpan? from = null, TimeSpan? until = null, int? rsaBits = null, bool isAuthority = false, Action<CertificateRequest>? more = null)
    {
        using var curve = rsaBits is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        using var rsa = rsaBits is { } bits ? RSA.Create(bits) : null;
        var request = curve is not null
            ? new CertificateRequest(subject, curve, HashAlgorithmName.SHA256)
            : new CertificateRequest(subject, rsa!, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1); // ! one of the two
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (usage is not null) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        more?.Invoke(request);
        using var signed = Signed(request, issuer ?? Root, Now + (from ?? TimeSpan.FromDays(-2)), Now + (until ?? TimeSpan.FromDays(300)));
        using var together = curve is not null ? signed.CopyWithPrivateKey(curve) : signed.CopyWithPrivateKey(rsa!); // ! one of the two

        // Through PKCS#12: a key that lives in memory alone is not offered by every TLS stack.
        return Keep(X509CertificateLoader.LoadPkcs12(together.Export(X509ContentType.Pfx), null));
    }

    public X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ForClients)], true));
        using var made = request.CreateSelfSigned(Now.AddDays(-2), Now.AddDays(300));
        return Keep(X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null));
    }

    /// <summary>A revocation list in PEM.</summary>
    public string Revocations(X509Certificate2 authority, TimeSpan? until = null, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked) list.AddEntry(certificate);
        var bytes = list.Build(
            authority, new BigInteger(1), Now + (until ?? TimeSpan.FromDays(7)), HashAlgorithmName.SHA256,
            authority.GetRSAPublicKey() is null ? null : RSASignaturePadding.Pkcs1, Now.AddDays(-30));
        return PemEncoding.WriteString("X509 CRL", bytes) + "\n";
    }

    public void Dispose() => _made.ForEach(certificate => certificate.Dispose());

    private static X509Certificate2 Signed(CertificateRequest request, X509Certificate2 issuer, DateTimeOffset from, DateTimeOffset until)
    {
        using var curve = issuer.GetECDsaPrivateKey();
        using var rsa = issuer.GetRSAPrivateKey();
        var generator = curve is not null
            ? X509SignatureGenerator.CreateForECDsa(curve)
            : X509SignatureGenerator.CreateForRSA(rsa!, RSASignaturePadding.Pkcs1); // ! one of the two
        return request.Create(issuer.SubjectName, generator, from, until, RandomNumberGenerator.GetBytes(12));
    }

    private X509Certificate2 Keep(X509Certificate2 certificate)
    {
        _made.Add(certificate);
        return certificate;
    }
}
