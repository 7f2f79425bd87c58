using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>Verbs against a server that runs as a process, on files as users have them.</summary>
public sealed class SubmitVerbTests(SharedHost shared) : IClassFixture<SharedHost>, IDisposable
{
    private const string Organization = "1750100125";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Generated_documents_are_accepted_and_known_the_second_time()
    {
        await GenerateAsync(seed: 11, count: 12);
        var first = await SubmitAsync(_directory.Path);
        Assert.Equal(ExitCode.Ok, first.Exit);
        var receipts = first.Json();
        Assert.Equal(12, receipts.Count);
        Assert.Equal(12, receipts.Select(r => r.GetProperty("file").GetString()).Distinct().Count());
        foreach (var line in receipts)
        {
            var receipt = line.GetProperty("receipt");
            Assert.False(receipt.GetProperty("already_known").GetBoolean());
            Assert.Equal(64, receipt.GetProperty("sha256").GetString()!.Length);
            Assert.True(receipt.GetProperty("position").GetInt64() >= 1);
            Assert.NotEmpty(receipt.GetProperty("document_id").GetString()!);
        }

        var again = await SubmitAsync(_directory.Path);
        Assert.Equal(ExitCode.Ok, again.Exit);
        Assert.All(again.Json(), line => Assert.True(line.GetProperty("receipt").GetProperty("already_known").GetBoolean()));
        string Ids(CliRun run) => string.Join(' ', run.Json().Select(l => l.GetProperty("receipt").GetProperty("document_id").GetString()).Order());
        Assert.Equal(Ids(first), Ids(again));
    }

    [Fact]
    public async Task Refused_files_end_in_the_rejects_and_come_back_by_the_list()
    {
        await GenerateAsync(seed: 12, count: 3);
        await File.WriteAllTextAsync(_directory.File("notes.xml"), "<notes/>");
        await File.WriteAllTextAsync(_directory.File("empty.xml"), "");
        Directory.CreateSymbolicLink(_directory.File("up"), _directory.Path);
        using var elsewhere = new TemporaryDirectory();
        var rejects = elsewhere.File("rejects");

        var run = await SubmitAsync(_directory.Path, "--rejects", rejects);
        Assert.Equal(ExitCode.Partial, run.Exit);
        Assert.Contains("--list", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, run.Json().Count(l => l.TryGetProperty("receipt", out _)));
        var refusals = run.Json().Where(l => l.TryGetProperty("refusal", out _))
            .ToDictionary(l => Path.GetFileName(l.GetProperty("file").GetString()!), l => l.GetProperty("refusal").GetProperty("code").GetString());
        Assert.Equal(["empty.xml", "notes.xml", "up"], refusals.Keys.Order());
        Assert.Equal("FILE_EMPTY", refusals["empty.xml"]);
        Assert.Equal("LINK_NOT_FOLLOWED", refusals["up"]);

        Assert.Equal(3, (await File.ReadAllLinesAsync(rejects)).Length);
        var again = await SubmitAsync("--list", rejects);
        Assert.Equal(ExitCode.Partial, again.Exit);
    }

    [Fact]
    public async Task A_file_of_any_kind_is_described_by_options()
    {
        await File.WriteAllTextAsync(_directory.File("report.pdf"), "%PDF-1.4 not much of one");
        string[] described =
        [
            _directory.File("report.pdf"), "--patient", "279035121518989", "--type", "11502-2", "--title", "Report",
            "--mime", "application/pdf", "--author", "899700218896", "--organization", Organization,
        ];
        var run = await SubmitAsync(described);
        var first = Assert.Single(run.Json());
        Assert.True(first.TryGetProperty("receipt", out var receipt) || first.TryGetProperty("refusal", out _), run.Output);

        // Described again it is the same document, whatever the server thinks of PDF without a CDA around it.
        var again = Assert.Single((await SubmitAsync(described)).Json());
        if (receipt.ValueKind != System.Text.Json.JsonValueKind.Undefined)
            Assert.Equal(receipt.GetProperty("unique_id").GetString(), again.GetProperty("receipt").GetProperty("unique_id").GetString());
    }

    [Fact]
    public async Task Half_a_description_is_a_usage_error() =>
        (await SubmitAsync(_directory.Path, "--title", "Report")).FailsWith(ExitCode.Usage, "--mime");

    [Theory]
    [InlineData("--confidentiality", "secret")]
    [InlineData("--opposition", "perhaps")]
    [InlineData("--in-flight", "0")]
    [InlineData("--in-flight", "257")]
    [InlineData("--unique-id", "2.999.1")]
    [InlineData("--ins-qualified-at", "yesterday")]
    public async Task Options_that_cannot_be_are_usage_errors(string option, string value) =>
        (await SubmitAsync(_directory.Path, option, value)).FailsWith(ExitCode.Usage, option);

    [Fact]
    public async Task Without_paths_nothing_is_guessed() => (await SubmitAsync()).FailsWith(ExitCode.Usage, "Which files");

    [Fact]
    public async Task A_file_that_is_not_there_is_not_found()
    {
        var run = await SubmitAsync(_directory.File("none.xml"));
        Assert.Equal(ExitCode.NotFound, run.Exit);
        Assert.Equal("FILE_NOT_FOUND", run.Json()[0].GetProperty("refusal").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_stranger_is_denied_and_told_how_to_go_on()
    {
        await GenerateAsync(seed: 13, count: 1);
        var run = await CliRun.Of("submit", _directory.Path, "--server", shared.Host.Grpc.ToString(), "--token", "not.a.token");
        run.FailsWith(ExitCode.Denied, "NOT_AUTHENTICATED");
        Assert.DoesNotContain("not.a.token", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_organisations_documents_are_refused_one_by_one()
    {
        await GenerateAsync(seed: 14, count: 2);
        var token = await shared.TokenAsync("producer", "--organization", "1750803447");
        var run = await CliRun.Of("submit", _directory.Path, "--json", "--server", shared.Host.Grpc.ToString(), "--token", token);
        Assert.Equal(ExitCode.Partial, run.Exit);
        Assert.All(run.Json(), l => Assert.Equal("STRUCTURE_MISMATCH", l.GetProperty("refusal").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Stopped_before_the_first_file_nothing_is_sent()
    {
        await GenerateAsync(seed: 15, count: 2);
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        var run = await CliRun.Of(
            stopped.Token, "submit", _directory.Path, "--json", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("producer", "--organization", Organization));
        run.FailsWith(ExitCode.Partial, "Stopped");
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task What_was_submitted_is_watched_and_verified()
    {
        var generated = (await GenerateAsync(seed: 16, count: 4, patients: 1)).Json();
        var patient = generated[0].GetProperty("patient").GetProperty("ins").GetString()!;
        Assert.Equal(ExitCode.Ok, (await SubmitAsync(_directory.Path)).Exit);

        // A record that its patient has not opened tells its patient nothing yet.
        var token = await shared.TokenAsync("patient", "--ins", patient);
        (await CliRun.Of("watch", "--server", shared.Host.Grpc.ToString(), "--token", token)).FailsWith(ExitCode.Conflict, "RECORD_NOT_ACTIVATED");

        var everything = await CliRun.Of("verify", "--json", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("operator"));
        Assert.Equal(ExitCode.Ok, everything.Exit);
        Assert.True(everything.Json()[0].GetProperty("fits").GetBoolean());
        Assert.True(everything.Json()[0].GetProperty("contents").GetInt64() >= 4);
        var offline = await CliRun.Of("verify", "--data", shared.Host.Data);
        Assert.Equal(ExitCode.Ok, offline.Exit);
        Assert.StartsWith("everything fits", offline.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_is_for_operators()
    {
        var run = await CliRun.Of("status", "--json", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("operator"));
        var status = Assert.Single(run.Json());
        Assert.Equal("sqlite", status.GetProperty("store_kind").GetString());
        Assert.True(status.GetProperty("shards").GetArrayLength() > 0);
        var table = await CliRun.Of("status", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("operator"));
        Assert.Contains("standalone", table.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[", table.Output, StringComparison.Ordinal);

        var denied = await CliRun.Of("status", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("producer", "--organization", Organization));
        denied.FailsWith(ExitCode.Denied, "CALLER_KIND_FORBIDDEN");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable()
    {
        var run = await CliRun.Of("status", "--server", "127.0.0.1:1", "--token", "x");
        run.FailsWith(ExitCode.Unavailable, "healthgrains serve");
    }

    [Fact]
    public async Task Nothing_is_verified_where_there_is_no_store()
    {
        (await CliRun.Of("verify", "--data", _directory.Path)).FailsWith(ExitCode.NotFound, "no store");
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    private Task<CliRun> GenerateAsync(int seed, int count, int patients = 5) => CliRun.Of(
        "generate", "--seed", $"{seed}", "--count", $"{count}", "--patients", $"{patients}", "--out", _directory.Path, "--json");

    private async Task<CliRun> SubmitAsync(params string[] more) => await CliRun.Of(
        ["submit", .. more, "--json", "--server", shared.Host.Grpc.ToString(), "--token", await shared.TokenAsync("producer", "--organization", Organization)]);
}
