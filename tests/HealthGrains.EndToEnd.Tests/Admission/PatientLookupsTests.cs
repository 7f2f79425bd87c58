using System.Globalization;
using HealthGrains.Services.Admission;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Admission;

/// <summary>Distinct patients of one professional within an hour.</summary>
public sealed class PatientLookupsTests
{
    private const string Doctor = "899700000005";
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void One_patient_too_many_is_refused_and_the_known_ones_are_not()
    {
        var lookups = new PatientLookups(1_000, 100_000, _time);
        for (var i = 0; i < 1_000; i++)
            Assert.True(lookups.TryLookUp(Doctor, Name(i), out _));
        Assert.False(lookups.TryLookUp(Doctor, Name(1_000), out var isNew));
        Assert.True(isNew);
        Assert.False(lookups.TryLookUp(Doctor, Name(1_001), out isNew));
        Assert.False(isNew);
        Assert.True(lookups.TryLookUp(Doctor, Name(500), out _));
        Assert.True(lookups.TryLookUp("899700000021", Name(1_000), out _));
        Assert.Equal([(Doctor, 2L)], lookups.Alarms().Select(alarm => (alarm.Professional, alarm.Refused)));
    }

    [Fact]
    public void The_hour_slides()
    {
        var lookups = new PatientLookups(2, 100, _time);
        Assert.True(lookups.TryLookUp(Doctor, "a", out _));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(lookups.TryLookUp(Doctor, "b", out _));
        Assert.False(lookups.TryLookUp(Doctor, "c", out _));
        _time.Advance(TimeSpan.FromMinutes(29));

        // Looked up again, it counts for an hour from now.
        Assert.True(lookups.TryLookUp(Doctor, "a", out _));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(lookups.TryLookUp(Doctor, "c", out _));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(lookups.TryLookUp(Doctor, "c", out _));
        Assert.False(lookups.TryLookUp(Doctor, "b", out _));
        _time.Advance(TimeSpan.FromHours(2));
        Assert.Empty(lookups.Alarms());
        Assert.True(lookups.TryLookUp(Doctor, "d", out var isNew));
        Assert.True(lookups.TryLookUp(Doctor, "e", out isNew));
        Assert.False(lookups.TryLookUp(Doctor, "f", out isNew));
        Assert.True(isNew);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_lookups_are_answered_like_a_list_of_all_of_them(int seed)
    {
        const int Max = 12;
        var random = new Random(seed);
        var lookups = new PatientLookups(Max, 10_000, _time);
        var history = new List<(string Who, string Patient, DateTimeOffset At)>();
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(random.Next(150)));
            var who = Name(random.Next(3));
            var patient = Name(random.Next(40));
            var now = _time.GetUtcNow();
            history.RemoveAll(one => now - one.At >= TimeSpan.FromHours(1));
            var seen = history.Where(one => one.Who == who).Select(one => one.Patient).Distinct().ToList();
            var expected = seen.Contains(patient) || seen.Count < Max;
            Assert.Equal(expected, lookups.TryLookUp(who, patient, out _));
            if (expected)
                history.Add((who, patient, now));
            else
                refused++;
        }

        Assert.True(refused > 100, $"{refused} refused");
    }

    [Fact]
    public void Memory_is_bounded_in_all_and_by_professional()
    {
        var lookups = new PatientLookups(100, 1_000, _time);
        for (var i = 0; i < 5_000; i++)
            lookups.TryLookUp(Name(i / 10), Name(i), out _);
        Assert.Equal(1_000, lookups.Count);
        Assert.InRange(lookups.Alarms().Count, 1, AdmissionLimits.LookupAlarmsMax);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(lookups.TryLookUp("new", "patient", out _));
        Assert.Equal(1, lookups.Count);
    }

    private static string Name(int i) => i.ToString(CultureInfo.InvariantCulture);
}
