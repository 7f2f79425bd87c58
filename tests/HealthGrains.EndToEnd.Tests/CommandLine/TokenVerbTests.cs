using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using HealthGrains.Services.Authentication;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class TokenVerbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("producer --organization 1750100125", CallerKind.Producer)]
    [InlineData("producer --organization 1750100125 --on-behalf-of 1750803447", CallerKind.Producer)]
    [InlineData("patient --ins 279035121518989 --ins-oid 1.2.250.1.213.1.4.10", CallerKind.Patient)]
    [InlineData("patient --ins 279035121518989", CallerKind.Patient)]
    [InlineData("professional --id 899700218896 --role 10 --organization 1750100125", CallerKind.Professional)]
    [InlineData("professional --id 899700218896 --role 60 --regulation --name Ada", CallerKind.Professional)]
    [InlineData("delegate --sub caregiver-1", CallerKind.Delegate)]
    [InlineData("operator", CallerKind.Operator)]
    [InlineData("operator --lifetime 30s", CallerKind.Operator)]
    public async Task It_prints_the_token_alone(string line, CallerKind kind)
    {
        var run = await CliRun.Of(["token", .. line.Split(' '), "--data", _directory.Path]);
        Assert.Equal(ExitCode.Ok, run.Exit);
        Assert.Empty(run.Error);
        using var key = DataDirectory.Open(_directory.Path).DevelopmentKey();
        var validator = new TokenValidator(new TokenRules { Issuers = [key.AsIssuer] }, TimeProvider.System);
        var check = await validator.ValidateAsync(Assert.Single(run.Lines), CancellationToken.None);
        Assert.Equal(kind, check.Token?.Caller.Kind);
    }

    [Theory]
    [InlineData("producer --organization 1750100126", "--organization")]
    [InlineData("producer --organization 750100125", "--organization")]
    [InlineData("patient --ins 279035121518988", "--ins")]
    [InlineData("patient --ins 279035121518989 --ins-oid 1.2.250.1.213.1.4.8", "--ins-oid")]
    [InlineData("professional --id 899700218897 --role 10", "--id")]
    [InlineData("professional --id 3750100125/7 --role 10", "--id")]
    [InlineData("professional --id 899700218896 --role x", "--role")]
    [InlineData("delegate", "--sub")]
    [InlineData("operator --lifetime 0", "--lifetime")]
    [InlineData("operator --lifetime 400d", "--lifetime")]
    [InlineData("operator --lifetime soon", "--lifetime")]
    public async Task What_no_token_can_say_is_a_usage_error_that_repeats_no_INS(string line, string option)
    {
        var run = (await CliRun.Of(["token", .. line.Split(' '), "--data", _directory.Path])).FailsWith(ExitCode.Usage, option);
        Assert.DoesNotContain("279035121518988", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task As_JSON_it_also_says_until_when()
    {
        var run = await CliRun.Of("token", "operator", "--data", _directory.Path, "--json");
        var line = Assert.Single(run.Json());
        Assert.Equal(3, line.GetProperty("token").GetString()!.Split('.').Length);
        Assert.True(line.GetProperty("expires_at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task The_key_is_made_once_and_is_its_owners_alone()
    {
        await CliRun.Of("token", "operator", "--data", _directory.File("new"));
        var file = Path.Combine(_directory.File("new"), "development-key.pem");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_directory.File("new")));
        var before = await File.ReadAllTextAsync(file);
        await CliRun.Of("token", "operator", "--data", _directory.File("new"));
        Assert.Equal(before, await File.ReadAllTextAsync(file));
        Assert.Equal([file], Directory.GetFiles(_directory.File("new")));
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public async Task A_key_that_others_may_read_is_refused(UnixFileMode others)
    {
        await CliRun.Of("token", "operator", "--data", _directory.Path);
        var file = _directory.File("development-key.pem");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        (await CliRun.Of("token", "operator", "--data", _directory.Path)).FailsWith(ExitCode.Denied, "chmod 600");
        (await CliRun.Of("serve", "--data", _directory.Path, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0")).FailsWith(ExitCode.Denied, "chmod 600");
    }

    [Fact]
    public async Task A_key_file_that_holds_something_else_is_not_replaced()
    {
        var file = _directory.File("development-key.pem");
        await File.WriteAllTextAsync(file, "something else");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await CliRun.Of("token", "operator", "--data", _directory.Path)).FailsWith(ExitCode.Usage, "P-256");
        Assert.Equal("something else", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Many_at_once_on_a_new_directory_get_one_key()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var key = DataDirectory.Open(_directory.File("race")).DevelopmentKey();
            return key.KeyId;
        })));
        Assert.Single(keys.Distinct());
        Assert.Single(Directory.GetFileSystemEntries(_directory.File("race")));
    }
}
