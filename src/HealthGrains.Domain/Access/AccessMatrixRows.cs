using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Access;

/// <summary>Makes a matrix file out of rows, the shape in which the national record shows its habilitation matrix: one cell a
/// row, <c>profession;category;type;readable</c>.</summary>
/// <remarks>UTF-8 text; cells are separated by semicolons or by commas; an empty line and a first line of names are passed over.
/// Profession: a code, or <c>code^system</c>; a code alone stands for the health profession where trainees share it. Category: the
/// class of the type (ASS_X04), which must be the one that the type has here. Readable: <c>true</c> or <c>false</c>, <c>1</c> or
/// <c>0</c>. What has no row is denied.</remarks>
public static class AccessMatrixRows
{
    private const int Cells = 4;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a matrix file; <see cref="AccessMatrixFile.Read(string, CodeSets)"/> takes it.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="version">1 to 64 letters, digits, dots and dashes.</param>
    /// <param name="isOfficial">Whether the rows are those of the annex of the order.</param>
    /// <param name="legalDate">Of the order.</param>
    /// <param name="effectiveFrom">From when it holds.</param>
    /// <param name="codes">The codes that may occur.</param>
    /// <exception cref="AccessMatrixException">A row is not understood; the message names its line.</exception>
    public static string ToFile(
        string rows, string version, bool isOfficial, DateOnly legalDate, DateOnly effectiveFrom, CodeSets codes)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(codes);
        if (rows.Length > AccessMatrixFile.CharactersMax) throw new AccessMatrixException("the rows are too long");
        var text = Write(Read(rows, codes), version, isOfficial, legalDate, effectiveFrom, codes);
        // Whoever imports a table gets a file that a server starts with, or the reason why not.
        _ = AccessMatrixFile.Read(text, codes);
        return text;
    }

    private static SortedDictionary<string, (ProfessionCode Code, SortedDictionary<string, bool> Types)> Read(string rows, CodeSets codes)
    {
        var professions = new SortedDictionary<string, (ProfessionCode Code, SortedDictionary<string, bool> Types)>(StringComparer.Ordinal);
        var lines = rows.TrimStart('\uFEFF').Split('\n');
        for (var at = 0; at < lines.Length; at++)
        {
            var line = lines[at].Trim('\r', ' ');
            if (line.Length == 0) continue;
            var cells = line.Split(line.Contains(';', StringComparison.Ordinal) ? ';' : ',', StringSplitOptions.TrimEntries);
            if (cells.Length != Cells) throw Bad(at, "a row has four cells: profession, category, type, readable");
            if (Flag(cells[3]) is not { } readable)
            {
                if (at == 0) continue;
                throw Bad(at, "readable is true or false");
            }

            var profession = ProfessionOf(cells[0], codes) ?? throw Bad(at, "the profession is not known");
            if (!codes.DocumentTypes.TryFind(cells[2], out var type)) throw Bad(at, "the type is not known");
            if (type.ClassCode != cells[1]) throw Bad(at, $"the type is of category {type.ClassCode}");
            var key = profession.ToString();
            if (!professions.TryGetValue(key, out var one))
                professions.Add(key, one = (profession, new SortedDictionary<string, bool>(StringComparer.Ordinal)));
            // Two rows that contradict each other must not be settled by their order.
            if (!one.Types.TryAdd(type.Code, readable)) throw Bad(at, "the cell has a row already");
        }

        if (professions.Count == 0) throw new AccessMatrixException("there is no row");
        return professions;
    }

    private static ProfessionCode? ProfessionOf(string text, CodeSets codes)
    {
        if (text.Contains('^', StringComparison.Ordinal))
            return ProfessionCode.TryParse(text, out var whole) && codes.Professions.Contains(whole) ? whole : null;
        var named = codes.Professions.All.Where(one => one.Code.Code == text && one.Code.System != ProfessionCode.Trainees).ToList();
        return named is [var only] ? only.Code : null;
    }

    private static bool? Flag(string text) => text.ToUpperInvariant() switch
    {
        "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => null,
    };

    private static string Write(
        SortedDictionary<string, (ProfessionCode Code, SortedDictionary<string, bool> Types)> professions,
        string version,
        bool isOfficial,
        DateOnly legalDate,
        DateOnly effectiveFrom,
        CodeSets codes)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            json.WriteString("matrix", "FR-DMP");
            json.WriteString("version", version);
            json.WriteString("status", isOfficial ? "official" : "placeholder");
            json.WriteString("legalDate", legalDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("effectiveFrom", effectiveFrom.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            json.WriteString("default", "deny");
            json.WriteStartArray("professions");
            foreach (var (code, types) in professions.Values)
            {
                json.WriteStartObject();
                json.WriteString("code", code.Code);
                json.WriteString("system", code.System);
                json.WriteString("label", codes.Professions.TryFind(code, out var profession) ? profession.Label : code.Code);
                json.WriteBoolean("enabled", true);
                json.WriteString("known", isOfficial ? "sure" : "placeholder");
                json.WriteStartArray("allow");
                foreach (var (type, readable) in types)
                {
                    if (readable)
                        json.WriteStringValue(type);
                }

                json.WriteEndArray();
                json.WriteStartArray("except");
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    private static AccessMatrixException Bad(int line, string why) =>
        new(string.Create(CultureInfo.InvariantCulture, $"line {line + 1}: {why}"));
}
