using System.Collections.Frozen;
using System.Text.Json;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>Which structures' systems may deposit for which other structures: interface engines, hosted software. Who is not in
/// it deposits for itself alone (<c>STRUCTURE_MISMATCH</c>).</summary>
/// <remarks>The file is JSON: <c>{"depositors": "v1", "version": "…", "entries": [{"system": "1990000002", "for":
/// ["1990000010"], "note": "…"}]}</c>, structures as Struct_IdNat. Whatever else it says is a mistake, and a file with a mistake
/// is not taken: a list of rights is not guessed.</remarks>
public sealed class DelegatedDepositors
{
    /// <summary>Characters of a file.</summary>
    public const int CharactersMax = 4 * 1024 * 1024;

    /// <summary>Pairs of system and structure.</summary>
    public const int PairsMax = 100_000;

    public static readonly DelegatedDepositors None = new("", FrozenSet<(StructureId, StructureId)>.Empty);

    private readonly FrozenSet<(StructureId System, StructureId For)> _pairs;

    private DelegatedDepositors(string version, FrozenSet<(StructureId, StructureId)> pairs)
    {
        Version = version;
        _pairs = pairs;
    }

    /// <summary>As the file says.</summary>
    public string Version { get; }

    public int Count => _pairs.Count;

    public bool Allows(StructureId system, StructureId structure) => _pairs.Contains((system, structure));

    /// <exception cref="FormatException">Why the file is not taken, in words without its content.</exception>
    public static DelegatedDepositors Read(string text, IdentityRules rules)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > CharactersMax) throw new FormatException("the file is too long");
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            return Read(document.RootElement, rules);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("it is no JSON of this format", e);
        }
    }

    private static DelegatedDepositors Read(JsonElement root, IdentityRules rules)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("depositors", out var format) || format.GetString() != "v1")
            throw new FormatException("it does not begin with \"depositors\": \"v1\"");
        CheckNames(root, ["depositors", "version", "entries"]);
        var version = root.TryGetProperty("version", out var said) ? said.GetString() : null;
        if (string.IsNullOrWhiteSpace(version) || version.Length > 64) throw new FormatException("it has no version of up to 64 characters");
        if (!root.TryGetProperty("entries", out var entries) || entries.ValueKind != JsonValueKind.Array)
            throw new FormatException("it has no entries");

        var pairs = new HashSet<(StructureId, StructureId)>();
        var number = 0;
        foreach (var entry in entries.EnumerateArray())
        {
            number++;
            CheckNames(entry, ["system", "for", "note"]);
            if (!entry.TryGetProperty("system", out var name) || !StructureId.TryParse(name.GetString(), rules, out var system))
                throw new FormatException($"the system of entry {number} is no structure");
            if (!entry.TryGetProperty("for", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
                throw new FormatException($"entry {number} does not say for whom");
            foreach (var one in list.EnumerateArray())
            {
                if (!StructureId.TryParse(one.GetString(), rules, out var structure))
                    throw new FormatException($"entry {number} names what is no structure");
                if (structure == system) throw new FormatException($"entry {number} lets a structure deposit for itself, which it may anyway");
                if (!pairs.Add((system, structure))) throw new FormatException($"entry {number} repeats a pair");
                if (pairs.Count > PairsMax) throw new FormatException("it has too many pairs");
            }
        }

        return new DelegatedDepositors(version, pairs.ToFrozenSet());
    }

    private static void CheckNames(JsonElement element, string[] known)
    {
        if (element.ValueKind != JsonValueKind.Object) throw new FormatException("an entry is no object");
        foreach (var member in element.EnumerateObject())
            if (!known.Contains(member.Name))
                throw new FormatException("it has a member that this format does not have");
    }
}
