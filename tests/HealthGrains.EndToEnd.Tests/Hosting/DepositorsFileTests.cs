using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.EndToEnd.Tests.Services;
using HealthGrains.Host.CommandLine;
using HealthGrains.Rpc;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>Who may deposit for whom: a file that is checked.</summary>
public sealed class DepositorsFileTests
{
    private static readonly StructureId Engine = StructureId.Parse("1990000002");
    private static readonly StructureId Hospital = StructureId.Parse("1990000010");

    [Fact]
    public void A_good_file_says_who_deposits_for_whom_and_not_the_reverse()
    {
        var depositors = Read("""{"depositors":"v1","version":"2026-1","entries":[{"system":"1990000002","for":["1990000010","1990000028"],"note":"engine"}]}""");
        Assert.Equal(("2026-1", 2), (depositors.Version, depositors.Count));
        Assert.True(depositors.Allows(Engine, Hospital));
        Assert.False(depositors.Allows(Hospital, Engine));
        Assert.False(depositors.Allows(StructureId.Parse("1990000028"), Hospital));
        Assert.Equal(0, Read("""{"depositors":"v1","version":"empty","entries":[]}""").Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"depositors":"v2","version":"1","entries":[]}""")]
    [InlineData("""{"depositors":1,"version":"1","entries":[]}""")]
    [InlineData("""{"depositors":"v1","entries":[]}""")]
    [InlineData("""{"depositors":"v1","version":"1"}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":{}}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[],"more":1}""")]
    [InlineData("""{"depositors":"v1","version":"1","version":"2","entries":[]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[7]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002"}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":[]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000003","for":["1990000010"]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":["1990000011"]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":["*"]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":["1990000002"]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":["1990000010","1990000010"]}]}""")]
    [InlineData("""{"depositors":"v1","version":"1","entries":[{"system":"1990000002","for":["1990000010"],"until":"2027"}]}""")]
    public void A_file_with_a_mistake_is_not_taken(string text) => Assert.Throws<FormatException>(() => Read(text));

    [Fact]
    public async Task A_server_does_not_start_with_a_bad_file()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("depositors.json");
        File.WriteAllText(path, "{}");
        (await CliRun.Of("serve", "--data", directory.File("data"), "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0", "--depositors", path))
            .FailsWith(ExitCode.Usage, "Depositors:File");
    }

    [Fact]
    public async Task A_running_server_lets_those_deposit_who_are_listed_and_no_others()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(
            directory.File("depositors.json"),
            $$"""{"depositors":"v1","version":"1","entries":[{"system":"{{People.OtherHospital}}","for":["{{People.Hospital}}"]}]}""");
        await using var host = await HostProcess.StartAsync(directory.File("data"), "--depositors", directory.File("depositors.json"));
        await using var channel = new RpcChannel(host.Grpc, null);
        Assert.Null(await SubmitAsync(People.OtherHospital, People.Patient(1)));
        Assert.Equal("STRUCTURE_MISMATCH", await SubmitAsync(People.Practice, People.Patient(2)));
        Assert.Null(await SubmitAsync(People.Hospital, People.Patient(3)));

        // What a token says of itself is no list.
        Assert.Equal("STRUCTURE_MISMATCH", await SubmitAsync(People.Practice, People.Patient(4), "--on-behalf-of", People.Hospital));
        Assert.Null(await SubmitAsync(People.OtherHospital, People.Patient(5), "--on-behalf-of", People.Hospital));
        Assert.Equal(0, await host.StopAsync());

        async Task<string?> SubmitAsync(string organization, PatientId patient, params string[] more)
        {
            var token = await CliRun.Of(["token", "producer", "--organization", organization, .. more, "--data", host.Data]);
            Assert.True(token.Exit == ExitCode.Ok, token.Error);
            try
            {
                await channel.UnaryAsync<Wire.SubmitRequest, Wire.SubmitResponse>(
                    "/healthgrains.v1.DocumentExchange/Submit", People.Document(patient),
                    new RpcCallOptions { Headers = new RpcMetadata { { "authorization", "Bearer " + token.Output.Trim() } } }, CancellationToken.None).Within("submitting");
                return null;
            }
            catch (RpcException refused)
            {
                return refused.FindDetail<Google.Rpc.ErrorInfo>()?.Reason;
            }
        }
    }

    private static DelegatedDepositors Read(string text) => DelegatedDepositors.Read(text, IdentityRules.Default);
}
