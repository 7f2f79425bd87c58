using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Testing.Suites;

/// <summary>Listens to the counters of one store (<see cref="JournalInstruments"/>), to prove that something engaged.</summary>
public sealed class JournalCounts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _counts = new();

    /// <param name="store">Its counts, together with those of other stores open on the same medium.</param>
    public JournalCounts(IJournalStore store)
    {
        var storeId = store.StoreId.ToString();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == JournalInstruments.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, measured, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "store" && tag.Value as string == storeId)
                    _counts.AddOrUpdate(instrument.Name, measured, (_, count) => count + measured);
            }
        });
        _listener.Start();
    }

    public long Commits => _counts.GetValueOrDefault(JournalInstruments.Commits);

    public long Turns => _counts.GetValueOrDefault(JournalInstruments.Turns);

    public long Entries => _counts.GetValueOrDefault(JournalInstruments.Entries);

    public long Conflicts => _counts.GetValueOrDefault(JournalInstruments.Conflicts);

    public long Refused => _counts.GetValueOrDefault(JournalInstruments.Refused);

    public long Reads => _counts.GetValueOrDefault(JournalInstruments.Reads);

    public long ReadBatches => _counts.GetValueOrDefault(JournalInstruments.ReadBatches);

    public void Dispose() => _listener.Dispose();
}
