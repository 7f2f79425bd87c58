using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Routing;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Aliases;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Tests.Routing;
using HealthGrains.Testing.Clocks;
using Xunit.Abstractions;

namespace HealthGrains.Grains.Tests.Aliases;

/// <summary>M1 to M3 of <see cref="RecordMerger"/>: crashes at every step, several processes, a large record.</summary>
public sealed class Merging_two_records(ITestOutputHelper output)
{
    private static readonly PatientId Old = PatientId.Parse("1.2.250.1.213.1.4.10^260058815400233");
    private static readonly PatientId New = Cast.Patient;
    private static readonly DomainPolicy Policy = DomainPolicy.Default with { InvisiblePatientMax = TimeSpan.FromDays(30) };

    private readonly MemoryJournalMedium _medium = new(shards: 2);
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_step_before_or_after_its_effect_leaves_what_the_agenda_finishes(bool afterTheEffect)
    {
        var steps = 0;
        for (var diesAt = 1; ; diesAt++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            var time = new ManualTimeProvider();
            await using (var writer = new RoutedProcess(medium, time, policy: Policy))
            {
                writer.Router.Start();
                await ASmallWorldAsync(writer);
                await writer.RouteAsync();
            }

            var mortality = new Mortality(diesAt, afterTheEffect);
            var acknowledged = false;
            await using (var dying = new RoutedProcess(medium, time, mortality, Policy))
            {
                try
                {
                    var begun = await dying.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
                    Assert.True(begun.IsMoving);
                    acknowledged = (await new RecordMerger(dying.Store, dying.Engine, entriesMax: 2).FinishAsync(Old, default)).Merged is not null;
                }
                catch (JournalUnavailableException)
                {
                    Assert.True(mortality.IsDead);
                }
            }

            await using var survivor = new RoutedProcess(medium, time, policy: Policy);
            survivor.Router.Start();
            survivor.Duties.Start();
            if (Count<RecordMoving>(medium, Old) == 0)
            {
                Assert.False(acknowledged);
                await survivor.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
            }

            await survivor.PassUntilAsync(() => Count<RecordMoved>(medium, Old) == 1, $"finishing what died at step {diesAt}");
            await EverythingIsOnceAsync(survivor);
            if (!mortality.IsDead)
            {
                Assert.True(acknowledged);
                break;
            }

            steps = diesAt;
        }

        Assert.InRange(steps, 8, 100); // It engaged: the beginning, each page, the merge and the move were cut.
    }

    [Fact]
    public async Task A_crash_of_whoever_finishes_it_by_the_agenda_costs_a_question()
    {
        for (var diesAt = 1; ; diesAt++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            var time = new ManualTimeProvider();
            await using (var writer = new RoutedProcess(medium, time, policy: Policy))
            {
                await ASmallWorldAsync(writer);
                await writer.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
            }

            var mortality = new Mortality(diesAt, afterTheEffect: diesAt % 2 == 0);
            await using (var dying = new RoutedProcess(medium, time, mortality, Policy))
            {
                dying.Router.Start();
                dying.Duties.Start();
                await dying.PassUntilAsync(() => mortality.IsDead || Count<RecordMoved>(medium, Old) == 1, $"dying at {diesAt}");
            }

            await using var survivor = new RoutedProcess(medium, time, policy: Policy);
            survivor.Router.Start();
            survivor.Duties.Start();
            await survivor.PassUntilAsync(() => Count<RecordMoved>(medium, Old) == 1, $"surviving {diesAt}");
            await survivor.RouteAsync();
            await EverythingIsOnceAsync(survivor);
            if (!mortality.IsDead)
                break;
        }
    }

    [Fact]
    public async Task Two_processes_and_both_workers_at_once_do_it_once()
    {
        for (var round = 0; round < 40; round++)
        {
            var medium = new MemoryJournalMedium(shards: 2);
            await using var one = new RoutedProcess(medium, _time, policy: Policy);
            await using var two = new RoutedProcess(medium, _time, policy: Policy);
            await ASmallWorldAsync(one);
            await one.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
            foreach (var process in new[] { one, two })
                process.Router.Start();
            await Task.WhenAll(new[] { one, two, one, two }.Select((process, i) => Task.Run(async () =>
                await new RecordMerger(process.Store, process.Engine, entriesMax: 1 + i).FinishAsync(Old, default))));
            await one.PassUntilAsync(() => Count<RecordMoved>(medium, Old) == 1, "both finishing");
            await one.RouteAsync();
            await EverythingIsOnceAsync(one);
        }
    }

    [Fact]
    public async Task Operators_who_ask_in_all_directions_at_once_make_no_circle_and_lose_nothing()
    {
        var merged = 0;
        for (var round = 0; round < 60; round++)
        {
            var medium = new MemoryJournalMedium(shards: 4);
            await using var one = new RoutedProcess(medium, _time);
            await using var two = new RoutedProcess(medium, _time);
            PatientId[] all = [Number(1), Number(2), Number(3)];
            for (var i = 0; i < all.Length; i++)
            {
                await one.AskAsync(all[i], new OpenRecord());
                await one.SubmitAsync(all[i], $"of {i}", number: 10 + i);
            }

            var asked = new List<Task>();
            for (var i = 0; i < 6; i++)
            {
                var (from, to) = (all[(i + round) % 3], all[(i + round + 1 + (i / 3)) % 3]);
                var process = i % 2 == 0 ? one : two;
                asked.Add(Task.Run(async () =>
                {
                    if ((await process.AskAsync(from, new BeginMerge(to, Cast.Insurance))).IsMoving)
                        await new RecordMerger(process.Store, process.Engine).FinishAsync(from, default);
                }));
            }

            await Task.WhenAll(asked);

            // Nobody is left half way, and whoever is followed comes to an end; what was refused is asked again, one at a time.
            foreach (var from in all)
            {
                Assert.Null((await two.AskAsync(from, new LocateRecord())).MovingTo);
                var (home, _) = await HomeAsync(two, from);
                merged += home == from ? 0 : 1;
            }

            for (var i = 1; i < 3; i++)
            {
                var ((from, _), (to, _)) = (await HomeAsync(two, all[i]), await HomeAsync(two, all[0]));
                if (from == to)
                    continue;
                Assert.True((await two.AskAsync(from, new BeginMerge(to, Cast.Insurance))).IsMoving);
                Assert.NotNull((await new RecordMerger(two.Store, two.Engine).FinishAsync(from, default)).Merged);
            }

            var (last, _) = await HomeAsync(one, all[0]);
            foreach (var number in all)
                Assert.Equal(last, (await HomeAsync(one, number)).Home);
            Assert.Equal(3, (await one.AskAsync(last, new GetRecord(Actor.Patient))).Documents);
        }

        Assert.InRange(merged, 1, 120);
    }

    [Fact]
    public async Task Once_revoked_never_readable_whatever_becomes_one_meanwhile()
    {
        const int rounds = 2_000;
        var (reads, refused, unavailable, late) = (0, 0, 0, 0);
        await using var one = new RoutedProcess(_medium, _time);
        await using var two = new RoutedProcess(_medium, _time);
        for (var round = 0; round < rounds; round++)
        {
            var (old, @new) = (Number(10 + (2 * round)), Number(11 + (2 * round)));
            var ids = new DocumentId[2];
            for (var i = 0; i < 2; i++)
            {
                var number = i == 0 ? old : @new;
                await one.AskAsync(number, new OpenRecord());
                await one.AskAsync(number, new AuthorizeProfessional(HolderKind.Professional, Cast.Gp.Id, null, null, ""));
                ids[i] = await one.SubmitAsync(number, "a document", number: 1_000 + (2 * round) + i);
            }

            // The same unique id and the same bytes in both: after the merge one document, under either id.
            var revokedUnder = round % 2 == 0 ? old : @new;
            var revoked = 0;
            var revoking = Task.Run(async () =>
            {
                var process = round % 3 == 0 ? one : two;
                PatientCommand<ConsentChange> no = round % 4 < 2
                    ? new RevokeAuthorization(null, HolderKind.Professional, Cast.Gp.Id, false)
                    : new BlockProfessional(Cast.IdOf(Cast.Gp));
                await UntilAnsweredAsync(process, revokedUnder, no);
                Volatile.Write(ref revoked, 1);
            });
            var merging = Task.Run(async () =>
            {
                while (true)
                {
                    try
                    {
                        await one.AskAsync(old, new BeginMerge(@new, Cast.Insurance));
                        await new RecordMerger(one.Store, one.Engine, entriesMax: 2).FinishAsync(old, default);
                        return;
                    }
                    catch (JournalConflictException)
                    {
                        // The others were first so often that this one was told to come again.
                    }
                }
            });
            var reading = Task.Run(async () =>
            {
                for (var i = 0; i < 12; i++)
                {
                    var wasRevoked = Volatile.Read(ref revoked) == 1;
                    var wasMerged = merging.IsCompleted;
                    var process = i % 2 == 0 ? one : two;
                    var result = await FollowAsync(
                        process, revokedUnder, new ReadDocument(revokedUnder == old ? ids[0] : ids[1], null, true, Cast.Gp));
                    Interlocked.Increment(ref reads);
                    if (result.Refusal is null)
                    {
                        Assert.False(wasRevoked, $"Round {round}: readable after its revocation was acknowledged; merged {wasMerged}.");
                    }
                    else if (result.Refusal.Code == RefusalCode.TemporarilyUnavailable)
                    {
                        Interlocked.Increment(ref unavailable);
                    }
                    else
                    {
                        Interlocked.Increment(ref refused);
                        if (wasRevoked)
                            Interlocked.Increment(ref late);
                    }
                }
            });
            await Task.WhenAll(revoking, merging, reading);
            Assert.Equal(@new, (await HomeAsync(two, old)).Home);

            // From the merge on it covers the documents of both, under both numbers, in both processes.
            foreach (var number in new[] { old, @new })
            {
                foreach (var id in ids)
                {
                    foreach (var process in new[] { one, two })
                    {
                        var result = await process.Engine.AskAsync(
                            GrainIds.Of((await HomeAsync(process, number)).Home), new ReadDocument(id, null, true, Cast.Gp), default);
                        Assert.True(
                            result.Refusal?.Code is RefusalCode.ConsentRequired or RefusalCode.AccessBlocked,
                            $"Round {round}: {result.Refusal?.Code.ToString() ?? "readable"}.");
                    }
                }
            }
        }

        output.WriteLine($"{rounds} rounds, {reads} reads, {refused} refused, {late} of them after the acknowledgement, {unavailable} told to come again");
        Assert.True(refused > 100 && unavailable > 10 && reads - refused - unavailable > 100);
    }

    [Fact]
    public async Task A_record_of_ten_thousand_documents_comes_in_pages()
    {
        await using var process = new RoutedProcess(_medium, _time);
        foreach (var number in new[] { Old, New })
            await process.AskAsync(number, new OpenRecord());
        for (var i = 0; i < 10_000; i++)
            await process.SubmitAsync(Old, "old " + i, number: 1 + i);
        await process.SubmitAsync(New, "new", number: 20_000);
        await process.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
        var before = (await process.Memory.ReadAsync(GrainIds.Of(New), 0, default)).Version;
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var end = await new RecordMerger(process.Store, process.Engine).FinishAsync(Old, default);
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(started);
        Assert.Equal(10_000, end.Merged!.Documents);
        var entries = (await process.Memory.ReadAsync(GrainIds.Of(New), before, default)).Entries;
        Assert.All(entries, entry => Assert.InRange(entry.Body.Length, 1, RecordPageTaken.BytesMax + 16 * 1024));
        Assert.True(entries.Count >= 51);
        Assert.Equal(10_001, (await process.AskAsync(New, new GetRecord(Actor.Patient))).Documents);
        output.WriteLine($"{entries.Count} entries, at most {entries.Max(entry => entry.Body.Length)} bytes, {took.TotalMilliseconds:F0} ms");
    }

    [Fact]
    public async Task A_destroyed_record_takes_the_contents_of_all_journals_with_it_and_verification_knows()
    {
        await using var process = new RoutedProcess(_medium, _time, policy: Policy);
        process.Router.Start();
        process.Duties.Start();
        await ASmallWorldAsync(process);
        await process.AskAsync(Old, new BeginMerge(New, Cast.Insurance));
        await process.PassUntilAsync(() => Count<RecordMoved>(_medium, Old) == 1, "merging");
        await process.AskAsync(New, new CloseRecord("", DeletionRequested: true));
        await process.PassUntilAsync(() => Count<ContentsErased>(_medium, New) == 1, "destroying");
        lock (_medium.Gate)
            Assert.DoesNotContain(_medium.Contents.Keys, key => key.Journal == GrainIds.Of(Old) || key.Journal == GrainIds.Of(New));
        var verifier = new ContentVerifier(process.Memory, new MemoryContentStore());
        Assert.Null((await verifier.VerifyAsync(null, null, default)).FirstDamage);
        Assert.Null((await verifier.VerifyAsync(GrainIds.Of(Old), null, default)).FirstDamage);
    }

    // Two records of one person: somebody follows the old one and may read both; somebody was permitted and is no more.
    private static async Task ASmallWorldAsync(RoutedProcess process)
    {
        await process.FollowAsync(Old, Cast.Gp);
        await process.AskAsync(New, new OpenRecord());
        foreach (var number in new[] { Old, New })
        {
            foreach (var professional in new[] { Cast.Gp, Cast.Specialist })
                await process.AskAsync(number, new AuthorizeProfessional(HolderKind.Professional, professional.Id, null, null, ""));
        }

        await process.AskAsync(Old, new RevokeAuthorization(null, HolderKind.Professional, Cast.Specialist.Id, false));
        for (var i = 0; i < 4; i++)
            await process.SubmitAsync(Old, "old " + i, number: 100 + i);
        await process.SubmitAsync(New, "new", number: 200);
        await process.SubmitAsync(New, "old 1", number: 201);
    }

    private static async Task EverythingIsOnceAsync(RoutedProcess process)
    {
        var medium = process.Medium;
        Assert.Equal(1, Count<RecordMerged>(medium, New));
        Assert.Equal(1, Count<RecordMoved>(medium, Old));
        Assert.Equal(1, Events(medium, New).OfType<RecordAccessed>().Count(one => one.Trace.Action == AccessAction.SupportAlias));
        var moving = (await process.Memory.ReadAsync(GrainIds.Of(Old), 0, default)).Entries
            .Single(entry => PatientModel.Instance.Decode(entry.Body) is RecordMoving).Version;
        Assert.Equal(moving - 1, Events(medium, New).OfType<RecordPageTaken>().Sum(page => page.Entries.Count));
        Assert.Equal(5, (await process.AskAsync(New, new GetRecord(Actor.Patient))).Documents);
        Assert.Equal(New, (await process.Engine.AskAsync(GrainIds.Of(Old), new OpenRecord(), default)).Refusal?.MovedTo);

        // Consent of both, and the copy of a document is that document.
        foreach (var number in new[] { 100, 101, 102, 103, 200, 201 })
        {
            var id = DocumentId.Of(new Guid(number, 5, 5, [5, 5, 5, 5, 5, 5, 5, 5]));
            Assert.Null((await process.Engine.AskAsync(GrainIds.Of(New), new ReadDocument(id, null, true, Cast.Gp), default)).Refusal);
            Assert.Equal(
                RefusalCode.ConsentRequired,
                (await process.Engine.AskAsync(GrainIds.Of(New), new ReadDocument(id, null, true, Cast.Specialist), default)).Refusal?.Code);
        }

        // Nobody is told again, and who follows the old record is told of what comes.
        var told = (await process.InboxAsync(Cast.Gp)).Select(item => item.Document).ToList();
        Assert.Equal(told.Count, told.Distinct().Count());
        var next = await process.SubmitAsync(New, "next", number: 300);
        await process.RouteAsync();
        Assert.Equal([.. Enumerable.Range(100, 4).Select(Id), next], (await process.InboxAsync(Cast.Gp)).Select(item => item.Document));
        Assert.Null((await process.Memory.VerifyAsync(null, null, default)).FirstDamage);
        Assert.Null((await new ContentVerifier(process.Memory, new MemoryContentStore()).VerifyAsync(null, null, default)).FirstDamage);

        static DocumentId Id(int number) => DocumentId.Of(new Guid(number, 5, 5, [5, 5, 5, 5, 5, 5, 5, 5]));
    }

    private static async Task<TurnResult<TAnswer>> FollowAsync<TAnswer>(
        RoutedProcess process, PatientId patient, PatientCommand<TAnswer> command)
    {
        while (true)
        {
            TurnResult<TAnswer> result;
            try
            {
                result = await process.Engine.AskAsync(GrainIds.Of(patient), command, default);
            }
            catch (JournalConflictException)
            {
                return new TurnResult<TAnswer>(default, ComeAgain);
            }

            if (result.Refusal?.MovedTo is not { } home)
                return result;
            patient = home;
        }
    }

    // What a call says that lost every race for its journal.
    private static readonly Refusal ComeAgain = new(RefusalCode.TemporarilyUnavailable, "Others were first.");

    // As a client that is told to come again.
    private static async Task UntilAnsweredAsync<TAnswer>(RoutedProcess process, PatientId patient, PatientCommand<TAnswer> command)
    {
        while ((await FollowAsync(process, patient, command)).Refusal is { } refusal)
        {
            Assert.Equal(RefusalCode.TemporarilyUnavailable, refusal.Code);
            await Task.Yield();
        }
    }

    private static async Task<(PatientId Home, int Hops)> HomeAsync(RoutedProcess process, PatientId patient)
    {
        for (var hops = 0; ; hops++)
        {
            Assert.InRange(hops, 0, 5);
            if ((await process.AskAsync(patient, new LocateRecord())).MovedTo is not { } home)
                return (patient, hops);
            patient = home;
        }
    }

    private static int Count<T>(MemoryJournalMedium medium, PatientId patient)
        where T : PatientEvent => Events(medium, patient).OfType<T>().Count();

    private static List<PatientEvent> Events(MemoryJournalMedium medium, PatientId patient)
    {
        lock (medium.Gate)
        {
            return medium.Journals.TryGetValue(GrainIds.Of(patient), out var entries)
                ? [.. entries.Select(entry => PatientModel.Instance.Decode(entry.Body))]
                : [];
        }
    }

    private static PatientId Number(int n)
    {
        var body = 1_800_199_000_000L + n;
        return PatientId.Parse(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"1.2.250.1.213.1.4.10^{body}{97 - (body % 97):D2}"));
    }
}
