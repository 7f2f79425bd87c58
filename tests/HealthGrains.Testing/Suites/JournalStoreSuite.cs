using System.Collections.Concurrent;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Testing.Suites;

/// <summary>What every journal store keeps: J1 to J6 of <see cref="IJournalStore"/> and <see cref="JournalLimits"/>.</summary>
/// <remarks>
/// <para>An implementation enrols with a class that says where the store lives and how to break it. Each test gets a medium
/// of its own; the files of this suite are named by topic.</para>
/// <para>Left out: a power cut and a killed process (they need a process and a disk of their own), a full disk, formats on
/// disk and the refusal of newer ones (each store's own tests), figures (load tests).</para>
/// </remarks>
public abstract partial class JournalStoreSuite : IAsyncLifetime
{
    private readonly List<IJournalStore> _opened = [];
    private int _journals;

    /// <summary>Opens the test's medium; a second call opens the same medium again, beside the first one.</summary>
    protected abstract Task<IJournalStore> OpenAsync();

    /// <summary>Makes the next commit of a store fail at a place.</summary>
    protected abstract void BreakNextCommit(IJournalStore store, CommitBreak at);

    /// <summary>Changes one stored byte while no store has the medium open.</summary>
    protected abstract Task DamageAsync(StoredPlace place, JournalId journal, long version);

    /// <summary>Keeps commits from starting until the result is disposed; null if the store has no queue.</summary>
    protected abstract Task<IDisposable?> TryHoldCommitsAsync(IJournalStore store);

    /// <summary>False for a store in which each turn is a commit of its own.</summary>
    protected virtual bool SharesCommits => true;

    /// <summary>False for a store that answers reads at once, one by one.</summary>
    protected virtual bool SharesReads => true;

    /// <summary>Turns of one commit in this enrolment.</summary>
    protected virtual int CommitTurnsMax => JournalLimits.CommitTurnsMax;

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var store in _opened)
            await store.DisposeAsync();
    }

    /// <summary>A store that the test's end closes.</summary>
    protected async Task<IJournalStore> OpenedAsync()
    {
        var store = await OpenAsync();
        _opened.Add(store);
        return store;
    }

    /// <summary>Closes a store and opens its medium again.</summary>
    protected async Task<IJournalStore> ReopenedAsync(IJournalStore store)
    {
        await store.DisposeAsync();
        return await OpenedAsync();
    }

    protected JournalId NewJournal(JournalKind kind = JournalKind.Patient) => new(kind, $"test-{++_journals}");

    protected static JournalTurn Turn(JournalId journal, long expected, params byte[][] bodies) =>
        new(journal, expected, [.. bodies.Select(body => new ReadOnlyMemory<byte>(body))]);

    /// <summary>A body that differs from every other one.</summary>
    protected static byte[] Body(long version, int bytes = 100)
    {
        var body = new byte[bytes];
        new Random((int)version).NextBytes(body);
        BitConverter.TryWriteBytes(body, version);
        return body;
    }

    protected static byte[] Bytes(int count, int seed = 7)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static JournalContent Content(byte[] bytes) => new(Sha256.Of(bytes), bytes);

    protected static async Task<Appended> AppendAsync(IJournalStore store, JournalId journal, long expected, int entries = 1)
    {
        var bodies = Enumerable.Range(1, entries).Select(i => Body(expected + i)).ToArray();
        return await store.AppendAsync(Turn(journal, expected, bodies), default);
    }

    protected static async Task<List<LogEntry>> ReadWholeLogAsync(IJournalStore store, int shard)
    {
        var log = new List<LogEntry>();
        while (await store.ReadLogAsync(shard, log.Count, JournalLimits.LogPageEntriesMax, default) is { Count: > 0 } page)
        {
            foreach (var entry in page)
            {
                Assert.Equal(log.Count + 1, entry.Position);
                log.Add(entry);
            }
        }

        return log;
    }

    protected static async Task<List<byte[]>> ReadContentAsync(IJournalStore store, JournalId journal, Sha256 sha256)
    {
        var chunks = new List<byte[]>();
        await foreach (var chunk in store.ReadContentAsync(journal, sha256, default))
            chunks.Add(chunk.ToArray());
        return chunks;
    }

    /// <summary>Appends in parallel to new journals, as many as are wanted under way at once, and returns what was
    /// acknowledged.</summary>
    protected async Task<IReadOnlyCollection<(JournalId Journal, Appended At)>> AppendManyAsync(
        int journals, params IJournalStore[] stores)
    {
        var acknowledged = new ConcurrentBag<(JournalId, Appended)>();
        var ids = Enumerable.Range(0, journals).Select(_ => NewJournal()).ToArray();
        await Within(Task.WhenAll(ids.Select(async (journal, index) =>
            acknowledged.Add((journal, await AppendAsync(stores[index % stores.Length], journal, 0))))), "all appends");
        return acknowledged;
    }

    /// <summary>Waits for what must happen, and says what did not.</summary>
    protected static async Task Within(Task task, string what)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"Did not happen within 30 s: {what}.", late);
        }
    }

    protected static async Task<T> Within<T>(Task<T> task, string what)
    {
        await Within((Task)task, what);
        return await task;
    }
}

/// <summary>Where a commit is broken.</summary>
public enum CommitBreak
{
    /// <summary>Before it: nothing is written, and the store says so.</summary>
    Before,

    /// <summary>After it: everything is written, and the store cannot say so.</summary>
    After,
}

/// <summary>What a stored byte belongs to.</summary>
public enum StoredPlace
{
    /// <summary>An entry's body.</summary>
    Body,

    /// <summary>The first content of a journal, in its last byte.</summary>
    Content,
}
