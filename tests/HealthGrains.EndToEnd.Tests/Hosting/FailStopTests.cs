using System.Diagnostics;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.Host.CommandLine;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>A store that cannot write stops itself, and the process with it.</summary>
public sealed class FailStopTests
{
    [Fact]
    public async Task A_store_that_cannot_write_ends_the_process_and_loses_nothing()
    {
        using var documents = new TemporaryDirectory();
        await CliRun.Of("generate", "--seed", "31", "--count", "60", "--patients", "4", "--out", documents.Path);
        using var data = new TemporaryDirectory();

        // No file of this process may grow beyond 2 MiB: what SQLite meets then is the same as a disk that is broken.
        var start = HostProcess.StartInfo([]);
        start.FileName = "sh";
        start.ArgumentList.Clear();
        foreach (var argument in (string[])["-c", "trap '' XFSZ; ulimit -f 4096; exec dotnet \"$@\"", "sh", HostProcess.Program,
            "serve", "--data", data.Path, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"])
        {
            start.ArgumentList.Add(argument);
        }

        // The runtime maps a large file for its own code unless told not to.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var server = Process.Start(start)!;
        var errors = server.StandardError.ReadToEndAsync();
        string? line;
        do line = await server.StandardOutput.ReadLineAsync().Within("starting a server");
        while (line is not null && !line.Contains(" serves grpc=", StringComparison.Ordinal));
        Assert.NotNull(line);
        var address = line.Split("grpc=")[1].Split(' ')[0];
        _ = server.StandardOutput.ReadToEndAsync();

        var token = (await CliRun.Of("token", "producer", "--organization", "1750100125", "--data", data.Path)).Output.Trim();
        using var impatience = new CancellationTokenSource();
        var submitting = CliRun.Of(impatience.Token, "submit", documents.Path, "--json", "--server", address, "--token", token);
        await server.WaitForExitAsync().Within("the end of a server whose store failed");
        await impatience.CancelAsync();
        var submitted = await submitting;
        Assert.Equal((int)ExitCode.Unavailable, server.ExitCode);
        Assert.Contains("The store has stopped itself", Assert.Single((await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.NotEqual(ExitCode.Ok, submitted.Exit);

        // With room to write it is itself again, and knows whatever it had acknowledged.
        await using var next = await HostProcess.StartAsync(data.Path);
        var again = await CliRun.Of("submit", documents.Path, "--json", "--server", next.Grpc.ToString(), "--token", token);
        Assert.Equal(ExitCode.Ok, again.Exit);
        var known = again.Json().Where(l => l.GetProperty("receipt").GetProperty("already_known").GetBoolean())
            .Select(l => l.GetProperty("file").GetString()).ToHashSet();
        var acknowledged = submitted.Json().Where(l => l.TryGetProperty("receipt", out _)).Select(l => l.GetProperty("file").GetString()).ToList();
        Assert.NotEmpty(acknowledged);
        Assert.Subset(known, acknowledged.ToHashSet());
        Assert.Equal(0, await next.StopAsync());
        Assert.Equal(ExitCode.Ok, (await CliRun.Of("verify", "--data", data.Path)).Exit);
    }
}
