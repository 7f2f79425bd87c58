using HealthGrains.Domain.Cda;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

public sealed class GenerateVerbTests : IDisposable
{
    private readonly TemporaryDirectory _first = new();
    private readonly TemporaryDirectory _second = new();

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    [Fact]
    public async Task The_same_options_write_the_same_bytes()
    {
        var run = await CliRun.Of("generate", "--seed", "5", "--count", "6", "--out", _first.Path, "--json");
        Assert.Equal(ExitCode.Ok, run.Exit);
        Assert.Equal(6, run.Json().Count);
        await CliRun.Of("generate", "--seed", "5", "--count", "6", "--out", _second.Path);
        var names = Directory.GetFiles(_first.Path).Select(Path.GetFileName).Order().ToArray();
        Assert.Equal(6, names.Length);
        foreach (var name in names)
            Assert.Equal(await File.ReadAllBytesAsync(_first.File(name!)), await File.ReadAllBytesAsync(_second.File(name!)));
    }

    [Fact]
    public async Task They_are_sent_by_the_structure_of_the_examples_unless_told_otherwise()
    {
        await CliRun.Of("generate", "--seed", "5", "--count", "2", "--out", _first.Path);
        await CliRun.Of("generate", "--seed", "5", "--count", "2", "--out", _second.Path, "--organization", "1990000002");
        Assert.All(Directory.GetFiles(_first.Path), f => Assert.Equal("1750100125", AuthorStructureOf(f)));
        Assert.All(Directory.GetFiles(_second.Path), f => Assert.Equal("1990000002", AuthorStructureOf(f)));
    }

    [Fact]
    public async Task A_part_of_a_run_is_that_part()
    {
        await CliRun.Of("generate", "--seed", "5", "--count", "4", "--out", _first.Path);
        await CliRun.Of("generate", "--seed", "5", "--count", "2", "--start", "2", "--out", _second.Path);
        Assert.Equal(Directory.GetFiles(_first.Path).Select(Path.GetFileName).Order().Skip(2), Directory.GetFiles(_second.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("--count", "0")]
    [InlineData("--patients", "0")]
    [InlineData("--organization", "3180035024")]
    [InlineData("--start", "-1")]
    public async Task Options_out_of_range_are_usage_errors(string option, string value)
    {
        string[] arguments = ["generate", "--seed", "1", "--out", _first.File("x"), option, value, .. option == "--count" ? Array.Empty<string>() : ["--count", "1"]];
        Assert.Equal(ExitCode.Usage, (await CliRun.Of(arguments)).Exit);
    }

    private static string AuthorStructureOf(string file)
    {
        var header = CdaHeaderReader.Read(File.ReadAllBytes(file)).Header;
        return header!.Authors[0].Organization!.Structure.ToString()!;
    }
}
