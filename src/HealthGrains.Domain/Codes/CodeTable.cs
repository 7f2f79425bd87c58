using System.Globalization;

namespace HealthGrains.Domain.Codes;

/// <summary>One data file of codes, as read: what it is, of which day, and its rows.</summary>
/// <remarks>Format: UTF-8, line feeds. First lines <c>#key: value</c>, of which <c>set</c> and <c>version</c> (a day,
/// yyyy-MM-dd) are required; then one line of column names; then one line a row. Cells are separated by tabs, none is
/// empty, and <c>-</c> stands for "none". Published lists change several times a year, hence data and not enumerations.</remarks>
public sealed class CodeTable
{
    private readonly Dictionary<string, int> _columns;

    private CodeTable(string name, string set, DateOnly version, Dictionary<string, int> columns, IReadOnlyList<Row> rows)
    {
        Name = name;
        Set = set;
        Version = version;
        _columns = columns;
        Rows = rows;
    }

    /// <summary>The file's name without its ending, such as <c>document-types</c>.</summary>
    public string Name { get; }

    /// <summary>The published list that this is, such as <c>JDV_J07</c>.</summary>
    public string Set { get; }

    public DateOnly Version { get; }

    public IReadOnlyList<Row> Rows { get; }

    /// <summary>Reads the text of one file.</summary>
    /// <exception cref="CodeTableException">It does not follow the format; the message names file and line.</exception>
    public static CodeTable Parse(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n');
        string? set = null;
        DateOnly? version = null;
        var at = 0;
        for (; at < lines.Length && lines[at].StartsWith('#'); at++)
        {
            var colon = lines[at].IndexOf(": ", StringComparison.Ordinal);
            if (colon < 0) throw new CodeTableException(name, at + 1, "a heading is written #key: value");
            var value = lines[at][(colon + 2)..];
            switch (lines[at][1..colon])
            {
                case "set":
                    set = value;
                    break;
                case "version":
                    if (!DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                        throw new CodeTableException(name, at + 1, "a version is a day, yyyy-MM-dd");
                    version = day;
                    break;
            }
        }

        if (set is null || version is null) throw new CodeTableException(name, 1, "set and version are required");
        if (at >= lines.Length || lines[at].Length == 0) throw new CodeTableException(name, at + 1, "no column names");

        var names = lines[at].Split('\t');
        var columns = new Dictionary<string, int>();
        for (var i = 0; i < names.Length; i++)
            if (!columns.TryAdd(names[i], i))
                throw new CodeTableException(name, at + 1, "a column is named twice");

        var rows = new List<Row>();
        var table = new CodeTable(name, set, version.Value, columns, rows);
        for (at++; at < lines.Length; at++)
        {
            if (lines[at].Length == 0 && at == lines.Length - 1) break;
            var cells = lines[at].Split('\t');
            if (cells.Length != names.Length || cells.Any(c => c.Length == 0 || c != c.Trim()))
                throw new CodeTableException(name, at + 1, $"{names.Length} cells are needed, none empty");
            rows.Add(new Row(table, at + 1, cells));
        }

        return table;
    }

    /// <summary>One row; cells are found by the name of their column.</summary>
    public sealed class Row(CodeTable table, int line, string[] cells)
    {
        /// <exception cref="CodeTableException">There is no such column.</exception>
        public string this[string column] => table._columns.TryGetValue(column, out var at)
            ? cells[at]
            : throw new CodeTableException(table.Name, line, $"column {column} is missing");

        /// <summary>Reads a cell that holds one of a few words.</summary>
        /// <exception cref="CodeTableException">It holds another.</exception>
        public T OneOf<T>(string column, params ReadOnlySpan<(string Word, T Value)> words)
        {
            foreach (var (word, value) in words)
                if (word == this[column])
                    return value;
            throw Wrong($"column {column} holds a word that is not known");
        }

        internal CodeTableException Wrong(string why) => new(table.Name, line, why);
    }
}

/// <summary>A data file of codes does not follow its format: the server must not start with it.</summary>
public sealed class CodeTableException(string name, int line, string why)
    : Exception($"Data file {name}, line {line}: {why}.");
