using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>One server for all tests of a class.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public HostProcess Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await HostProcess.StartAsync();

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(Host.Data, recursive: true);
    }

    /// <summary>A token of the server's development key: <c>producer --organization …</c> and so on.</summary>
    public async Task<string> TokenAsync(params string[] arguments)
    {
        var run = await CliRun.Of(["token", .. arguments, "--data", Host.Data]);
        Assert.True(run.Exit == ExitCode.Ok, run.Error);
        return Assert.Single(run.Lines);
    }
}
