using System.CommandLine;
using System.Globalization;
using System.Net;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;

namespace HealthGrains.Host.Verbs;

/// <summary><c>health</c>: asks the web port of a server on this machine whether it is ready; for supervisors and container images,
/// which have no other program that could ask.</summary>
/// <remarks>The address is the one that <c>serve</c> would use with the same files and variables, so in a container it needs no
/// option. Needs no token: the web port asks nobody who looks.</remarks>
internal static class HealthVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly Option<string> Web = new("--web")
    {
        Description = "Address of the server's web port (default the setting Web, else 127.0.0.1:8080)",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<bool> Live = new("--live")
    {
        Description = "Ask only whether the process answers, not whether callers should be sent to it",
    };

    public static Command Command() => new VerbCommand("health", "Is the server on this machine ready? Exit code 0 or 6", RunAsync) { Web, Live };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        var address = AddressOf(context.Get(Web));
        var path = context.Get(Live) ? "/health/live" : "/health/ready";
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://{address}{path}"), context.Stopping);
            var word = (await answer.Content.ReadAsStringAsync(context.Stopping)).Trim();
            if (answer.StatusCode != HttpStatusCode.OK)
                throw Not(string.Create(CultureInfo.InvariantCulture, $"{address} says {(int)answer.StatusCode}: {word}."));
            await context.Console.WriteLineAsync(word);
            return ExitCode.Ok;
        }
        catch (HttpRequestException e)
        {
            throw Not($"{address} does not answer: {e.Message}");
        }
        catch (OperationCanceledException) when (!context.Stopping.IsCancellationRequested)
        {
            throw Not(string.Create(CultureInfo.InvariantCulture, $"{address} did not answer within {Patience.TotalSeconds} s."));
        }
    }

    private static CliException Not(string message) => new(ExitCode.Unavailable, message);

    // Only the address matters here: the other settings may belong to another user's files.
    private static IPEndPoint AddressOf(string? option)
    {
        var values = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Web", option ?? ServerSettings.ReadSources()["Web"])])
            .Build();
        var web = ServerSettings.From(values).Web;
        return web.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, web.Port)
            : web.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, web.Port)
            : web;
    }
}
