using System.Diagnostics;
using System.Text.Json;
using HealthGrains.Contracts.V1;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>What patients and professionals are told, by the command line; and commands that are interrupted.</summary>
public sealed class WatchVerbTests : IAsyncLifetime
{
    private const int Interrupt = 2;
    private const string Organization = "1750100125";
    private const string Professional = "899700218896";

    private readonly TemporaryDirectory _documents = new();
    private HostProcess _host = null!;
    private Patient _patient = null!;
    private string _patientToken = "";
    private string _professionalToken = "";

    public async Task InitializeAsync()
    {
        _host = await HostProcess.StartAsync();
        var generated = await CliRun.Of("generate", "--seed", "41", "--count", "6", "--patients", "1", "--out", _documents.Path, "--json");
        var person = generated.Json()[0].GetProperty("patient");
        _patient = new Patient { Ins = person.GetProperty("ins").GetString() ?? "", Oid = person.GetProperty("oid").GetString() ?? "" };
        _patientToken = await TokenAsync("patient", "--ins", _patient.Ins);
        _professionalToken = await TokenAsync("professional", "--id", Professional, "--role", "10", "--organization", Organization);
        await using var channel = new RpcChannel(_host.Grpc, null);
        var asPatient = new RpcCallOptions { Headers = new RpcMetadata { { "authorization", "Bearer " + _patientToken } } };
        await channel.UnaryAsync<OpenRecordRequest, OpenRecordResponse>(
            "/healthgrains.v1.Consents/OpenRecord", new OpenRecordRequest { Patient = _patient, TermsVersion = "1" }, asPatient, CancellationToken.None);
        await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
            "/healthgrains.v1.Consents/AuthorizeProfessional",
            new AuthorizeProfessionalRequest
            {
                Patient = _patient, Holder = new Holder { ProfessionalId = Professional }, Basis = Authorization.Types.Basis.Patient,
            },
            asPatient, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_host.Data, recursive: true);
        _documents.Dispose();
    }

    [Fact]
    public async Task Both_are_told_of_every_document_once()
    {
        var before = (await WatchAsync()).Json().Count;
        var followed = await InboxAsync("--follow-patient", _patient.Ins);
        Assert.Contains("is followed", followed.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, (await SubmitAsync()).Exit);

        var watched = await WatchAsync("--follow", "--count", $"{before + 6}");
        Assert.Equal(Enumerable.Range(1, before + 6), watched.Json().Select(l => l.GetProperty("sequence").GetInt32()));
        var documents = watched.Json().Where(l => l.GetProperty("code").GetString() == "AJOUT_DOCUMENT")
            .Select(l => l.GetProperty("document_id").GetString()).ToList();
        Assert.Equal(6, documents.Distinct().Count());
        Assert.Contains($"--after {before + 6}", watched.Error, StringComparison.Ordinal);

        var told = await InboxAsync("--follow", "--count", "6", "--ack");
        Assert.Equal(Enumerable.Range(1, 6), told.Json().Select(l => l.GetProperty("sequence").GetInt32()));
        Assert.Equal(documents.Order(), told.Json().Select(l => l.GetProperty("document_id").GetString()).Order());
        Assert.Empty((await InboxAsync("--unread")).Lines);
        Assert.Equal(2, (await InboxAsync("--after", "4")).Json().Count);

        var text = await CliRun.Of("watch", "--server", _host.Grpc.ToString(), "--token", _patientToken, "--count", "1");
        Assert.DoesNotContain(_patient.Ins, text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watcher_goes_on_over_a_kill_and_ends_at_its_cursor()
    {
        var some = Directory.GetFiles(_documents.Path).Order().Take(2).ToArray();
        Assert.Equal(ExitCode.Ok, (await SubmitAsync(some)).Exit);
        using var watch = Process.Start(HostProcess.StartInfo(
            ["watch", "--follow", "--json", "--server", _host.Grpc.ToString(), "--token", _patientToken]))!;
        var errors = watch.StandardError.ReadToEndAsync();
        var sequence = 0L;
        for (var documents = 0; documents < 2; documents++) await NextDocumentAsync(documents);
        await _host.KillAsync();
        _host = await HostProcess.StartAsync(_host.Data, "--grpc", $"127.0.0.1:{_host.Grpc.Port}", "--web", "127.0.0.1:0");
        Assert.Equal(ExitCode.Ok, (await SubmitAsync()).Exit);

        for (var documents = 2; documents < 6; documents++) await NextDocumentAsync(documents);

        HostProcess.Signal(watch, Interrupt);
        await watch.WaitForExitAsync().Within("the end of a watcher");
        Assert.Equal(0, watch.ExitCode);
        Assert.Contains($"--after {sequence}", await errors, StringComparison.Ordinal);
        Assert.Contains("broke off", await errors, StringComparison.Ordinal);

        async Task NextDocumentAsync(int before)
        {
            string? line;
            do
            {
                line = await watch.StandardOutput.ReadLineAsync().Within("the next change", $"{before} documents came");
                Assert.NotNull(line);
                Assert.Equal(++sequence, SequenceOf(line));
            }
            while (!line.Contains("AJOUT_DOCUMENT", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task An_interrupted_submission_says_how_to_go_on()
    {
        using var more = new TemporaryDirectory();
        await CliRun.Of("generate", "--seed", "42", "--count", "300", "--patients", "9", "--out", more.Path);
        var token = await TokenAsync("producer", "--organization", Organization);
        using var submit = Process.Start(HostProcess.StartInfo(
            ["submit", more.Path, "--json", "--in-flight", "2", "--server", _host.Grpc.ToString(), "--token", token]))!;
        var errors = submit.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (lines.Count < 5) lines.Add((await submit.StandardOutput.ReadLineAsync().Within("the first answers"))!);
        HostProcess.Signal(submit, Interrupt);
        while (await submit.StandardOutput.ReadLineAsync().Within("the last answers") is { } line) lines.Add(line);
        await submit.WaitForExitAsync().Within("the end of a submission");
        Assert.Equal((int)ExitCode.Partial, submit.ExitCode);
        Assert.Contains("Next: the same command again", await errors, StringComparison.Ordinal);
        Assert.InRange(lines.Count, 5, 299);

        // Everything that was sent has its answer: the next run knows exactly these.
        var again = await CliRun.Of("submit", more.Path, "--json", "--server", _host.Grpc.ToString(), "--token", token);
        Assert.Equal(ExitCode.Ok, again.Exit);
        Assert.Equal(lines.Count, again.Json().Count(l => l.GetProperty("receipt").GetProperty("already_known").GetBoolean()));
    }

    private static long SequenceOf(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.GetProperty("sequence").GetInt64();
    }

    private async Task<string> TokenAsync(params string[] arguments) =>
        Assert.Single((await CliRun.Of(["token", .. arguments, "--data", _host.Data])).Lines);

    private async Task<CliRun> SubmitAsync(params string[] files) => await CliRun.Of(
    [
        "submit", .. files.Length == 0 ? [_documents.Path] : files, "--json", "--server", _host.Grpc.ToString(),
        "--token", await TokenAsync("producer", "--organization", Organization),
    ]);

    private Task<CliRun> WatchAsync(params string[] more) => OkAsync(["watch", "--token", _patientToken, .. more]);

    private Task<CliRun> InboxAsync(params string[] more) => OkAsync(["inbox", "--token", _professionalToken, .. more]);

    private async Task<CliRun> OkAsync(string[] arguments)
    {
        var run = await CliRun.Of([.. arguments, "--json", "--server", _host.Grpc.ToString()]);
        Assert.True(run.Exit == ExitCode.Ok, run.Error);
        return run;
    }
}
