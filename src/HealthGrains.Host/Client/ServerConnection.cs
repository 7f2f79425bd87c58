using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Host.Client;

/// <summary>A channel to a server with one caller's token.</summary>
internal sealed class ServerConnection : IAsyncDisposable
{
    /// <summary>Longest wait for the answer to one question.</summary>
    public static readonly TimeSpan QuestionTimeout = TimeSpan.FromSeconds(30);

    private readonly RpcMetadata _headers = new();

    /// <param name="address">Scheme, host and port.</param>
    /// <param name="token">Bearer token; null for calls that need none.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    public ServerConnection(Uri address, string? token, RpcChannelOptions? options = null)
    {
        Address = address;
        Channel = new RpcChannel(address, options);
        Token = token;
        if (token is not null) _headers.Add(RpcAuthentication.AuthorizationKey, "Bearer " + token);
    }

    public Uri Address { get; }

    public RpcChannel Channel { get; }

    /// <summary>The bearer token, or null.</summary>
    public string? Token { get; }

    /// <summary>Asks one question and waits for its answer.</summary>
    public Task<TReply> AskAsync<TRequest, TReply>(string method, TRequest request, CancellationToken waiting)
        where TRequest : Google.Protobuf.IMessage<TRequest>
        where TReply : class, Google.Protobuf.IMessage<TReply>, new() =>
        Channel.UnaryAsync<TRequest, TReply>(method, request, Question, waiting);

    /// <summary>For a question that is answered at once.</summary>
    public RpcCallOptions Question => new() { Headers = _headers, Timeout = QuestionTimeout };

    /// <summary>For a stream without an end of its own.</summary>
    public RpcCallOptions Stream => new() { Headers = _headers };

    /// <summary>Connects as the command line says.</summary>
    /// <exception cref="CliException">The address or the token cannot be one.</exception>
    public static ServerConnection Open(VerbContext context)
    {
        var address = AddressOf(context.Get(CommonOptions.Server)
            ?? NotEmpty(Environment.GetEnvironmentVariable(CommonOptions.ServerVariable)) ?? CommonOptions.DefaultServer);
        var token = TokenOf(context);
        var options = new RpcChannelOptions { TimeProvider = context.Time };
        if (context.Get(CommonOptions.CaCert) is { } file) options = options with { Tls = TrustOnly(file) };
        return new ServerConnection(address, token, options);
    }

    public ValueTask DisposeAsync() => Channel.DisposeAsync();

    private static Uri AddressOf(string text)
    {
        var url = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CliException(ExitCode.Usage, $"--server '{text}' is no address such as {CommonOptions.DefaultServer}.");
    }

    private static string? TokenOf(VerbContext context)
    {
        var token = context.Get(CommonOptions.Token);
        if (token is null && context.Get(CommonOptions.TokenFile) is { } file)
        {
            var info = new FileInfo(file);
            if (!info.Exists) throw new CliException(ExitCode.NotFound, $"--token-file {file} does not exist.");
            if (info.Length > AuthenticationLimits.TokenLengthMax)
                throw new CliException(ExitCode.Usage, $"--token-file {file} is longer than a token can be.");
            token = File.ReadAllText(file, Encoding.ASCII);
        }

        token = NotEmpty((token ?? Environment.GetEnvironmentVariable(CommonOptions.TokenVariable))?.Trim());
        if (token is not null && token.AsSpan().IndexOfAnyExceptInRange('!', '~') >= 0)
            throw new CliException(ExitCode.Usage, "The token holds characters that no token has.");
        return token;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    // The given authorities and no others: for a server with a certificate of one's own.
    private static SslClientAuthenticationOptions TrustOnly(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
