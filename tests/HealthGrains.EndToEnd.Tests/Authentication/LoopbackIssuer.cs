using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthGrains.EndToEnd.Tests.Authentication;

/// <summary>A small OpenID Connect issuer on 127.0.0.1, whose keys a test turns.</summary>
internal sealed class LoopbackIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _asked;

    private LoopbackIssuer(WebApplication app) => _app = app;

    public string Issuer { get; private set; } = "";

    /// <summary>What is published, by key id.</summary>
    public Dictionary<string, ECDsa> Keys { get; } = [];

    /// <summary>Extra entries of the key set, as JSON.</summary>
    public List<string> OtherKeys { get; } = [];

    /// <summary>Answers errors while false.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>What discovery claims to be, when it lies.</summary>
    public string? NamesItself { get; set; }

    public int KeyQuestions => Volatile.Read(ref _asked);

    public static async Task<LoopbackIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var issuer = new LoopbackIssuer(app);
        app.MapGet("/realm/.well-known/openid-configuration", () => issuer.Answer(() =>
            $$"""{"issuer":"{{issuer.NamesItself ?? issuer.Issuer}}","jwks_uri":"{{issuer.Issuer}}/keys"}"""));
        app.MapGet("/realm/keys", () =>
        {
            Interlocked.Increment(ref issuer._asked);
            return issuer.Answer(() => $$"""{"keys":[{{string.Join(',', [.. issuer.Keys.Select(Published), .. issuer.OtherKeys])}}]}""");
        });
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        issuer.Issuer = $"{address}/realm";
        return issuer;
    }

    public string AddKey(string keyId)
    {
        Keys[keyId] = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return keyId;
    }

    public string Token(string keyId, DateTimeOffset now) => TokenBench.Sign(
        $$"""{"alg":"ES256","kid":"{{keyId}}"}""",
        $$"""{"iss":"{{Issuer}}","aud":"healthgrains","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.AddDays(1).ToUnixTimeSeconds()}},{{TokenBench.Producer}}}""",
        bytes => Keys[keyId].SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        foreach (var key in Keys.Values) key.Dispose();
    }

    private static string Published(KeyValuePair<string, ECDsa> key)
    {
        var point = key.Value.ExportParameters(includePrivateParameters: false).Q;
        return $$"""{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{{key.Key}}","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
    }

    private IResult Answer(Func<string> body) => IsUp ? Results.Text(body(), "application/json") : Results.StatusCode(503);
}
