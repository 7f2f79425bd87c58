using System.CommandLine;
using System.Globalization;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Verbs;

/// <summary><c>serve</c>: runs a server until it is asked to stop.</summary>
internal static class ServeVerb
{
    private static readonly (Option<string> Option, string Setting)[] Texts =
    [
        (CommonOptions.Data(), "Data"),
        (Text("--store", "sqlite (default), memory or postgresql", "KIND"), "Store"),
        (Text("--postgresql", "Connection string; better in HEALTHGRAINS__POSTGRESQL__CONNECTION", "CONNECTION"), "PostgreSql:Connection"),
        (Text("--content", "Where large documents go: database (default) or files", "KIND"), "Content:Store"),
        (Text("--content-dir", "Folder of large documents with --content files (default contents in the data directory)", "DIR"), "Content:Directory"),
        (Text("--engine", "standalone (default) or orleans", "KIND"), "Engine"),
        (Text("--silo", "Engine orleans: address for the other servers of the cluster (default 127.0.0.1:11111)", "HOST:PORT"), "Silo"),
        (Text("--cluster", "Engine orleans: name of the cluster (default healthgrains)", "NAME"), "Cluster"),
        (Text("--grpc", "Address of the gRPC port (default 127.0.0.1:8081; port 0 takes a free one)", "HOST:PORT"), "Grpc"),
        (Text("--web", "Address of the web port: health and metrics (default 127.0.0.1:8080)", "HOST:PORT"), "Web"),
        (Text("--tls-cert", "PEM file of the certificate and its chain", "FILE"), "Tls:Certificate"),
        (Text("--tls-key", "PEM file of its key", "FILE"), "Tls:Key"),
        (Text("--tls-pfx", "PKCS#12 file in place of both (password in HEALTHGRAINS__TLS__PFXPASSWORD)", "FILE"), "Tls:Pfx"),
        (Text("--tls-client-ca", "PEM file of the authorities of client certificates", "FILE"), "Tls:ClientCa"),
        (Text("--tls-client-crl", "PEM file of their revocation lists; looked at every 5 s", "FILE"), "Tls:ClientCrl"),
        (Text("--depositors", "JSON file of who may deposit for whom; looked at every 5 s", "FILE"), "Depositors:File"),
        (Text("--issuer", "OpenID Connect issuer whose tokens are taken", "URL"), "Auth:Issuer"),
        (Text("--audience", "What the tokens' aud must be (default healthgrains)", "NAME"), "Auth:Audience"),
        (Text("--log-level", "Trace, Debug, Information (default), Warning, Error", "LEVEL"), "Log:Level"),
    ];

    private static readonly Option<bool> Production = new("--production")
    {
        Description = "Real persons: needs an issuer and TLS, trusts no development key, takes the production INS",
    };

    private static readonly Option<bool> AcceptLoss = new("--accept-loss")
    {
        Description = "Open a store although it ends before its high-water marks: the entries that are missing are gone",
    };

    public static Command Command()
    {
        var command = new VerbCommand("serve", "Run a server (the default verb)", RunAsync) { Production, AcceptLoss };
        foreach (var (option, _) in Texts) command.Options.Add(option);
        return command;
    }

    private static Option<string> Text(string name, string description, string value) => new(name) { Description = description, HelpName = value };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        var began = context.Time.GetTimestamp();
        var startedAt = context.Time.GetUtcNow();
        var settings = SettingsOf(context);
        using var loggers = ServerLogging.Create(settings);
        var log = loggers.CreateLogger("HealthGrains.Host");
        await using var server = await RunningServer.StartAsync(settings, context.Time, loggers, startedAt);
        log.Serves(
            server.Grpc.ToString(), server.Web.ToString(), settings.Store, settings.Engine, Path.GetFullPath(settings.Data),
            context.Time.GetElapsedTime(began).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture));

        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopping = context.Stopping.Register(asked.SetResult);
        if (await Task.WhenAny(asked.Task, server.StoreFailed) == asked.Task)
        {
            await server.StopAsync();
            return ExitCode.Ok;
        }

        // Nothing that waits can be acknowledged any more; whoever waits is told so, and the next start recovers.
        var line = await server.StoreFailed;
        log.StoreFailed(line);
        await server.StopAsync(HostLimits.DrainAfterFailure);
        throw new CliException(ExitCode.Unavailable, $"The store has stopped itself: {line}", "healthgrains serve (it recovers)");
    }

    internal static ServerSettings SettingsOf(VerbContext context)
    {
        var laid = new Dictionary<string, string?>();
        foreach (var (option, setting) in Texts)
            if (context.Get(option) is { } value)
                laid[setting] = value;
        if (context.Get(Production)) laid["Production"] = "true";
        if (context.Get(AcceptLoss)) laid["Store:AcceptLoss"] = "true";
        if (context.Json) laid["Log:Format"] = "json";
        return ServerSettings.From(new ConfigurationBuilder()
            .AddConfiguration(ServerSettings.ReadSources())
            .AddInMemoryCollection(laid)
            .Build());
    }
}
