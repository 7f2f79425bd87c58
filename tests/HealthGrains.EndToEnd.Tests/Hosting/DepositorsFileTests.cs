using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.EndToEnd.Tests.CommandLine;
using HealthGrains.Host.CommandLine;
using Xunit;

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

    private static DelegatedDepositors Read(string text) => DelegatedDepositors.Read(text, IdentityRules.Default);
}
