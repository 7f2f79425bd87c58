using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Codes;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;

namespace HealthGrains.Host.Verbs;

/// <summary><c>matrix</c>: checks a file of the habilitation matrix before a server is given it, and makes one out of rows.</summary>
internal static class MatrixVerb
{
    private static readonly Argument<string> PathOf = new("FILE") { Description = "The file" };

    private static readonly Option<string> VersionName = new("--version-name")
    {
        Description = "Version of the table, which every decision is recorded with: letters, digits, dots, dashes", HelpName = "TEXT", Required = true,
    };

    private static readonly Option<string> LegalDate = new("--legal-date")
    {
        Description = "Day of the legal text, yyyy-MM-dd", HelpName = "DAY", Required = true,
    };

    private static readonly Option<string> EffectiveFrom = new("--effective-from")
    {
        Description = "Day from which it holds (default the legal date)", HelpName = "DAY",
    };

    private static readonly Option<bool> Official = new("--official") { Description = "The rows are those of the official annex" };

    public static Command Command() => new("matrix", "The habilitation matrix: which profession may read which type of document")
    {
        new VerbCommand("check", "Whether a server would take a matrix file, and what it says", CheckAsync) { PathOf },
        new VerbCommand("import", "Make a matrix file of rows profession;category;type;readable, on standard output", ImportAsync)
        {
            PathOf, VersionName, LegalDate, EffectiveFrom, Official,
        },
    };

    private static async Task<ExitCode> CheckAsync(VerbContext context)
    {
        var matrix = Taken(() => AccessMatrixFile.Read(Text(context), CodeSets.Current));
        var codes = CodeSets.Current;
        var rows = codes.Professions.All
            .Where(profession => matrix.Professions.Contains(profession.Code))
            .Select(profession => (
                profession.Code,
                profession.Label,
                Readable: codes.DocumentTypes.All.Count(type => matrix.Allows(profession.Code, type.Code))))
            .ToList();
        if (context.Json)
        {
            await context.Console.WriteLineAsync(JsonLine.Of(new JsonObject
            {
                ["version"] = matrix.Version,
                ["official"] = matrix.IsOfficial,
                ["legal_date"] = matrix.LegalDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                ["professions"] = new JsonArray([.. rows.Select(row =>
                    (JsonNode)new JsonObject { ["profession"] = row.Code.ToString(), ["readable_types"] = row.Readable })]),
            }));
            return ExitCode.Ok;
        }

        await context.Console.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{matrix.Version}, {(matrix.IsOfficial ? "official" : "placeholder")}, of {matrix.LegalDate:yyyy-MM-dd}: {rows.Count} professions read something"));
        foreach (var (code, label, readable) in rows)
            await context.Console.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  {code.Code,-4} {label,-32} {readable,4} types"));
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> ImportAsync(VerbContext context)
    {
        var legal = Day(context.Get(LegalDate)!); // ! it is required
        var effective = context.Get(EffectiveFrom) is { } day ? Day(day) : legal;
        var file = Taken(() => AccessMatrixRows.ToFile(
            Text(context), context.Get(VersionName)!, context.Get(Official), legal, effective, CodeSets.Current)); // ! it is required
        await context.Console.WriteLineAsync(file.TrimEnd('\n'));
        return ExitCode.Ok;
    }

    private static string Text(VerbContext context)
    {
        var path = context.Get(PathOf)!; // ! it is required
        try
        {
            if (new FileInfo(path).Length > HostLimits.MatrixBytesMax)
                throw new CliException(ExitCode.Usage, $"{path} is too long for a matrix.");
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException e)
        {
            throw new CliException(ExitCode.NotFound, $"{path} is not there.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    private static T Taken<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (AccessMatrixException e)
        {
            throw new CliException(ExitCode.Usage, e.Message, inner: e);
        }
    }

    private static DateOnly Day(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new CliException(ExitCode.Usage, $"'{text}' is no day, yyyy-MM-dd.");
}
