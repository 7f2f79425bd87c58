using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Store.Tests;

/// <summary>The reference store. It has no queue, and nothing outlives the process but its medium.</summary>
public sealed class Memory_journal_store : JournalStoreSuite
{
    private readonly MemoryJournalMedium _medium = new();

    protected override bool SharesCommits => false;

    protected override bool SharesReads => false;

    // Each turn is a commit of its own here; this keeps the suite's arithmetic right.
    protected override int CommitTurnsMax => 1;

    protected override Task<IJournalStore> OpenAsync() =>
        Task.FromResult<IJournalStore>(new MemoryJournalStore(_medium));

    protected override void BreakNextCommit(IJournalStore store, CommitBreak at) =>
        ((MemoryJournalStore)store).Faults.FailNextAppend(
            at == CommitBreak.Before ? JournalFault.Away : JournalFault.UnknownWritten);

    protected override Task<IDisposable?> TryHoldCommitsAsync(IJournalStore store) => Task.FromResult<IDisposable?>(null);

    protected override Task DamageAsync(StoredPlace place, JournalId journal, long version)
    {
        if (place == StoredPlace.Content)
            _medium.DamageContent(journal);
        else
            _medium.DamageBody(journal, version);
        return Task.CompletedTask;
    }
}
