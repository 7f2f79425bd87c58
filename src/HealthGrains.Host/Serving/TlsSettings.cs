using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;

namespace HealthGrains.Host.Serving;

/// <summary>The certificate of the gRPC port, and the authorities of its callers' certificates.</summary>
/// <param name="CertificateFile">PEM, with the chain; with <paramref name="KeyFile"/>.</param>
/// <param name="KeyFile">PEM, readable by its owner (and group) alone.</param>
/// <param name="PfxFile">PKCS#12 in place of both.</param>
/// <param name="PfxPassword">From configuration only: an argument is seen by every user of the machine.</param>
/// <param name="ClientAuthoritiesFile">PEM of the authorities that client certificates must come from; null: none is asked for.</param>
/// <param name="RequireClientCertificate">No connection without one.</param>
internal sealed record TlsSettings(
    string? CertificateFile,
    string? KeyFile,
    string? PfxFile,
    string? PfxPassword,
    string? ClientAuthoritiesFile,
    bool RequireClientCertificate)
{
    /// <summary>PEM of the revocation lists of those authorities; null: revocation is not checked.</summary>
    public string? ClientRevocationsFile { get; init; }

    /// <returns>Null for plaintext.</returns>
    /// <exception cref="CliException">The settings do not fit together.</exception>
    public static TlsSettings? From(IConfiguration values)
    {
        var tls = new TlsSettings(
            values["Tls:Certificate"], values["Tls:Key"], values["Tls:Pfx"], values["Tls:PfxPassword"], values["Tls:ClientCa"],
            string.Equals(values["Tls:RequireClientCertificate"], "true", StringComparison.OrdinalIgnoreCase))
        {
            ClientRevocationsFile = values["Tls:ClientCrl"],
        };
        if (tls is { ClientRevocationsFile: not null, ClientAuthoritiesFile: null })
            throw new CliException(ExitCode.Usage, "Tls:ClientCrl needs the authorities that it belongs to: --tls-client-ca.");
        if (tls is { CertificateFile: null, KeyFile: null, PfxFile: null })
        {
            return tls.ClientAuthoritiesFile is null
                ? null
                : throw new CliException(ExitCode.Usage, "--tls-client-ca needs a certificate: --tls-cert and --tls-key, or --tls-pfx.");
        }

        if (tls.PfxFile is not null ? tls.CertificateFile is not null || tls.KeyFile is not null : tls.CertificateFile is null || tls.KeyFile is null)
            throw new CliException(ExitCode.Usage, "TLS takes --tls-cert with --tls-key, or --tls-pfx alone.");
        return tls;
    }

    /// <summary>Reads the files and makes the listener's rules: TLS 1.2 and 1.3.</summary>
    /// <param name="clients">Whose certificates are taken; null where none are asked for.</param>
    /// <exception cref="CliException">A file cannot be read or used, or everybody may read the key.</exception>
    public Action<HttpsConnectionAdapterOptions> Rules(ClientCertificates? clients)
    {
        var certificate = Certificate();
        var chain = new X509Certificate2Collection();
        if (CertificateFile is not null) chain.ImportFromPemFile(CertificateFile);
        return https =>
        {
            https.ServerCertificate = certificate;
            https.ServerCertificateChain = chain;
            https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
            if (clients is null) return;
            https.ClientCertificateMode = RequireClientCertificate ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.AllowCertificate;

            // Our authorities and no others, and a certificate that was made for clients.
            https.ClientCertificateValidation = (client, _, _) => clients.IsLetIn(client);
        };
    }

    private X509Certificate2 Certificate()
    {
        try
        {
            var secret = PfxFile ?? KeyFile!;
            if (!OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(secret) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != UnixFileMode.None)
            {
                throw new UnsafeSecretException(secret);
            }

            return PfxFile is null
                ? X509Certificate2.CreateFromPemFile(CertificateFile!, KeyFile)
                : X509CertificateLoader.LoadPkcs12FromFile(PfxFile, PfxPassword);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The TLS certificate cannot be used: {e.Message}", inner: e);
        }
    }

    /// <exception cref="CliException">The file cannot be used.</exception>
    public X509Certificate2Collection? ClientAuthorities()
    {
        if (ClientAuthoritiesFile is null) return null;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(ClientAuthoritiesFile);
            return authorities.Count > 0
                ? authorities
                : throw new CliException(ExitCode.Usage, $"--tls-client-ca {ClientAuthoritiesFile} holds no certificate.");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--tls-client-ca cannot be used: {e.Message}", inner: e);
        }
    }
}
