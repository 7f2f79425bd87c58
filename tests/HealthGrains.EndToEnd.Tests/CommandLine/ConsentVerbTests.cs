using System.Text.Json;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>Consents by the command line, from opening the record to closing it, with previews and explanations.</summary>
public sealed class ConsentVerbTests : IAsyncLifetime
{
    private const string Professional = "899700218896";
    private const string Organization = "1990000010";

    private readonly TemporaryDirectory _documents = new();
    private HostProcess _host = null!; // ! set before each test
    private string _ins = "";
    private string _patient = "";
    private string _professional = "";

    public async Task InitializeAsync()
    {
        _host = await HostProcess.StartAsync();
        var generated = await CliRun.Of("generate", "--seed", "43", "--count", "1", "--patients", "1", "--out", _documents.Path, "--json");
        _ins = generated.Json()[0].GetProperty("patient").GetProperty("ins").GetString() ?? "";
        _patient = await TokenAsync("patient", "--ins", _ins);
        _professional = await TokenAsync("professional", "--id", Professional, "--role", "10", "--organization", Organization);
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_host.Data, recursive: true);
        _documents.Dispose();
    }

    [Fact]
    public async Task A_person_opens_authorises_masks_blocks_and_closes()
    {
        (await PatientAsync("consent", "show")).FailsWith(ExitCode.NotFound, "PATIENT_UNKNOWN");
        Assert.False((await LineAsync("consent", "open", "--terms", "2024-01")).GetProperty("already_so").GetBoolean());
        var submitted = await CliRun.Of(
            "submit", _documents.Path, "--json", "--server", _host.Grpc.ToString(), "--token", await TokenAsync("producer", "--organization", "1750100125"));
        var document = submitted.Json()[0].GetProperty("receipt").GetProperty("document_id").GetString() ?? "";

        // What would an authorisation change, and then does.
        var tried = await LineAsync("consent", "authorize", "--professional", Professional, "--preview", "--about", document);
        Assert.Equal(("CONSENT_REQUIRED", "ALLOW"), OutcomesOf(tried, Professional));
        (await ProfessionalAsync("explain", "--patient", _ins)).IsOk("CONSENT_REQUIRED", "Ask for: AUTHORIZATION");
        var given = await LineAsync("consent", "authorize", "--professional", Professional, "--name", "Dr Essai", "--for", "30d");
        Assert.Equal("Dr Essai", given.GetProperty("authorizations")[0].GetProperty("holder_name").GetString());
        (await ProfessionalAsync("explain", "--patient", _ins, "--document", document)).IsOk("allow: Nothing was against it.", "ALLOW");
        (await PatientAsync("consent", "show")).IsOk($"permit   {Professional} Dr Essai since ", "break the glass permit");

        // A mask hides the document from the professional, and not from the person.
        Assert.Equal(("ALLOW", "DOCUMENT_NOT_FOUND"), OutcomesOf(await LineAsync("consent", "mask", "--document", document, "--preview"), Professional));
        Assert.False((await LineAsync("consent", "mask", "--document", document)).GetProperty("already_so").GetBoolean());
        Assert.True((await LineAsync("consent", "mask", "--document", document)).GetProperty("already_so").GetBoolean());
        (await ProfessionalAsync("explain", "--patient", _ins, "--document", document)).IsOk("DOCUMENT_NOT_FOUND", "Ask for: PATIENT");
        (await PatientAsync("explain", "--document", document)).IsOk("who", $"{Professional} Dr Essai");
        await LineAsync("consent", "unmask", "--document", document);

        Assert.Equal("DENY", (await LineAsync("consent", "emergency", "--glass", "deny")).GetProperty("emergency").GetProperty("break_the_glass").GetString());
        Assert.Equal(
            "EMERGENCY_REFUSED",
            (await LineAsync("explain", "--professional", Professional, "--emergency", "glass")).GetProperty("outcome").GetString());

        var blocked = await LineAsync("consent", "block", "--professional", Professional);
        Assert.Equal("1", Assert.Single(blocked.GetProperty("ended").EnumerateArray()).GetProperty("authorization_id").GetString());
        (await PatientAsync("consent", "authorize", "--professional", Professional)).FailsWith(ExitCode.Denied, "ACCESS_BLOCKED");
        await LineAsync("consent", "unblock", "--professional", Professional);
        Assert.True((await LineAsync("consent", "revoke", "--professional", Professional)).GetProperty("already_so").GetBoolean());
        await LineAsync("consent", "revoke", "--organization", Organization, "--deny");
        Assert.Equal(
            "DENY", (await LineAsync("consent", "show")).GetProperty("authorizations")[0].GetProperty("decision").GetString());

        (await PatientAsync("consent", "close", "--delete")).FailsWith(ExitCode.Usage, "--yes");
        await LineAsync("consent", "close", "--reason", "essai");
        (await PatientAsync("consent", "show")).FailsWith(ExitCode.Conflict, "RECORD_CLOSED");
    }

    [Fact]
    public async Task What_is_not_named_is_asked_for()
    {
        (await PatientAsync("consent", "authorize")).FailsWith(ExitCode.Usage, "--professional");
        (await PatientAsync("consent", "block")).FailsWith(ExitCode.Usage, "--professional");
        (await PatientAsync("consent", "revoke", "--professional", "7")).FailsWith(ExitCode.Usage, "METADATA_INVALID");
        (await CliRun.Of("consent", "emergency", "--glass", "perhaps")).FailsWith(ExitCode.Usage, "perhaps");
        (await CliRun.Of("consent", "show", "--server", _host.Grpc.ToString())).FailsWith(ExitCode.Usage, "--patient");
    }

    private static (string? Now, string? Then) OutcomesOf(JsonElement explanation, string who)
    {
        var viewer = explanation.GetProperty("viewers").EnumerateArray().Single(v => v.GetProperty("who").GetString() == who);
        return (viewer.GetProperty("outcome").GetString(), viewer.GetProperty("outcome_after").GetString());
    }

    private async Task<JsonElement> LineAsync(params string[] arguments)
    {
        var run = await PatientAsync([.. arguments, "--json"]);
        Assert.True(run.Exit == ExitCode.Ok, run.Error);
        return Assert.Single(run.Json());
    }

    private Task<CliRun> PatientAsync(params string[] arguments) =>
        CliRun.Of([.. arguments, "--server", _host.Grpc.ToString(), "--token", _patient]);

    private Task<CliRun> ProfessionalAsync(params string[] arguments) =>
        CliRun.Of([.. arguments, "--server", _host.Grpc.ToString(), "--token", _professional]);

    private async Task<string> TokenAsync(params string[] arguments)
    {
        var run = await CliRun.Of(["token", .. arguments, "--data", _host.Data]);
        Assert.True(run.Exit == ExitCode.Ok, run.Error);
        return run.Output.Trim();
    }
}

/// <summary>What a run said, in one expression.</summary>
internal static class CliRunSayings
{
    public static void IsOk(this CliRun run, params string[] sayings)
    {
        Assert.True(run.Exit == ExitCode.Ok, run.Error);
        foreach (var saying in sayings)
            Assert.Contains(saying, run.Output, StringComparison.Ordinal);
    }
}
