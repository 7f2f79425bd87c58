using HealthGrains.LoadTests.Scaling;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class ScalingModelTests
{
    /// <summary>Each row that <c>load-tests model</c> prints stands on the page, and the page has no other rows in those tables.</summary>
    [Fact]
    public void The_page_of_scaling_shows_what_the_model_prints()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "scaling.md")).ReplaceLineEndings("\n");
        foreach (var table in ScalingModel.Tables().Split("\n\n"))
            Assert.Contains(table.TrimEnd('\n') + "\n\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_commit_never_does_more_than_its_writer_can()
    {
        var asked = GroupCommit.Simulate(32_000, commitMs: 1, turnMs: 0.04, journals: 1_000_000, seed: 3);
        Assert.InRange(asked.Done, 20_000, 25_000);
        Assert.InRange(asked.Batch, 900, 1_000);
        var little = GroupCommit.Simulate(10, commitMs: 1, turnMs: 0.04, journals: 1_000_000, seed: 3);
        Assert.InRange(little.Batch, 1, 1.1);
        Assert.InRange(little.P50, 1.03, 1.05);
        var hot = GroupCommit.Simulate(32_000, commitMs: 1, turnMs: 0.04, journals: 1, seed: 3);
        Assert.Equal(1 / 1.04e-3, hot.Done, 5.0);
    }

    [Fact]
    public void Shards_that_do_not_divide_among_servers_load_one_of_them_more()
    {
        Assert.InRange(LoadSpread.Simulate(16, 10, 300_000, 1).BusiestServer, 1.2, 1.35);
        Assert.Equal(14, LoadSpread.Simulate(16, 30, 300_000, 1).IdleServers);
        Assert.InRange(LoadSpread.Simulate(256, 256, 300_000, 1).BusiestServer, 1, 1.3);
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "HealthGrains.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The solution was not found.");
        return directory;
    }
}
