using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Senders;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Senders;
using HealthGrains.Grains.Turns;
using HealthGrains.Testing.Clocks;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>L3 of <see cref="LedgerState"/>: a producer's ledger costs the same with ten documents and with ten million, and one
/// that was written before is taken over.</summary>
public sealed class Ledgers_without_bound
{
    private static readonly JournalId Ledger = GrainIds.SenderOf(Cast.Hospital);
    private static readonly DateTimeOffset Now = new(2025, 10, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly PatientId Other = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");

    [Fact]
    public void A_snapshot_is_as_large_after_ten_million_documents_as_after_a_few()
    {
        var state = new LedgerState();
        var few = 0;
        var version = 0L;

        // 20,000 pages of 500: what a page says is the same again and again, since the state looks at nothing of it but its count.
        var lines = Enumerable.Range(1, 500).Select(i => Line(i, $"d{i}", Cast.Patient)).ToList();
        for (var page = 0; page < 20_000; page++)
        {
            state.Apply(new SubmissionsRecorded(Now, page % 16, (page + 1) * 500L, lines), new EventStamp(++version, 0, version));
            if (page == 100)
                few = LedgerModel.Instance.EncodeSnapshot(state).Length;
        }

        Assert.Equal(10_000_000, state.Submitted);
        Assert.InRange(LedgerModel.Instance.EncodeSnapshot(state).Length, few, few + 64);
    }

    [Fact]
    public async Task A_start_reads_a_bounded_tail_however_long_the_ledger_is()
    {
        var medium = new MemoryJournalMedium();
        var time = new ManualTimeProvider();
        await using var store = new MemoryJournalStore(medium, time);
        await using var snapshots = new Snapshots(store, GrainCatalog.SnapshotModels, NullLogger.Instance);
        var services = new GrainServices(store, new ChangeFeed(time), snapshots, DomainPolicy.Default, time);
        await using (var engine = EngineOf(services, time))
        {
            for (var page = 1; page <= 3 * GrainLimits.LedgerEntriesPerSnapshot; page++)
                await engine.AskAsync(Ledger, Record(page, Line(page, $"d{page}", Cast.Patient)), default);
            await snapshots.DrainAsync(default);
        }

        var tail = await store.ReadAsync(Ledger, null, default);
        Assert.NotNull(tail.Snapshot);
        Assert.InRange(tail.Entries.Count, 0, GrainLimits.LedgerEntriesPerSnapshot);
        await using var next = EngineOf(services, time);
        Assert.Equal(
            3 * GrainLimits.LedgerEntriesPerSnapshot, (await next.AskAsync(Ledger, new GetLedger(), default)).Value.Submitted);
    }

    [Fact]
    public async Task A_ledger_and_its_snapshot_of_the_first_format_are_taken_over()
    {
        var medium = new MemoryJournalMedium();
        await using var store = new MemoryJournalStore(medium);

        // As an earlier version left it: lines in the journal, a folded snapshot, no table.
        var folded = new FoldedJournal();
        for (var version = 1L; version <= 3; version++)
        {
            var body = LedgerModel.Instance.Encode(new SubmissionsRecorded(
                Now, 3, version, [Line(version, $"old{version}", Cast.Patient)]));
            await store.AppendAsync(new JournalTurn(Ledger, version - 1, [body]), default);
            folded.Add(body, new EventStamp(version, 3, version));
        }

        await store.WriteSnapshotAsync(
            Ledger, new JournalSnapshot(3, FoldedJournalModel.Instance.EncodeSnapshot(folded)), default);

        var state = LedgerModel.Instance.DecodeSnapshot((await store.ReadAsync(Ledger, null, default)).Snapshot!.Body); // ! just written
        Assert.Equal(3, state?.Submitted);
        Assert.Equal(3, state?.TakenOf(3));

        var keys = new UniqueIdKeys(new MemoryKeyedRows(medium), store);
        var firsts = await keys.ClaimAsync(
            Ledger, [Line(9, "old2", Other), Line(10, "new", Other), Line(11, "new", Other, LedgerLineKind.Withdrawn)], default);
        Assert.Equal([new KnownDocument(Cast.Patient, Id(2)), new KnownDocument(Other, Id(10)), null], firsts);

        // Another process finds the past in the table and reads no journal for it.
        var again = await new UniqueIdKeys(new MemoryKeyedRows(medium), store).ClaimAsync(Ledger, [Line(12, "old3", Other)], default);
        Assert.Equal([new KnownDocument(Cast.Patient, Id(3))], again);
    }

    [Fact]
    public void Alarms_are_kept_up_to_a_number_and_counted_beyond()
    {
        var state = new LedgerState();
        for (var i = 1; i <= LedgerState.AlarmsKept + 5; i++)
        {
            state.Apply(
                new MisroutingSuspected(Now, TestRecord.Unique($"d{i}"), Cast.Patient, Id(i), Other, Id(i)), new EventStamp(i, 0, i));
        }

        var back = LedgerModel.Instance.DecodeSnapshot(LedgerModel.Instance.EncodeSnapshot(state));
        Assert.Equal(LedgerState.AlarmsKept + 5, back?.AlarmsRaised);
        Assert.Equal(LedgerState.AlarmsKept, back?.Alarms.Count);
        Assert.Equal(Id(6), back?.Alarms[0].FirstDocument);
    }

    private static RecordSubmissions Record(long upTo, LedgerLine line) =>
        new(0, upTo, [line], [new KnownDocument(line.Patient, line.Document)]);

    private static StandaloneEngine EngineOf(GrainServices services, TimeProvider time) =>
        new(GrainCatalog.Models.Factory(services), time, NullLogger<StandaloneEngine>.Instance);

    private static LedgerLine Line(
        long position, string unique, PatientId patient, LedgerLineKind kind = LedgerLineKind.Submitted) =>
        new(position, Now, kind, TestRecord.Unique(unique), patient, Id(position), 0);

    private static DocumentId Id(long position) => DocumentId.Of(new Guid((int)position, 1, 1, [1, 1, 1, 1, 1, 1, 1, 1]));
}
