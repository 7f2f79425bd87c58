using System.Text.RegularExpressions;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.EndToEnd.Tests.House;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>What operators look at is there: alarms and dashboard name what a server exports, and lead to a runbook.</summary>
public sealed partial class MonitoringTests(SharedHost shared) : IClassFixture<SharedHost>
{
    [Fact]
    public async Task Alarms_and_dashboard_name_what_a_server_exports()
    {
        // Some instruments show after their first value: a submission, and a token that is not taken.
        using var documents = new TemporaryDirectory();
        await CliRun.Of("generate", "--seed", "31", "--count", "3", "--out", documents.Path);
        var token = await shared.TokenAsync("producer", "--organization", "1750100125");
        var submitted = await CliRun.Of("submit", documents.Path, "--server", shared.Host.Grpc.ToString(), "--token", token);
        Assert.True(submitted.Exit == ExitCode.Ok, submitted.Error);
        (await CliRun.Of("status", "--server", shared.Host.Grpc.ToString(), "--token", "none")).FailsWith(ExitCode.Denied, "NOT_AUTHENTICATED");

        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(shared.Host.Web, "/metrics"));
        var exported = Type().Matches(metrics).SelectMany(type => type.Groups["type"].Value == "histogram"
            ? new[] { "_bucket", "_sum", "_count" }.Select(suffix => type.Groups["name"].Value + suffix)
            : [type.Groups["name"].Value]).ToHashSet(StringComparer.Ordinal);
        var labels = Label().Matches(metrics).Select(label => label.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("healthgrains_routing_lag{shard=\"0\"} ", metrics, StringComparison.Ordinal);
        Assert.Contains("healthgrains_ready 1\n", metrics, StringComparison.Ordinal);

        foreach (var page in new[] { "deploy/prometheus/rules.yml", "deploy/prometheus/rules.test.yml", "deploy/grafana/healthgrains.json" })
        {
            var named = Metric().Matches(Pages.Read(page)).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
            Assert.True(named.Count > 3, page);
            Assert.Empty(named.Except(exported).Except(labels));
        }
    }

    [Fact]
    public void What_the_dashboard_takes_from_the_rules_is_recorded_there()
    {
        var recorded = RecordedHere().Matches(Pages.Read("deploy/prometheus/rules.yml")).Select(match => match.Groups["name"].Value);
        var used = Recorded().Matches(Pages.Read("deploy/grafana/healthgrains.json") + Pages.Read("deploy/prometheus/rules.yml")).Select(match => match.Value);
        Assert.Empty(used.Except(recorded));
    }

    [Fact]
    public void Every_alarm_leads_to_a_section_of_the_runbooks()
    {
        var sections = Heading().Matches(Pages.Read("docs/runbooks.md"))
            .Select(match => match.Groups["text"].Value.ToLowerInvariant().Replace(' ', '-'))
            .ToHashSet(StringComparer.Ordinal);
        var led = Runbook().Matches(Pages.Read("deploy/prometheus/rules.yml")).Select(match => match.Groups["section"].Value).ToList();
        Assert.NotEmpty(led);
        Assert.Empty(led.Except(sections));
    }

    [Fact]
    public async Task Health_says_by_its_exit_code_whether_a_server_is_ready()
    {
        var ready = await CliRun.Of("health", "--web", shared.Host.Web.Authority);
        Assert.Equal((ExitCode.Ok, "ready\n"), (ready.Exit, ready.Output));
        Assert.Equal(ExitCode.Ok, (await CliRun.Of("health", "--live", "--web", shared.Host.Web.Authority)).Exit);
        (await CliRun.Of("health", "--web", "127.0.0.1:1")).FailsWith(ExitCode.Unavailable, "does not answer");

        // Another port of the same machine that speaks, but is no web port.
        Assert.Equal(ExitCode.Unavailable, (await CliRun.Of("health", "--web", shared.Host.Grpc.Authority)).Exit);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("many")]
    [InlineData("20001")]
    public async Task Connections_of_one_address_have_their_bounds(string number)
    {
        var data = HostProcess.NewDirectory();
        var start = HostProcess.StartInfo(["serve", "--data", data]);
        start.Environment["HEALTHGRAINS__CONNECTIONS__PERADDRESSMAX"] = number;
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((int)ExitCode.Usage, process.ExitCode);
        Assert.Contains("Connections:PerAddressMax", error, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z0-9_]+) (?<type>[a-z]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Type();

    [GeneratedRegex("[{,](?<name>[a-z0-9_]+)=\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(healthgrains|rpc|process|dotnet)_[a-z0-9_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"\bhealthgrains:[a-z0-9_:]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Recorded();

    [GeneratedRegex(@"record: (?<name>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RecordedHere();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"runbook: docs/runbooks\.md#(?<section>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Runbook();
}
