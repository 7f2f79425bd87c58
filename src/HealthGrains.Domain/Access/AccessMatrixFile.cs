using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Access;

/// <summary>Reads a habilitation matrix from its file, and takes nothing that it does not understand.</summary>
/// <remarks>JSON, UTF-8: <c>matrix</c>, <c>version</c>, <c>status</c> (<c>placeholder</c> or <c>official</c>),
/// <c>legalDate</c>, <c>effectiveFrom</c>, <c>default</c> (<c>deny</c>), and <c>professions</c>, each with <c>code</c>,
/// <c>system</c>, <c>label</c>, <c>enabled</c>, <c>known</c>, <c>allow</c> and <c>except</c>. Types are named by code, by
/// <c>class:nn</c>, or all by <c>*</c>.</remarks>
public static class AccessMatrixFile
{
    /// <summary>Characters of a file: the whole national table is a tenth of it.</summary>
    public const int CharactersMax = 1024 * 1024;

    private const int VersionLengthMax = 64;
    private const string ClassPrefix = "class:";

    private static readonly FrozenSet<string> Names =
        new[] { "matrix", "version", "status", "legalDate", "effectiveFrom", "note", "default", "professions" }.ToFrozenSet();

    private static readonly FrozenSet<string> ProfessionNames =
        new[] { "code", "system", "label", "enabled", "known", "allow", "except" }.ToFrozenSet();

    /// <exception cref="AccessMatrixException">It does not follow the format, or names a code that is not there.</exception>
    public static AccessMatrix Read(string text, CodeSets codes)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(codes);
        if (text.Length > CharactersMax) throw new AccessMatrixException("the file is too long");
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            return Read(document.RootElement, codes);
        }
        catch (JsonException)
        {
            throw new AccessMatrixException("it is no JSON");
        }
    }

    /// <summary>The text of the file that this assembly ships.</summary>
    public static string ReadShipped()
    {
        using var stream = typeof(AccessMatrixFile).Assembly
            .GetManifestResourceStream("HealthGrains.Domain.Access.Data.access-matrix.json")!; // ! it is embedded
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static AccessMatrix Read(JsonElement root, CodeSets codes)
    {
        CheckNames(root, Names, "the file");
        if (Text(root, "default") != "deny") throw new AccessMatrixException("default must be deny");
        var version = Text(root, "version");
        if (version.Length is 0 or > VersionLengthMax || !version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
            throw new AccessMatrixException("version is 1 to 64 letters, digits, dots and dashes");
        var isOfficial = Text(root, "status") switch
        {
            "official" => true,
            "placeholder" => false,
            _ => throw new AccessMatrixException("status is placeholder or official"),
        };
        _ = Text(root, "matrix");
        _ = Day(root, "effectiveFrom");
        var professions = new Dictionary<ProfessionCode, FrozenSet<string>>();
        var seen = new HashSet<ProfessionCode>();
        foreach (var row in List(root, "professions"))
        {
            CheckNames(row, ProfessionNames, "a profession");
            if (!ProfessionCode.TryCreate(Text(row, "code"), Text(row, "system"), out var code)
                || !codes.Professions.Contains(code))
            {
                throw new AccessMatrixException($"profession {Shown(Text(row, "code"))} is not known");
            }

            if (!seen.Add(code)) throw new AccessMatrixException($"profession {code} is listed twice");
            var types = Expand(List(row, "allow"), codes);
            types.ExceptWith(Expand(List(row, "except"), codes));
            if (Flag(row, "enabled")) professions.Add(code, types.ToFrozenSet(StringComparer.Ordinal));
        }

        return new AccessMatrix(version, isOfficial, Day(root, "legalDate"), professions);
    }

    private static HashSet<string> Expand(IEnumerable<JsonElement> words, CodeSets codes)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var known = codes.DocumentTypes.All.Where(type => type.Status != DocumentTypeStatus.Refused);
        foreach (var element in words)
        {
            var word = element.ValueKind == JsonValueKind.String ? element.GetString()! : ""; // ! it is a string
            if (word == "*")
            {
                types.UnionWith(known.Select(type => type.Code));
            }
            else if (word.StartsWith(ClassPrefix, StringComparison.Ordinal)
                && codes.DocumentClasses.Contains(word[ClassPrefix.Length..]))
            {
                types.UnionWith(known.Where(type => type.ClassCode == word[ClassPrefix.Length..]).Select(type => type.Code));
            }
            else if (codes.DocumentTypes.Contains(word))
            {
                types.Add(word);
            }
            else
            {
                throw new AccessMatrixException($"type {Shown(word)} is not known");
            }
        }

        return types;
    }

    // A misspelt name would be a rule that silently is not applied.
    private static void CheckNames(JsonElement element, FrozenSet<string> names, string what)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new AccessMatrixException($"{what} is no object");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!names.Contains(property.Name))
                throw new AccessMatrixException($"{what} has the unknown field {Shown(property.Name)}");
            if (!seen.Add(property.Name))
                throw new AccessMatrixException($"{what} has the field {property.Name} twice");
        }
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()! // ! it is a string
            : throw new AccessMatrixException($"{name} is missing or no text");

    private static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new AccessMatrixException($"{name} is missing or neither true nor false");

    private static JsonElement.ArrayEnumerator List(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw new AccessMatrixException($"{name} is missing or no list");

    private static DateOnly Day(JsonElement element, string name) =>
        DateOnly.TryParseExact(
            Text(element, name), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw new AccessMatrixException($"{name} is a day, yyyy-MM-dd");

    private static string Shown(string text) => text.Length > 64 ? text[..64] + "…" : text;
}

/// <summary>A file of the habilitation matrix cannot be taken: the server does not start with it, and a running one keeps the
/// last good one.</summary>
public sealed class AccessMatrixException(string why) : Exception($"Habilitation matrix: {why}.");
