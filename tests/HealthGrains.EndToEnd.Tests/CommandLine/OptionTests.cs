using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

public sealed class OptionTests
{
    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5m", 90_000)]
    [InlineData("8h", 28_800_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("00:01:30", 90_000)]
    public void Durations_are_taken_as_people_write_them(string text, long milliseconds)
    {
        Assert.True(HumanValues.TryDuration(text, out var duration));
        Assert.Equal(milliseconds, (long)duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1s")]
    [InlineData("1,5m")]
    [InlineData("1w")]
    [InlineData("soon")]
    [InlineData("-00:01:00")]
    public void Other_texts_are_no_durations(string text) => Assert.False(HumanValues.TryDuration(text, out _));

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("token")]
    [InlineData("token", "producer")]
    [InlineData("submit", "--in-flight", "many", "x")]
    [InlineData("watch", "--after", "minus")]
    [InlineData("serve", "--frobnicate")]
    [InlineData("generate", "--seed", "1")]
    public async Task What_cannot_be_parsed_is_a_usage_error(params string[] arguments) =>
        (await CliRun.Of(arguments)).FailsWith(ExitCode.Usage, "--help");

    [Fact]
    public async Task Help_and_version_are_results()
    {
        var help = await CliRun.Of("--help");
        Assert.Equal(ExitCode.Ok, help.Exit);
        foreach (var verb in (string[])["serve", "demo", "submit", "watch", "inbox", "token", "generate", "verify", "status", "explain"])
            Assert.Contains(verb, help.Output, StringComparison.Ordinal);
        Assert.Matches("^[0-9]+[.]", Assert.Single((await CliRun.Of("--version")).Lines));
        Assert.Contains("--lifetime", (await CliRun.Of("token", "producer", "--help")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve --store postgresql --postgresql nonsense --data {0}", "no connection string")]
    [InlineData("serve --postgresql Host=127.0.0.1 --data {0}", "nothing would be written there")]
#if ENGINE_ORLEANS
    [InlineData("serve --engine orleans --data {0}", "store that several servers share")]
#else
    [InlineData("serve --engine orleans --data {0}", "not built")]
#endif
    [InlineData("serve --store mysql --data {0}", "none of")]
    [InlineData("serve --engine akka --data {0}", "none of")]
    [InlineData("serve --grpc nowhere --data {0}", "Grpc")]
    [InlineData("serve --grpc 127.0.0.1 --data {0}", "Grpc")]
    [InlineData("serve --web 127.0.0.1:99999 --data {0}", "Web")]
    [InlineData("serve --production --data {0}", "Auth:Issuer")]
    [InlineData("serve --production --issuer https://issuer.example --grpc 0.0.0.0:8081 --data {0}", "TLS")]
    [InlineData("serve --production --issuer https://issuer.example --store memory --data {0}", "memory")]
    [InlineData("serve --tls-client-crl list.pem --tls-cert a.pem --tls-key a.key --data {0}", "--tls-client-ca")]
    [InlineData("serve --tls-cert only.pem --data {0}", "--tls-key")]
    [InlineData("serve --tls-client-ca ca.pem --data {0}", "--tls-client-ca")]
    [InlineData("serve --log-level Loud --data {0}", "Log:Level")]
    [InlineData("serve --issuer http://issuer.example --data {0} --grpc 127.0.0.1:0 --web 127.0.0.1:0", "https")]
    public async Task A_server_that_cannot_be_what_it_is_told_does_not_start(string line, string saying)
    {
        using var directory = new Hosting.TemporaryDirectory();
        var arguments = line.Split(' ').Select(a => a == "{0}" ? directory.Path : a).ToArray();
        (await CliRun.Of(arguments)).FailsWith(ExitCode.Usage, saying);
    }

    [Fact]
    public void Settings_come_from_names_with_colons()
    {
        var settings = ServerSettings.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Grpc"] = "localhost:0",
            ["Web"] = "*:9000",
            ["Ins:Realm"] = "test",
            ["Ids:LenientRpps"] = "true",
            ["Auth:RequiredAcr"] = "eidas1, eidas2",
            ["Auth:ClockSkew"] = "5s",
            ["Record:OpenOnFirstDeposit"] = "false",
            ["Submit:MaxClockSkew"] = "1m",
            ["Log:Format"] = "json",
        }).Build());
        Assert.Equal("127.0.0.1:0", settings.Grpc.ToString());
        Assert.Equal("0.0.0.0:9000", settings.Web.ToString());
        Assert.True(settings.Identities.LenientRpps);
        Assert.Equal(["eidas1", "eidas2"], settings.RequiredAcr);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.ClockSkew);
        Assert.False(settings.Policy.OpenOnFirstDeposit);
        Assert.Equal(TimeSpan.FromMinutes(1), settings.Policy.SubmitMaxClockSkew);
        Assert.True(settings.LogJson);
    }

    [Theory]
    [InlineData("Ins:Realm=production")]
    [InlineData("Production=true")]
    [InlineData("Production=true Auth:Issuer=https://issuer.example Ins:Realm=test")]
    [InlineData("Production=true Auth:Issuer=https://issuer.example Ids:LenientRpps=true")]
    [InlineData("Production=true Auth:Issuer=https://issuer.example Ids:LenientFiness=true")]
    [InlineData("Production=true Auth:Issuer=https://issuer.example Grpc=0.0.0.0:8081")]
    [InlineData("Production=true Auth:Issuer=https://issuer.example Store=memory")]
    [InlineData("Auth:Issuer=https://issuer.example Auth:Kinds=everybody")]
    [InlineData("Auth:Issuers:0:Issuer=https://issuer.example")]
    [InlineData("Auth:Issuers:0:Kinds=patient")]
    [InlineData("Auth:Issuer=https://a.example Auth:Issuers:0:Issuer=https://a.example Auth:Issuers:0:Kinds=patient")]
    [InlineData("Admission:Organization=fast")]
    [InlineData("Admission:Organization=0,5")]
    [InlineData("Admission:Patient=5,0")]
    [InlineData("Admission:PatientsPerHour=0")]
    public void Settings_that_contradict_each_other_start_nothing(string settings) => Assert.Equal(
        ExitCode.Usage, Assert.Throws<CliException>(() => Of(settings)).Exit);

    [Fact]
    public void Each_issuer_speaks_for_whom_it_is_trusted_with()
    {
        var all = HealthGrains.Services.CallerKinds.Readers | HealthGrains.Services.CallerKinds.Producer;
        Assert.Equal(all | HealthGrains.Services.CallerKinds.Operator, Assert.Single(Of("Auth:Issuer=https://issuer.example").Issuers).Kinds);
        Assert.Equal(all, Assert.Single(Of("Production=true Auth:Issuer=https://issuer.example").Issuers).Kinds);
        var two = Of("Production=true Auth:Issuer=https://a.example Auth:Kinds=professional Auth:Issuers:0:Issuer=https://b.example Auth:Issuers:0:Kinds=patient,delegate").Issuers;
        Assert.Equal(
            [("https://a.example", HealthGrains.Services.CallerKinds.Professional), ("https://b.example", HealthGrains.Services.CallerKinds.PatientSide)], two);
    }

    private static ServerSettings Of(string settings) => ServerSettings.From(new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Split(' ').Select(one => one.Split('=', 2)).Select(one => KeyValuePair.Create(one[0], (string?)one[1])))
        .Build());

    [Fact]
    public void Production_takes_the_INS_of_real_persons_and_opens_nothing_by_itself()
    {
        var settings = ServerSettings.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Production"] = "true", ["Auth:Issuer"] = "https://issuer.example",
        }).Build());
        Assert.Equal(Domain.Identity.InsRealm.Production, settings.Identities.Ins.Realm);
        Assert.False(settings.Policy.OpenOnFirstDeposit);
        Assert.False(settings.Reflection);
    }

    [Fact]
    public void Every_verb_and_every_option_says_what_it_is()
    {
        var silent = new List<string>();
        void Look(System.CommandLine.Command command, string path)
        {
            if (string.IsNullOrWhiteSpace(command.Description)) silent.Add(path);
            silent.AddRange(command.Options.Where(o => string.IsNullOrWhiteSpace(o.Description)).Select(o => $"{path} {o.Name}"));
            foreach (var below in command.Subcommands) Look(below, $"{path} {below.Name}");
        }

        Look(CommandRoot.Root, "healthgrains");
        Assert.Empty(silent);
    }

    [Fact]
    public async Task An_expired_stop_is_told_apart_from_a_defect()
    {
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        using var directory = new Hosting.TemporaryDirectory();
        var run = await CliRun.Of(stopped.Token, "generate", "--seed", "1", "--count", "3", "--out", directory.Path);
        run.FailsWith(ExitCode.Partial, "--start 0 --count 3");
    }
}
