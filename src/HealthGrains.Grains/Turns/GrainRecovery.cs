using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>A state as its journal tells it.</summary>
internal sealed record Recovered<TState>(TState State, long Version, long SnapshotVersion);

/// <summary>Rebuilds a grain's state: the newest snapshot that this version can read, then the tail.</summary>
internal static class GrainRecovery
{
    public static async ValueTask<Recovered<TState>> RecoverAsync<TState, TEvent>(
        JournalId journal,
        int shard,
        IGrainModel<TState, TEvent> model,
        IJournalStore store,
        CancellationToken cancellation)
        where TState : class
        where TEvent : class
    {
        var tail = await store.ReadAsync(journal, afterVersion: null, cancellation);
        var state = tail.Snapshot is { } snapshot ? model.DecodeSnapshot(snapshot.Body) : null;
        var snapshotVersion = state is null ? 0 : tail.Snapshot?.Version ?? 0;

        if (state is null && tail.Snapshot is not null)
        {
            // A snapshot of another format costs time, never facts: the whole journal is the truth.
            tail = await store.ReadAsync(journal, afterVersion: 0, cancellation);
        }

        state ??= model.Create();
        var version = Apply(journal, shard, model, state, snapshotVersion, tail.Entries);
        Invariant.Hold(version == tail.Version, "A journal's tail ends at its version.");
        return new Recovered<TState>(state, version, snapshotVersion);
    }

    /// <summary>Brings a state up to what others wrote since <paramref name="version"/>.</summary>
    /// <returns>The version that it has now. If this fails after the read, the state is of no use any more.</returns>
    public static async ValueTask<long> CatchUpAsync<TState, TEvent>(
        JournalId journal,
        int shard,
        IGrainModel<TState, TEvent> model,
        IJournalStore store,
        TState state,
        long version,
        CancellationToken cancellation)
        where TState : class
        where TEvent : class
    {
        var tail = await store.ReadAsync(journal, afterVersion: version, cancellation);
        var caughtUp = Apply(journal, shard, model, state, version, tail.Entries);
        Invariant.Hold(caughtUp == tail.Version, "A journal never becomes shorter.");
        return caughtUp;
    }

    private static long Apply<TState, TEvent>(
        JournalId journal,
        int shard,
        IGrainModel<TState, TEvent> model,
        TState state,
        long version,
        IReadOnlyList<JournalEntry> entries)
        where TState : class
        where TEvent : class
    {
        foreach (var entry in entries)
        {
            Invariant.Hold(entry.Version == version + 1, "Versions of a journal are dense.");
            TEvent change;
            try
            {
                change = model.Decode(entry.Body);
            }
            catch (FormatException)
            {
                throw new JournalDamagedException(new JournalDamage(
                    journal, shard, entry.Position, entry.Version, "An entry's body is no event that this version knows."));
            }

            model.Apply(state, change, new EventStamp(entry.Version, shard, entry.Position));
            version = entry.Version;
        }

        return version;
    }
}
