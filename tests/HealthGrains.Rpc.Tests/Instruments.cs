using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace HealthGrains.Rpc.Tests;

/// <summary>What the layer counted while a test ran. Other tests run beside it, so counts are at least what a test caused.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    public Counted()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == RpcInstruments.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            _counts.AddOrUpdate(Key(instrument.Name, tags), value, (_, n) => n + value));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
            _counts.AddOrUpdate(Key(instrument.Name, tags), 1, (_, n) => n + 1));
        _listener.Start();
    }

    public long this[string key] => _counts.GetValueOrDefault(key);

    public IEnumerable<string> Keys => _counts.Keys;

    public void Dispose() => _listener.Dispose();

    private static string Key(string name, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
            name += $" {tag.Key}={tag.Value}";
        return name;
    }
}
