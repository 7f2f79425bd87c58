using System.Diagnostics.Metrics;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Services;

/// <summary>What the services count. Tags come from bounded sets, and nothing names a patient.</summary>
public sealed class ServicesInstruments
{
    public const string MeterName = "HealthGrains.Services";

    private readonly Counter<long> _accepted;
    private readonly Counter<long> _alreadyKnown;
    private readonly Counter<long> _refused;
    private readonly UpDownCounter<long> _watchers;
    private readonly Counter<long> _admissionRefused;
    private readonly Counter<long> _lookupAlarms;
    private long _documentsAccepted;
    private long _documentsRefused;
    private long _recordWatchers;
    private long _inboxWatchers;

    public ServicesInstruments(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _accepted = meter.CreateCounter<long>("healthgrains.documents.accepted");
        _alreadyKnown = meter.CreateCounter<long>("healthgrains.documents.already_known");
        _refused = meter.CreateCounter<long>("healthgrains.documents.refused");
        _admissionRefused = meter.CreateCounter<long>("healthgrains.admission.refused");
        _lookupAlarms = meter.CreateCounter<long>("healthgrains.lookups.alarms");
        _watchers = meter.CreateUpDownCounter<long>("healthgrains.watchers");
    }

    /// <summary>New documents since the start.</summary>
    public long DocumentsAccepted => Interlocked.Read(ref _documentsAccepted);

    /// <summary>Submissions refused since the start.</summary>
    public long DocumentsRefused => Interlocked.Read(ref _documentsRefused);

    /// <summary>Open <c>Watch</c> streams.</summary>
    public long RecordWatchers => Interlocked.Read(ref _recordWatchers);

    /// <summary>Open <c>WatchInbox</c> streams.</summary>
    public long InboxWatchers => Interlocked.Read(ref _inboxWatchers);

    internal void Accepted(bool alreadyKnown)
    {
        if (alreadyKnown)
        {
            _alreadyKnown.Add(1);
            return;
        }

        _accepted.Add(1);
        Interlocked.Increment(ref _documentsAccepted);
    }

    internal void Refused(RefusalCode code)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("code", RefusalCodes.Name(code)));
        Interlocked.Increment(ref _documentsRefused);
    }

    /// <param name="quota">A word of <see cref="RefusalStatus.QuotaKey"/>.</param>
    internal void AdmissionRefused(string quota) => _admissionRefused.Add(1, new KeyValuePair<string, object?>("quota", quota));

    internal void LookupAlarm() => _lookupAlarms.Add(1);

    internal void RecordWatcher(int change)
    {
        _watchers.Add(change, new KeyValuePair<string, object?>("what", "record"));
        Interlocked.Add(ref _recordWatchers, change);
    }

    internal void InboxWatcher(int change)
    {
        _watchers.Add(change, new KeyValuePair<string, object?>("what", "inbox"));
        Interlocked.Add(ref _inboxWatchers, change);
    }
}
