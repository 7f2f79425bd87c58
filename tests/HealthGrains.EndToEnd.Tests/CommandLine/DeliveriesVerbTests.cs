using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

public sealed class DeliveriesVerbTests(SharedHost shared) : IClassFixture<SharedHost>
{
    [Fact]
    public async Task An_empty_list_says_so()
    {
        var server = shared.Host.Grpc.ToString();
        var token = await shared.TokenAsync("operator");
        var none = await CliRun.Of("deliveries", "stalled", "--kind", "not-taken-in", "--server", server, "--token", token);
        Assert.Equal(ExitCode.Ok, none.Exit);
        Assert.Contains("Nothing is stalled.", none.Error, StringComparison.Ordinal);
        var nothing = await CliRun.Of("deliveries", "redrive", "--kind", "quarantined", "--json", "--server", server, "--token", token);
        Assert.Equal(ExitCode.Ok, nothing.Exit);
        Assert.Contains("\"selected\":0", nothing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_operators_may_and_only_ids_are_taken()
    {
        var server = shared.Host.Grpc.ToString();
        var producer = await shared.TokenAsync("producer", "--organization", "1750100125");
        (await CliRun.Of("deliveries", "stalled", "--server", server, "--token", producer))
            .FailsWith(ExitCode.Denied, "CALLER_KIND_FORBIDDEN");
        var token = await shared.TokenAsync("operator");
        (await CliRun.Of("deliveries", "redrive", "nonsense", "--server", server, "--token", token))
            .FailsWith(ExitCode.Usage, "METADATA_INVALID");
        (await CliRun.Of("deliveries", "redrive", "0-1", "--server", server, "--token", token))
            .FailsWith(ExitCode.NotFound, "TARGET_NOT_FOUND");
        Assert.Equal(ExitCode.Usage, (await CliRun.Of("deliveries", "stalled", "--kind", "x", "--server", server, "--token", token)).Exit);
    }
}
