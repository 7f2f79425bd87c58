using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _server = Certificate("localhost");
    private readonly X509Certificate2 _client = Certificate("organisation");

    [Fact]
    public async Task Calls_go_over_tls()
    {
        await using TestHost host = await StartAsync();
        await using RpcChannel channel = Connect(host);
        EchoReply reply = await SayAsync(channel).Within("the reply");
        Assert.Equal("none", reply.Text);
    }

    [Fact]
    public async Task The_callers_certificate_is_known_to_the_handler()
    {
        await using TestHost host = await StartAsync(ClientCertificateMode.RequireCertificate);
        await using RpcChannel channel = Connect(host, _client);
        Assert.Equal("CN=organisation", (await SayAsync(channel).Within("the reply")).Text);
    }

    [Fact]
    public async Task A_caller_without_the_required_certificate_is_not_let_in()
    {
        await using TestHost host = await StartAsync(ClientCertificateMode.RequireCertificate);
        await using RpcChannel channel = Connect(host);
        await SayAsync(channel).FailsAsync(RpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task An_untrusted_server_is_not_called()
    {
        await using TestHost host = await StartAsync();
        await using var channel = new RpcChannel(Address(host), null);
        await SayAsync(channel).FailsAsync(RpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task The_frame_guard_sits_inside_tls()
    {
        await using TestHost host = await StartAsync(idleFrames: 50);
        await using RawHttp2 raw = await RawHttp2.ConnectAsync(host.Port, wrap: async inner =>
        {
            var tls = new SslStream(inner, false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            });
            return tls;
        });
        await raw.WriteAsync([.. Enumerable.Repeat(RawHttp2.Frame(RawHttp2.Ping, 0, 0, new byte[8]), 100).SelectMany(f => f)]);
        RawFrame? end = await raw.ReadUntilAsync(f => f.Type == RawHttp2.GoAway, "GOAWAY");
        Assert.Equal(RawHttp2.EnhanceYourCalm, end?.Code);
        await using RpcChannel honest = Connect(host);
        await SayAsync(honest).Within("the honest call");
    }

    [Fact]
    public async Task A_caller_that_offers_only_http_1_is_refused_in_the_handshake()
    {
        await using TestHost host = await StartAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => RawHttp2.ConnectAsync(host.Port, wrap: async inner =>
        {
            var tls = new SslStream(inner, false, (_, _, _, _) => true);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            });
            // Whatever the handshake said, nothing is served.
            byte[] answer = new byte[1];
            await tls.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
            if (await tls.ReadAsync(answer) == 0)
                throw new IOException("closed");
            return tls;
        }));
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    private Task<TestHost> StartAsync(ClientCertificateMode mode = ClientCertificateMode.NoCertificate, int idleFrames = Limits.IdleFramesBurst) =>
        TestHost.StartAsync(
            echo => echo.Unary<EchoRequest, EchoReply>("Say", (_, call, _) =>
                Task.FromResult(new EchoReply { Text = call.ClientCertificate?.Subject ?? "none" })),
            transport: new RpcTransportOptions
            {
                IdleFramesBurst = idleFrames,
                Tls = https =>
                {
                    https.ServerCertificate = _server;
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                    https.ClientCertificateMode = mode;
                    https.ClientCertificateValidation = (certificate, _, _) => certificate.Thumbprint == _client.Thumbprint;
                },
            });

    private static RpcChannel Connect(TestHost host, X509Certificate2? certificate = null) => new(Address(host), new RpcChannelOptions
    {
        Tls = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
            ClientCertificates = certificate is null ? null : [certificate],
        },
    });

    private static Uri Address(TestHost host) => new($"https://127.0.0.1:{host.Port}");

    private static Task<EchoReply> SayAsync(RpcChannel channel) =>
        channel.UnaryAsync<EchoRequest, EchoReply>(RawCall.Say, new EchoRequest(), null, CancellationToken.None);

    private static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
