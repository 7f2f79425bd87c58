using System.Collections.Frozen;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Turns;

/// <summary>Which aggregate owns the journals of which kind. Made once, at composition.</summary>
/// <remarks><c>new GrainModels.Builder().Add(JournalKind.Patient, model).Add(…).Build()</c>.</remarks>
public sealed class GrainModels
{
    private readonly FrozenDictionary<JournalKind, Entry> _entries;

    private GrainModels(IEnumerable<KeyValuePair<JournalKind, Entry>> entries) =>
        _entries = entries.ToFrozenDictionary();

    /// <summary>A factory of plain <see cref="JournaledGrain{TState,TEvent}"/>s, for an engine.</summary>
    public IGrainFactory Factory(GrainServices services) => new ModelFactory(this, services);

    /// <summary>Folds a journal anew and writes the snapshot of what it tells, unless there is one of that version.</summary>
    /// <returns>The snapshot's version, or 0 if there was nothing new to write.</returns>
    /// <exception cref="JournalException">See its kinds; nothing is lost but the snapshot.</exception>
    internal ValueTask<long> SnapshotAsync(JournalId journal, IJournalStore store, CancellationToken shutdown) =>
        Of(journal.Kind).SnapshotAsync(journal, store, shutdown);

    private Entry Of(JournalKind kind)
    {
        Invariant.Hold(_entries.TryGetValue(kind, out var entry), "Each kind of journal that is asked for has a model.");
        return entry;
    }

    /// <summary>Collects the models.</summary>
    public sealed class Builder
    {
        private readonly Dictionary<JournalKind, Entry> _entries = [];

        /// <exception cref="ArgumentException">The kind has a model already.</exception>
        public Builder Add<TState, TEvent>(JournalKind kind, IGrainModel<TState, TEvent> model)
            where TState : class
            where TEvent : class
        {
            ArgumentNullException.ThrowIfNull(model);
            _entries.Add(kind, new Entry<TState, TEvent>(model));
            return this;
        }

        public GrainModels Build() => new(_entries);
    }

    private abstract class Entry
    {
        public abstract IGrain CreateGrain(JournalId journal, GrainServices services);

        public abstract ValueTask<long> SnapshotAsync(
            JournalId journal, IJournalStore store, CancellationToken shutdown);
    }

    private sealed class Entry<TState, TEvent>(IGrainModel<TState, TEvent> model) : Entry
        where TState : class
        where TEvent : class
    {
        public override IGrain CreateGrain(JournalId journal, GrainServices services) =>
            new JournaledGrain<TState, TEvent>(journal, model, services);

        public override async ValueTask<long> SnapshotAsync(
            JournalId journal, IJournalStore store, CancellationToken shutdown)
        {
            var shard = journal.ShardOf(store.Shards);
            var recovered = await GrainRecovery.RecoverAsync(journal, shard, model, store, shutdown);
            if (recovered.Version == recovered.SnapshotVersion)
                return 0;
            var snapshot = new JournalSnapshot(recovered.Version, model.EncodeSnapshot(recovered.State));
            await store.WriteSnapshotAsync(journal, snapshot, shutdown);
            return recovered.Version;
        }
    }

    private sealed class ModelFactory(GrainModels models, GrainServices services) : IGrainFactory
    {
        public IGrain Create(JournalId journal) => models.Of(journal.Kind).CreateGrain(journal, services);
    }
}
