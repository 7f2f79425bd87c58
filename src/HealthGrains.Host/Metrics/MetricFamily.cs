using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace HealthGrains.Host.Metrics;

/// <summary>One instrument with its series, one for each set of tags.</summary>
internal sealed class MetricFamily
{
    // Seconds, from a tenth of a millisecond to a minute; sizes in bytes go by the second row.
    private static readonly double[] SecondBounds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly double[] CountBounds =
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216];

    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Instrument _instrument;
    private readonly SeriesBudget _budget;
    private readonly Kind _kind;
    private readonly double[] _bounds;

    public MetricFamily(Instrument instrument, SeriesBudget budget)
    {
        _instrument = instrument;
        _budget = budget;
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        _kind = generic == typeof(Histogram<>) ? Kind.Histogram
            : generic == typeof(Counter<>) ? Kind.Counter
            : generic == typeof(ObservableCounter<>) ? Kind.ObservedCounter
            : generic == typeof(UpDownCounter<>) ? Kind.UpDown
            : Kind.Observed;
        var advised = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries;
        _bounds = advised is { Count: > 0 } ? [.. advised] : instrument.Unit is "s" ? SecondBounds : CountBounds;
        Name = NameOf(instrument, _kind);
    }

    private enum Kind
    {
        Counter,
        ObservedCounter,
        UpDown,
        Observed,
        Histogram,
    }

    public string Name { get; }

    /// <summary>Observed values are said anew at each scrape: those not said again are gone.</summary>
    public void BeginObserving()
    {
        if (_kind is not (Kind.Observed or Kind.ObservedCounter)) return;
        foreach (var series in _series.Values) series.IsCurrent = false;
    }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = tags.IsEmpty ? "" : LabelsOf(tags);
        if (!_series.TryGetValue(labels, out var series))
        {
            if (!_budget.TryTake()) return;
            series = _series.GetOrAdd(labels, static (_, bounds) => new Series(bounds), _kind == Kind.Histogram ? _bounds : []);
        }

        switch (_kind)
        {
            case Kind.Histogram:
                series.Record(value);
                break;
            case Kind.Counter or Kind.UpDown:
                series.Add(value);
                break;
            default:
                series.Set(value);
                break;
        }
    }

    public void WriteHead(StringBuilder text)
    {
        var type = _kind switch
        {
            Kind.Histogram => "histogram",
            Kind.Counter or Kind.ObservedCounter => "counter",
            _ => "gauge",
        };
        var help = (_instrument.Description ?? _instrument.Name).Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        text.Append("# HELP ").Append(Name).Append(' ').Append(help).Append('\n');
        text.Append("# TYPE ").Append(Name).Append(' ').Append(type).Append('\n');
    }

    /// <summary>Writes the series of families of one name, added up where they have the same labels.</summary>
    public static void WriteSeries(StringBuilder text, IReadOnlyList<MetricFamily> families)
    {
        var all = families.SelectMany(f => f._series.Where(s => s.Value.IsCurrent)).GroupBy(s => s.Key, s => s.Value);
        foreach (var same in all.OrderBy(s => s.Key, StringComparer.Ordinal)) Series.Write(text, families[0].Name, same.Key, [.. same]);
    }

    private static string NameOf(Instrument instrument, Kind kind)
    {
        var name = new StringBuilder(instrument.Name.Length + 16);
        foreach (var c in instrument.Name) name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        var suffix = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (suffix.Length > 0 && !name.ToString().EndsWith(suffix, StringComparison.Ordinal)) name.Append(suffix);
        if (kind is Kind.Counter or Kind.ObservedCounter) name.Append("_total");
        return name.ToString();
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder(64);
        foreach (var (key, value) in tags)
        {
            if (text.Length > 0) text.Append(',');
            foreach (var c in key) text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
            text.Append("=\"");
            foreach (var c in Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
                _ = c switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append(@"\\"),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(c),
                };
            text.Append('"');
        }

        return text.ToString();
    }
}
