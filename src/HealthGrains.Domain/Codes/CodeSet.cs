using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace HealthGrains.Domain.Codes;

/// <summary>A dated value set, found by key. Immutable.</summary>
public sealed class CodeSet<TKey, TCode>
    where TKey : notnull
    where TCode : class
{
    private readonly FrozenDictionary<TKey, TCode> _byKey;

    internal CodeSet(CodeTable table, Func<CodeTable.Row, TCode> read, Func<TCode, TKey> key)
    {
        Name = table.Name;
        Source = table.Set;
        Version = table.Version;
        var all = new List<TCode>(table.Rows.Count);
        var byKey = new Dictionary<TKey, TCode>(table.Rows.Count);
        foreach (var row in table.Rows)
        {
            var code = read(row);
            if (!byKey.TryAdd(key(code), code)) throw row.Wrong("the same code is above already");
            all.Add(code);
        }

        All = all;
        _byKey = byKey.ToFrozenDictionary();
    }

    /// <summary>The data file's name, such as <c>document-types</c>.</summary>
    public string Name { get; }

    /// <summary>The published list, such as <c>JDV_J07</c>.</summary>
    public string Source { get; }

    public DateOnly Version { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<TCode> All { get; }

    /// <summary>Finds a code, spelt exactly as published.</summary>
    public bool TryFind([NotNullWhen(true)] TKey? key, [NotNullWhen(true)] out TCode? code)
    {
        code = null;
        return key is not null && _byKey.TryGetValue(key, out code);
    }

    public bool Contains([NotNullWhen(true)] TKey? key) => key is not null && _byKey.ContainsKey(key);
}
