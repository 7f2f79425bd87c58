using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace HealthGrains.Host.Metrics;

/// <summary>Adds up what our meters measure, and writes it as Prometheus text.</summary>
/// <remarks>Listens to meters named <c>HealthGrains…</c> and to no others. Series are bounded: beyond the maximum a
/// measurement is counted as dropped and nothing else. Source: Prometheus, text-based format 0.0.4.</remarks>
internal sealed class PrometheusMetrics : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    public const string MeterPrefix = "HealthGrains";

    /// <summary>Series kept of all instruments together.</summary>
    public const int SeriesMax = 5_000;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly TimeProvider _time;
    private readonly SeriesBudget _budget = new(SeriesMax);
    private readonly Lock _scraping = new();

    public PrometheusMetrics(TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith(MeterPrefix, StringComparison.Ordinal)) return;
            var family = _families.GetOrAdd(instrument, i => new MetricFamily(i, _budget));
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => ((MetricFamily)state!).Add((double)value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured until now.</summary>
    public string Write()
    {
        // Observable instruments report into the same families: one scrape at a time.
        lock (_scraping)
        {
            foreach (var family in _families.Values) family.BeginObserving();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);

            // Several meters may have an instrument of the same name, as in a process with two servers: one family, one head.
            foreach (var group in _families.Values.GroupBy(f => f.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
            {
                group.First().WriteHead(text);
                MetricFamily.WriteSeries(text, [.. group]);
            }

            WriteProcess(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private void WriteProcess(StringBuilder text)
    {
        using var process = Process.GetCurrentProcess();
        Value("process_resident_memory_bytes", "gauge", "Memory of the process that is in use now.", process.WorkingSet64);
        Value("process_cpu_seconds_total", "counter", "Processor time used.", process.TotalProcessorTime.TotalSeconds);
        Value("process_uptime_seconds", "gauge", "Time since the process started.",
            (_time.GetUtcNow().UtcDateTime - process.StartTime.ToUniversalTime()).TotalSeconds);
        Value("dotnet_gc_heap_bytes", "gauge", "Managed memory.", GC.GetTotalMemory(forceFullCollection: false));
        Value("dotnet_gc_allocated_bytes_total", "counter", "Managed memory that was ever allocated.", GC.GetTotalAllocatedBytes(precise: false));
        Value("dotnet_gc_pause_seconds_total", "counter", "Time in which collections stopped the process.", GC.GetTotalPauseDuration().TotalSeconds);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            Value($"dotnet_gc_gen{generation}_collections_total", "counter", "Collections of this generation or an older one.", GC.CollectionCount(generation));
        Value("healthgrains_metrics_dropped_total", "counter", "Measurements beyond the maximum of series.", _budget.Dropped);

        void Value(string name, string type, string help, double value) => text.Append(CultureInfo.InvariantCulture,
            $"# HELP {name} {help}\n# TYPE {name} {type}\n{name} {value}\n");
    }
}

/// <summary>How many series there may still be.</summary>
internal sealed class SeriesBudget(int max)
{
    private int _left = max;
    private long _dropped;

    public long Dropped => Interlocked.Read(ref _dropped);

    public bool TryTake()
    {
        if (Interlocked.Decrement(ref _left) >= 0) return true;
        Interlocked.Increment(ref _left);
        Interlocked.Increment(ref _dropped);
        return false;
    }
}
