using HealthGrains.Domain.Access;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.CommandLine;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>A matrix is checked before a server gets it, and rows become a file that a server takes.</summary>
public sealed class MatrixVerbTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Rows_become_a_file_that_says_the_same()
    {
        // Every cell of the shipped table, in the other shape.
        var codes = CodeSets.Current;
        var rows = codes.Professions.All
            .Where(profession => profession.Code.System == ProfessionCode.HealthProfessions)
            .SelectMany(profession => codes.DocumentTypes.All.Select(type =>
                $"{profession.Code.Code};{type.ClassCode};{type.Code};{(AccessMatrix.Shipped.Allows(profession.Code, type.Code) ? "true" : "false")}"));
        var path = Write("rows.csv", "profession;category;type;readable\n" + string.Join('\n', rows));
        var imported = await CliRun.Of("matrix", "import", path, "--version-name", "2026-01-01.t1", "--legal-date", "2026-01-01", "--official");
        Assert.Equal(ExitCode.Ok, imported.Exit);

        var matrix = AccessMatrixFile.Read(imported.Output, codes);
        Assert.True(matrix.IsOfficial);
        Assert.Equal("2026-01-01.t1", matrix.Version);
        foreach (var profession in codes.Professions.All)
        {
            foreach (var type in codes.DocumentTypes.All)
                Assert.Equal(AccessMatrix.Shipped.Allows(profession.Code, type.Code), matrix.Allows(profession.Code, type.Code));
        }

        var check = await CliRun.Of("matrix", "check", Write("matrix.json", imported.Output));
        Assert.Equal(ExitCode.Ok, check.Exit);
        Assert.Contains("2026-01-01.t1, official, of 2026-01-01", check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10;11;11502-2", "line 1: a row has four cells")]
    [InlineData("10;10;11502-2;true\n10;10;11502-2;maybe", "line 2: readable")]
    [InlineData("11;10;11502-2;true", "line 1: the profession")]
    [InlineData("10^1.2.3;10;11502-2;true", "line 1: the profession")]
    [InlineData("10;10;0-0;true", "line 1: the type")]
    [InlineData("10;99;11502-2;true", "line 1: the type is of category")]
    [InlineData("10;10;11502-2;true\n10;10;11502-2;false", "line 2: the cell has a row already")]
    [InlineData("", "there is no row")]
    public async Task A_row_that_is_not_understood_is_named(string rows, string saying)
    {
        var path = Write("rows.csv", rows);
        (await CliRun.Of("matrix", "import", path, "--version-name", "1", "--legal-date", "2026-01-01")).FailsWith(ExitCode.Usage, saying);
    }

    [Fact]
    public async Task What_no_server_would_take_is_told()
    {
        (await CliRun.Of("matrix", "check", Write("bad.json", "{}"))).FailsWith(ExitCode.Usage, "default");
        (await CliRun.Of("matrix", "check", Path.Combine(_directory.Path, "absent"))).FailsWith(ExitCode.NotFound, "not there");
        (await CliRun.Of("matrix", "import", Write("rows.csv", "10;10;11502-2;true"), "--version-name", "a b", "--legal-date", "2026-01-01"))
            .FailsWith(ExitCode.Usage, "version");
        (await CliRun.Of("matrix", "import", Write("rows.csv", "10;10;11502-2;true"), "--version-name", "1", "--legal-date", "yesterday"))
            .FailsWith(ExitCode.Usage, "no day");
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory.Path, name);
        File.WriteAllText(path, text);
        return path;
    }
}
