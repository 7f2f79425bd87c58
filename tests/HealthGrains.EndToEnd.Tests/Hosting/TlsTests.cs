using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Contracts.V1;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>TLS on the gRPC port, and callers with certificates.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset From = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_with_a_certificate_is_reached_by_who_trusts_it()
    {
        using var authority = Authority("CN=Test authority");
        WriteServer(authority);
        await using var host = await HostProcess.StartAsync(
            _directory.File("data"), "--tls-cert", _directory.File("server.pem"), "--tls-key", _directory.File("server.key"));
        var token = (await CliRun.Of("token", "operator", "--data", host.Data)).Output.Trim();
        var address = $"https://127.0.0.1:{host.Grpc.Port}";

        var trusting = await CliRun.Of("status", "--json", "--server", address, "--token", token, "--ca-cert", _directory.File("authority.pem"));
        Assert.True(trusting.Exit == ExitCode.Ok, trusting.Error);
        (await CliRun.Of("status", "--server", address, "--token", token)).FailsWith(ExitCode.Unavailable, "UNAVAILABLE");
        (await CliRun.Of("status", "--server", host.Grpc.ToString(), "--token", token)).FailsWith(ExitCode.Unavailable, "");
        Assert.Equal(0, await host.StopAsync());
    }

    [Fact]
    public async Task A_client_certificate_speaks_for_its_organisation_and_no_other()
    {
        using var authority = Authority("CN=Test authority");
        WriteServer(authority);
        await using var host = await HostProcess.StartAsync(
            _directory.File("data"), "--tls-cert", _directory.File("server.pem"), "--tls-key", _directory.File("server.key"),
            "--tls-client-ca", _directory.File("authority.pem"));
        using var own = Client(authority, "CN=lab, OU=1750100125", "1.3.6.1.5.5.7.3.2");
        using var other = Client(authority, "CN=lab, OU=1750803447", "1.3.6.1.5.5.7.3.2");
        using var wrongUsage = Client(authority, "CN=lab, OU=1750100125", "1.3.6.1.5.5.7.3.1");
        using var stranger = Authority("CN=Another authority");
        using var strange = Client(stranger, "CN=lab, OU=1750100125", "1.3.6.1.5.5.7.3.2");
        var token = (await CliRun.Of("token", "producer", "--organization", "1750100125", "--data", host.Data)).Output.Trim();

        // A producer is let in and then refused for what it asks, not for who it is.
        Assert.Equal(RpcStatusCode.InvalidArgument, await AskAsync(host, token, own));
        Assert.Equal(RpcStatusCode.Unauthenticated, await AskAsync(host, token, null));

        // A certificate that a header speaks of is nobody's: only the connection's own counts.
        foreach (var header in (string[])["x-forwarded-client-cert", "x-client-cert", "ssl-client-cert", "x-ssl-client-s-dn", "client-cert", "x-arr-clientcert"])
            Assert.Equal(RpcStatusCode.Unauthenticated, await AskAsync(host, token, null, (header, Convert.ToBase64String(own.RawData))));
        Assert.Equal(RpcStatusCode.PermissionDenied, await AskAsync(host, token, other, ("x-forwarded-client-cert", "Subject=\"OU=1750100125\"")));
        Assert.Equal(RpcStatusCode.PermissionDenied, await AskAsync(host, token, other));
        Assert.Equal(RpcStatusCode.Unavailable, await AskAsync(host, token, wrongUsage));
        Assert.Equal(RpcStatusCode.Unavailable, await AskAsync(host, token, strange));
        Assert.Equal(0, await host.StopAsync());
    }

    [Fact]
    public async Task A_key_that_everybody_may_read_is_refused()
    {
        using var authority = Authority("CN=Test authority");
        WriteServer(authority);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_directory.File("server.key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var run = await CliRun.Of(
            "serve", "--data", _directory.File("data"), "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0",
            "--tls-cert", _directory.File("server.pem"), "--tls-key", _directory.File("server.key"));
        run.FailsWith(ExitCode.Denied, "server.key");
    }

    [Theory]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    [InlineData("-tls1", false)]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1_2 -cipher AES128-SHA", false)]
    [InlineData("-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384", true)]
    public async Task Only_TLS_1_2_and_1_3_are_spoken(string options, bool speaks)
    {
        using var authority = Authority("CN=Test authority");
        WriteServer(authority);
        await using var host = await HostProcess.StartAsync(
            _directory.File("data"), "--tls-cert", _directory.File("server.pem"), "--tls-key", _directory.File("server.key"));

        // At the lowest security level of the client, so that it is the server who refuses.
        var start = new System.Diagnostics.ProcessStartInfo("openssl")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        var arguments = options.Contains("-cipher", StringComparison.Ordinal) ? options : options + " -cipher ALL:@SECLEVEL=0";
        foreach (var argument in $"s_client -connect 127.0.0.1:{host.Grpc.Port} -alpn h2 {arguments}".Split(' ')) start.ArgumentList.Add(argument);
        using var client = System.Diagnostics.Process.Start(start)!; // ! it is installed wherever .NET has TLS
        client.StandardInput.Close();
        var output = client.StandardOutput.ReadToEndAsync();
        var error = client.StandardError.ReadToEndAsync();
        await client.WaitForExitAsync().Within("openssl s_client");
        Assert.Equal(speaks, (await output).Contains("ALPN protocol: h2", StringComparison.Ordinal));
        Assert.Equal(speaks, !(await output).Contains("Cipher is (NONE)", StringComparison.Ordinal));
        _ = await error;
    }

    private static async Task<RpcStatusCode> AskAsync(
        HostProcess host, string token, X509Certificate2? certificate, (string Name, string Value)? header = null)
    {
        var headers = new RpcMetadata { { "authorization", "Bearer " + token } };
        if (header is { } one) headers.Add(one.Name, one.Value);
        var tls = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true };
        if (certificate is not null) tls.ClientCertificates = [certificate];
        await using var channel = new RpcChannel(new Uri($"https://127.0.0.1:{host.Grpc.Port}"), new RpcChannelOptions { Tls = tls });
        var error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync<SubmitRequest, SubmitResponse>(
            "/healthgrains.v1.DocumentExchange/Submit", new SubmitRequest(),
            new RpcCallOptions { Headers = headers }, CancellationToken.None).Within("asking over TLS"));
        return error.Code;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(From, From.AddYears(10));
    }

    private static X509Certificate2 Client(X509Certificate2 authority, string name, string usage) => Issue(authority, name, usage, _ => { });

    private static X509Certificate2 Issue(X509Certificate2 authority, string name, string usage, Action<CertificateRequest> more)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        more(request);
        using var signed = request.Create(authority, From, From.AddYears(5), RandomNumberGenerator.GetBytes(12));

        // Through PKCS#12: a key that lives in memory alone is not offered by every TLS stack.
        using var together = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(together.Export(X509ContentType.Pfx), null);
    }

    private void WriteServer(X509Certificate2 authority)
    {
        using var server = Issue(authority, "CN=127.0.0.1", "1.3.6.1.5.5.7.3.1", request =>
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(System.Net.IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        });
        File.WriteAllText(_directory.File("authority.pem"), authority.ExportCertificatePem());
        File.WriteAllText(_directory.File("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(_directory.File("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_directory.File("server.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
