using System.Diagnostics;
using System.Net;
using System.Text.Json;
using HealthGrains.Contracts.V1;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>The server as a process: it starts, answers, drains, and is itself again after any end.</summary>
public sealed class HostProcessTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task It_serves_and_drains_when_asked()
    {
        await using var host = await HostProcess.StartAsync();
        using var http = new HttpClient { BaseAddress = host.Web };
        Assert.Equal("live\n", await http.GetStringAsync("/health/live"));
        Assert.Equal("ready\n", await http.GetStringAsync("/health/ready"));
        var metrics = await http.GetStringAsync("/metrics");
        Assert.Contains("# TYPE healthgrains_journal_commits_total counter", metrics, StringComparison.Ordinal);
        Assert.Contains("process_resident_memory_bytes ", metrics, StringComparison.Ordinal);
        using var lost = await http.GetAsync("/elsewhere");
        Assert.Equal(HttpStatusCode.NotFound, lost.StatusCode);
        using var posted = await http.PostAsync("/metrics", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);

        Assert.Equal(0, await host.StopAsync());
        Assert.Contains(host.Lines, line => line.Contains("stopped", StringComparison.Ordinal));
        Assert.Single(host.Lines, line => line.Contains("healthgrains serves", StringComparison.Ordinal));
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task Ctrl_C_is_asking_too_and_a_stream_is_told_before_the_end()
    {
        await using var host = await HostProcess.StartAsync();
        var token = (await CliRun.Of("token", "operator", "--data", host.Data)).Output.Trim();
        await using var channel = new RpcChannel(host.Grpc, null);
        var headers = new RpcMetadata { { "authorization", "Bearer " + token } };
        var tail = channel.ServerStreaming<TailLogRequest, LogEntry>(
            "/healthgrains.v1.Operations/TailLog", new TailLogRequest(), new RpcCallOptions { Headers = headers }, CancellationToken.None)
            .GetAsyncEnumerator();
        var next = tail.MoveNextAsync().AsTask();

        // A question behind the stream's own: once it is answered, the stream is open.
        await channel.UnaryAsync<GetStatusRequest, GetStatusResponse>(
            "/healthgrains.v1.Operations/GetStatus", new GetStatusRequest(), new RpcCallOptions { Headers = headers }, CancellationToken.None).Within("asking");
        host.Signal(Interrupt);
        var ended = await Assert.ThrowsAsync<RpcException>(() => next.Within("a stream of a server that stops"));
        Assert.Equal(RpcStatusCode.Unavailable, ended.Code);
        Assert.Equal(0, await host.StopAsync());
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task What_was_acknowledged_outlives_a_kill()
    {
        using var documents = new TemporaryDirectory();
        await CliRun.Of("generate", "--seed", "21", "--count", "20", "--patients", "4", "--out", documents.Path);
        await using var host = await HostProcess.StartAsync();
        var token = (await CliRun.Of("token", "producer", "--organization", "1750100125", "--data", host.Data)).Output.Trim();
        var first = await CliRun.Of("submit", documents.Path, "--json", "--server", host.Grpc.ToString(), "--token", token);
        Assert.Equal(ExitCode.Ok, first.Exit);
        await host.KillAsync();

        await using var next = await HostProcess.StartAsync(host.Data);
        var again = await CliRun.Of("submit", documents.Path, "--json", "--server", next.Grpc.ToString(), "--token", token);
        Assert.Equal(ExitCode.Ok, again.Exit);
        Assert.All(again.Json(), line => Assert.True(line.GetProperty("receipt").GetProperty("already_known").GetBoolean()));
        Assert.Equal(0, await next.StopAsync());
        Assert.Equal(ExitCode.Ok, (await CliRun.Of("verify", "--data", host.Data)).Exit);
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task A_submission_goes_on_over_a_kill()
    {
        using var documents = new TemporaryDirectory();
        await CliRun.Of("generate", "--seed", "22", "--count", "120", "--patients", "6", "--out", documents.Path);
        await using var host = await HostProcess.StartAsync();
        var token = (await CliRun.Of("token", "producer", "--organization", "1750100125", "--data", host.Data)).Output.Trim();
        using var submit = Process.Start(HostProcess.StartInfo(
            ["submit", documents.Path, "--json", "--in-flight", "4", "--server", host.Grpc.ToString(), "--token", token]))!;
        var errors = submit.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (lines.Count < 10) lines.Add((await submit.StandardOutput.ReadLineAsync().Within("the first answers"))!);
        await host.KillAsync();

        // On the same port, as a supervisor would.
        await using var next = await HostProcess.StartAsync(host.Data, "--grpc", $"127.0.0.1:{host.Grpc.Port}", "--web", "127.0.0.1:0");
        while (await submit.StandardOutput.ReadLineAsync().Within("the other answers") is { } line) lines.Add(line);
        await submit.WaitForExitAsync().Within("the end of the submission");
        Assert.True(submit.ExitCode == 0, await errors);
        var files = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(files, f => Assert.True(f.TryGetProperty("receipt", out _)));
        Assert.Equal(120, files.Select(f => f.GetProperty("file").GetString()).Distinct().Count());
        Assert.Equal(120, files.Count);
        Assert.Equal(0, await next.StopAsync());
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        await using var host = await HostProcess.StartAsync();
        using var directory = new TemporaryDirectory();
        var run = await HostProcess.RunAsync("serve", "--data", directory.Path, "--grpc", $"127.0.0.1:{host.Grpc.Port}", "--web", "127.0.0.1:0");
        Assert.Equal((int)ExitCode.Unavailable, run.Exit);
        Assert.Contains("in use", Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        await host.StopAsync();
        Directory.Delete(host.Data, recursive: true);
    }

    [Fact]
    public async Task A_reader_who_leaves_ends_the_command_quietly()
    {
        using var directory = new TemporaryDirectory();
        using var generate = Process.Start(HostProcess.StartInfo(
            ["generate", "--seed", "1", "--count", "100000", "--out", directory.Path, "--json"]))!;
        var errors = generate.StandardError.ReadToEndAsync();
        await generate.StandardOutput.ReadLineAsync().Within("the first line");
        generate.StandardOutput.Close();
        await generate.WaitForExitAsync().Within("a command that nobody reads");
        Assert.Equal(0, generate.ExitCode);
        Assert.DoesNotContain("healthgrains:", await errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_under_the_output_is_told()
    {
        using var directory = new TemporaryDirectory();
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", "dotnet \"$0\" token operator --data \"$1\" > /dev/full", HostProcess.Program, directory.Path])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync().Within("writing to a full disk");
        Assert.Equal((int)ExitCode.Partial, shell.ExitCode);
        Assert.Contains("cannot be written", await errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locale_with_commas_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        var start = HostProcess.StartInfo(["token", "operator", "--data", directory.Path, "--lifetime", "1.5m", "--json"]);
        start.Environment["LANG"] = start.Environment["LC_ALL"] = "fr_FR.UTF-8";
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync().Within("a token");
        Assert.True(JsonDocument.Parse(output).RootElement.TryGetProperty("token", out _));
    }

    [Fact]
    public async Task The_demonstration_proves_every_delivery()
    {
        var run = await HostProcess.RunAsync("demo", "--documents", "60", "--patients", "8", "--professionals", "5", "--json");
        Assert.True(run.Exit == 0, run.Error);
        using var report = JsonDocument.Parse(run.Output);
        Assert.True(report.RootElement.GetProperty("complete").GetBoolean());
        var deliveries = report.RootElement.GetProperty("deliveries");
        Assert.True(deliveries.GetProperty("expected").GetInt32() > 60);
        Assert.Equal(deliveries.GetProperty("expected").GetInt32(), deliveries.GetProperty("proven").GetInt32());
        Assert.Equal(60, report.RootElement.GetProperty("acknowledgement_ms").GetProperty("count").GetInt32());
        Assert.Equal(deliveries.GetProperty("expected").GetInt32(), report.RootElement.GetProperty("notification_ms").GetProperty("count").GetInt32());
    }
}
