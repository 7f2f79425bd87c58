using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace HealthGrains.Services.Admission;

/// <summary>How many distinct patients each professional has looked up in the last hour.</summary>
/// <remarks>
/// <para>L1. Exact over the sliding hour: a patient counts from a lookup until an hour after the last lookup of that patient
/// by that professional. A refused lookup does not count.</para>
/// <para>L2. A patient is kept as 64 bits of a keyed hash, under a key that is drawn at the start: the table names nobody.</para>
/// <para>L3. Bounded: at most the limit for each professional, and <see cref="AdmissionLimits.LookupsMax"/> in all.</para>
/// <para>L4. It lives in memory, on one process: a restart begins the hour anew, which costs a curious professional one hour's
/// worth of patients and nobody else anything.</para>
/// </remarks>
internal sealed class PatientLookups(int patientsMax, int lookupsMax, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private readonly List<Alarm> _alarms = [];
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly TimeSpan _hour = AdmissionLimits.LookupWindow;
    private long _sweptAt = time.GetTimestamp();
    private int _lookups;

    /// <summary>Lookups remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _lookups;
        }
    }

    /// <summary>Counts one lookup.</summary>
    /// <param name="professional">IdNat_PS.</param>
    /// <param name="patient">As the caller names it; it is not checked here, so that guesses count too.</param>
    /// <param name="isNewAlarm">This refusal is the first of its alarm.</param>
    /// <returns>False when it is one patient too many.</returns>
    public bool TryLookUp(string professional, string patient, out bool isNewAlarm)
    {
        isNewAlarm = false;
        var hash = HashOf(patient);
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(_sweptAt, now) >= AdmissionLimits.LookupSweepEvery)
                SweepAll(now);
            ref var window = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, professional, out _);
            window ??= new Window();
            ref var seen = ref CollectionsMarshal.GetValueRefOrNullRef(window.SeenAt, hash);
            if (!System.Runtime.CompilerServices.Unsafe.IsNullRef(ref seen) && !IsOver(seen, now))
            {
                seen = now;
                return true;
            }

            if (window.SeenAt.Count >= patientsMax && IsOver(window.OldestAtMost, now))
                Sweep(window, now);
            if (window.SeenAt.Count >= patientsMax || (_lookups >= lookupsMax && !HasRoom(now)))
            {
                // Whoever had no lookup before has no window that a sweep would find empty and remove.
                if (window.SeenAt.Count == 0)
                    _windows.Remove(professional);
                isNewAlarm = Raise(professional, now);
                return false;
            }

            if (window.SeenAt.Count == 0)
                window.OldestAtMost = now;
            if (window.SeenAt.TryAdd(hash, now))
                _lookups++;
            else
                window.SeenAt[hash] = now;
            return true;
        }
    }

    /// <summary>The alarms of the last hour, the oldest first.</summary>
    public IReadOnlyList<LookupAlarm> Alarms()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _alarms.RemoveAll(alarm => IsOver(alarm.LastAt, now));
            return [.. _alarms.Select(alarm => new LookupAlarm(alarm.Professional, alarm.Since, alarm.Refused))];
        }
    }

    private bool IsOver(long at, long now) => time.GetElapsedTime(at, now) >= _hour;

    private bool HasRoom(long now)
    {
        // At most once a second: at the limit a sweep of everything for each call would be an attack of its own.
        if (time.GetElapsedTime(_sweptAt, now) >= TimeSpan.FromSeconds(1))
            SweepAll(now);
        return _lookups < lookupsMax;
    }

    private void SweepAll(long now)
    {
        _sweptAt = now;
        foreach (var (professional, window) in _windows)
        {
            Sweep(window, now);
            if (window.SeenAt.Count == 0)
                _windows.Remove(professional);
        }
    }

    private void Sweep(Window window, long now)
    {
        var before = window.SeenAt.Count;
        var oldest = now;
        foreach (var (hash, at) in window.SeenAt)
        {
            if (IsOver(at, now))
                window.SeenAt.Remove(hash);
            else
                oldest = Math.Min(oldest, at);
        }

        window.OldestAtMost = oldest;
        _lookups -= before - window.SeenAt.Count;
    }

    private bool Raise(string professional, long now)
    {
        _alarms.RemoveAll(alarm => IsOver(alarm.LastAt, now));
        if (_alarms.Find(alarm => alarm.Professional == professional) is { } open)
        {
            open.Refused++;
            open.LastAt = now;
            return false;
        }

        if (_alarms.Count >= AdmissionLimits.LookupAlarmsMax)
            _alarms.RemoveAt(0);
        _alarms.Add(new Alarm { Professional = professional, Since = time.GetUtcNow(), Refused = 1, LastAt = now });
        return true;
    }

    private ulong HashOf(string patient)
    {
        Span<byte> bytes = stackalloc byte[32];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(patient), bytes);
        return MemoryMarshal.Read<ulong>(bytes);
    }

    private sealed class Window
    {
        public Dictionary<ulong, long> SeenAt { get; } = [];

        /// <summary>No lookup is older than this; before an hour has gone from it, a sweep would find nothing.</summary>
        public long OldestAtMost { get; set; }
    }

    private sealed class Alarm
    {
        public required string Professional { get; init; }

        public required DateTimeOffset Since { get; init; }

        public required long Refused { get; set; }

        public required long LastAt { get; set; }
    }
}

/// <summary>A professional who looks up more patients than anybody treats in an hour.</summary>
/// <param name="Professional">IdNat_PS, for operators.</param>
/// <param name="Since">The first lookup that was refused.</param>
/// <param name="Refused">Lookups refused since.</param>
public sealed record LookupAlarm(string Professional, DateTimeOffset Since, long Refused);
