using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using HealthGrains.Services.Authentication;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>Whom a server believes: the issuers of the settings, and outside production the key of its data directory.</summary>
internal sealed class ServerAuthentication : IDisposable
{
    private readonly DevelopmentKey? _development;
    private readonly List<OidcKeys> _issuerKeys = [];

    private ServerAuthentication(
        ServerSettings settings, DataDirectory data, TimeProvider time, ILoggerFactory loggers, ILogger log, Func<TokenRules, TokenRules> more)
    {
        var issuers = new List<TrustedIssuer>();
        foreach (var (issuer, kinds) in settings.Issuers)
        {
            try
            {
                _issuerKeys.Add(new OidcKeys(issuer, OidcKeys.DirectHandler(), time, loggers.CreateLogger<OidcKeys>()));
            }
            catch (ArgumentException e)
            {
                throw new CliException(ExitCode.Usage, $"Auth:Issuer '{issuer}': {e.Message}", inner: e);
            }

            issuers.Add(new TrustedIssuer(issuer, _issuerKeys[^1]) { Kinds = kinds });
        }

        if (!settings.IsProduction)
        {
            _development = data.DevelopmentKey();
            issuers.Add(_development.AsIssuer);
            log.DevelopmentKeyTrusted(data.DevelopmentKeyPath);
        }

        var rules = more(new TokenRules
        {
            Issuers = issuers,
            Audience = settings.Audience,
            ClockSkew = settings.ClockSkew,
            RequiredAcr = settings.RequiredAcr,
            Identities = settings.Identities,
        });
        try
        {
            Rpc = new RpcAuthentication(new CallerAuthentication(new TokenValidator(rules, time), rules));
        }
        catch (ArgumentException e)
        {
            throw new CliException(ExitCode.Usage, e.Message, inner: e);
        }
    }

    public RpcAuthentication Rpc { get; }

    /// <summary>False while an issuer was configured and its keys were never had, or are too old.</summary>
    public bool IsReady
    {
        get
        {
            var isReady = true;
            foreach (var keys in _issuerKeys)
            {
                if (keys.HasKeys) continue;

                // Asking is what fetches them: nobody else may call while this server is not ready.
                _ = keys.FindAsync("", CancellationToken.None).AsTask();
                isReady = false;
            }

            return isReady;
        }
    }

    public static ServerAuthentication Open(
        ServerSettings settings, DataDirectory data, TimeProvider time, ILoggerFactory loggers, ILogger log, Func<TokenRules, TokenRules> more) =>
        new(settings, data, time, loggers, log, more);

    public void Dispose()
    {
        _development?.Dispose();
        _issuerKeys.ForEach(keys => keys.Dispose());
    }
}
