using HealthGrains.Grains.Journal;

namespace HealthGrains.Campaigns.Plants;

/// <summary>A planted bug: a deposit for which there was no room is answered as if it had been written.</summary>
internal sealed class SwallowedFullStore(IJournalStore inner) : PassingStore(inner)
{
    public const string Name = "swallowed-full";

    public override async ValueTask<Appended> AppendAsync(JournalTurn turn, CancellationToken shutdown)
    {
        try
        {
            return await base.AppendAsync(turn, shutdown).ConfigureAwait(false);
        }
        catch (JournalUnavailableException full) when (full.Reason == JournalUnavailableReason.DiskFull && turn.Contents.Count > 0)
        {
            return new Appended(turn.ExpectedVersion + 1, turn.Journal.ShardOf(Shards), 0);
        }
    }
}
