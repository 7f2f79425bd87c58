using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Tests.Aliases;

/// <summary>Makes two records one as the worker does, without a store.</summary>
internal static class Merging
{
    public static readonly PatientId Old = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    public static readonly PatientId New = Cast.Patient;

    /// <summary>The n-th of further numbers, with the right key.</summary>
    public static PatientId Number(int n)
    {
        var body = 1_800_199_000_000L + n;
        return PatientId.Parse(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10^{body}{97 - (body % 97):D2}"));
    }

    /// <summary>The version at which a record began to keep still.</summary>
    public static long Begin(TestRecord from, PatientId to)
    {
        Assert.Equal(new BegunMerge(true, null), from.Ask(new BeginMerge(to, Cast.Insurance)).Value);
        return from.State.MovingAttempt;
    }

    /// <summary>Takes over everything, in pages of a size.</summary>
    public static MergeProgress Take(TestRecord from, PatientId fromId, TestRecord to, long attempt, int page = 3)
    {
        var progress = to.Ask(new TakeRecordPage(fromId, attempt, 0, [])).Value;
        while (progress is { Merged: null, Refused: null, Elsewhere: null } && progress.Taken < attempt - 1)
        {
            var entries = new List<TakenEntry>();
            for (var version = progress.Taken + 1; version < attempt && entries.Count < page; version++)
            {
                entries.Add(new TakenEntry(
                    from.Events[(int)version - 1], new EventStamp(version, 3, 100 + version)));
            }

            progress = to.Ask(new TakeRecordPage(fromId, attempt, progress.Taken + 1, entries)).Value;
        }

        return progress;
    }

    public static MergedRecord Merge(TestRecord from, PatientId fromId, TestRecord to, PatientId toId, int page = 3)
    {
        var attempt = Begin(from, toId);
        Take(from, fromId, to, attempt, page);
        var merged = to.Ask(new MergeRecord(fromId, attempt)).Value.Merged;
        Assert.NotNull(merged);
        Assert.True(from.Ask(new CompleteMove(toId, attempt)).Value);
        return merged;
    }
}
