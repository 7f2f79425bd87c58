using HealthGrains.Campaigns.Linear;
using Xunit;
using static HealthGrains.Campaigns.Linear.CallKind;

namespace HealthGrains.EndToEnd.Tests.Campaigns;

/// <summary>The search that the campaign of histories rests on, on histories made by hand and on random ones.</summary>
public sealed class HistoryCheckerTests
{
    private const int Person = RecordCall.ThePatient;

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var (name, (isExplained, _)) in Histories)
                cases.Add(name, isExplained);
            return cases;
        }
    }

    private static readonly Dictionary<string, (bool IsExplained, RecordCall[] Calls)> Histories = new()
    {
        ["nothing happened"] = (true, []),
        ["a document is listed after it was accepted"] = (true,
            [Call(Submit, 0, 10), Call(List, 20, 30, documents: [0])]),
        ["a document is missing after it was accepted"] = (false,
            [Call(Submit, 0, 10), Call(List, 20, 30, documents: [])]),
        ["a list meanwhile may show it"] = (true,
            [Call(Submit, 0, 10), Call(List, 5, 30, documents: [0])]),
        ["a list meanwhile may lack it"] = (true,
            [Call(Submit, 0, 10), Call(List, 5, 30, documents: [])]),
        ["what one list showed a later one cannot lack"] = (false,
            [Call(Submit, 0, 100), Call(List, 10, 20, documents: [0]), Call(List, 30, 40, documents: [])]),
        ["what was listed was never submitted"] = (false, [Call(List, 0, 10, documents: [3])]),
        ["a read under a permit"] = (true,
            [Call(Submit, 0, 10), Call(Grant, 11, 12, who: 1), Call(Read, 13, 14, who: 1)]),
        ["a read without a permit"] = (false, [Call(Submit, 0, 10), Call(Read, 13, 14, who: 1)]),
        ["a read under the permit of another"] = (false,
            [Call(Submit, 0, 10), Call(Grant, 11, 12, who: 0), Call(Read, 13, 14, who: 1)]),
        ["a read during the revocation may succeed"] = (true,
            [Call(Submit, 0, 1), Call(Grant, 2, 3, who: 1), Call(Revoke, 10, 20, who: 1), Call(Read, 15, 30, who: 1)]),
        ["a read during the revocation may be refused"] = (true,
            [Call(Submit, 0, 1), Call(Grant, 2, 3, who: 1), Call(Revoke, 10, 20, who: 1), Call(Read, 15, 30, Said.NotPermitted, 1)]),
        ["a read after the revocation succeeds"] = (false,
            [Call(Submit, 0, 1), Call(Grant, 2, 3, who: 1), Call(Revoke, 10, 20, who: 1), Call(Read, 21, 30, who: 1)]),
        ["refused once, then let in, in one revocation"] = (false,
            [
                Call(Submit, 0, 1), Call(Grant, 2, 3, who: 1), Call(Revoke, 10, 50, who: 1),
                Call(Read, 15, 20, Said.NotPermitted, 1), Call(Read, 25, 30, who: 1),
            ]),
        ["a revocation that had nothing to end"] = (true, [Call(Revoke, 0, 1, Said.Already, 2)]),
        ["a second permit is none"] = (false, [Call(Grant, 0, 1, who: 2), Call(Grant, 2, 3, who: 2)]),
        ["two permits at once: one of them is the first"] = (true,
            [Call(Grant, 0, 10, who: 2), Call(Grant, 5, 15, Said.Already, 2)]),
        ["two permits at once, both the first"] = (false, [Call(Grant, 0, 10, who: 2), Call(Grant, 5, 15, who: 2)]),
        ["a replacement hides its target from lists"] = (true,
            [
                Call(Submit, 0, 1), Call(Replace, 2, 3, document: 1, target: 0), Call(List, 4, 5, documents: [1]),
                Call(Grant, 6, 7, who: 0), Call(Read, 8, 9, Said.ShownReplaced, 0),
            ]),
        ["a replaced document is still listed"] = (false,
            [Call(Submit, 0, 1), Call(Replace, 2, 3, document: 1, target: 0), Call(List, 4, 5, documents: [0, 1])]),
        ["two replacements of one head, both accepted"] = (false,
            [
                Call(Submit, 0, 1), Call(Replace, 2, 10, document: 1, target: 0), Call(Replace, 3, 11, document: 2, target: 0),
            ]),
        ["two replacements of one head, one is too late"] = (true,
            [
                Call(Submit, 0, 1), Call(Replace, 2, 10, Said.Stale, document: 1, target: 0),
                Call(Replace, 3, 11, document: 2, target: 0),
            ]),
        ["a withdrawn document is read"] = (false,
            [Call(Submit, 0, 1), Call(Grant, 2, 3, who: 0), Call(Withdraw, 4, 5), Call(Read, 6, 7, who: 0)]),
        ["a withdrawal of what was replaced"] = (true,
            [Call(Submit, 0, 1), Call(Replace, 2, 3, document: 1, target: 0), Call(Withdraw, 4, 5, Said.Stale)]),
        ["a lost submission explains a list"] = (true, [Lost(Submit, 0, 10), Call(List, 20, 30, documents: [0])]),
        ["a lost submission need not have happened"] = (true, [Lost(Submit, 0, 10), Call(List, 20, 30, documents: [])]),
        ["a lost submission does not come after the death of its server"] = (false,
            [Lost(Submit, 0, 10), Call(List, 20, 30, documents: []), Call(List, 40, 50, documents: [0])]),
        ["a lost permit does not explain a read before it"] = (false,
            [Call(Submit, 0, 1), Call(Read, 2, 3, who: 0), Lost(Grant, 4, 10)]),
        ["a lost revocation between two reads"] = (true,
            [
                Call(Submit, 0, 1), Call(Grant, 2, 3, who: 0), Lost(Revoke, 4, 20), Call(Read, 6, 7, who: 0),
                Call(Read, 30, 31, Said.NotPermitted, 0),
            ]),
        ["a lost revocation ends nothing twice"] = (false,
            [
                Call(Submit, 0, 1), Call(Grant, 2, 3, who: 0), Lost(Revoke, 4, 20), Call(Read, 6, 7, Said.NotPermitted, 0),
                Call(Grant, 30, 31, who: 0), Call(Read, 32, 33, Said.NotPermitted, 0),
            ]),
        ["an answer without a word"] = (false, [Call(Submit, 0, 1, Said.Strange)]),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_history_made_by_hand(string history, bool isExplained) =>
        Assert.Equal(isExplained, HistoryChecker.Check(Histories[history].Calls).IsExplained);

    [Fact]
    public void The_call_that_cannot_be_explained_is_named()
    {
        var verdict = HistoryChecker.Check(Histories["a read after the revocation succeeds"].Calls);

        Assert.Equal(Read, verdict.Unexplained?.Kind);
        Assert.Equal((3, 4), (verdict.Placed, verdict.Calls));
    }

    [Fact]
    public void Histories_of_a_correct_record_are_explained_and_a_stale_answer_in_one_is_found()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var calls = Generate(random, 200, clients: 8);
            Assert.True(HistoryChecker.Check(calls).IsExplained, $"seed {seed}");

            // Somebody whose right was ended, and who was told so, is let in once more.
            var end = calls.Max(call => call.End);
            calls.Add(Call(Submit, end + 1, end + 2, document: 63));
            calls.Add(Call(Grant, end + 1, end + 2, Said.Strange, 3) with { Answer = null });
            calls.Add(Call(Revoke, end + 3, end + 4, Said.Strange, 3) with { Answer = null });
            Assert.True(HistoryChecker.Check(calls).IsExplained, $"seed {seed}, lost calls at the end");
            calls.Add(Call(Read, end + 5, end + 6, Said.Done, 2, 63));
            calls.Add(Call(Read, end + 7, end + 8, Said.NotPermitted, 2, 63));
            Assert.False(HistoryChecker.Check(calls).IsExplained, $"seed {seed}, planted");
        }
    }

    [Fact]
    public void A_crowd_of_overlapping_reads_is_no_choice()
    {
        var calls = new List<RecordCall> { Call(Submit, 0, 1000, document: 0), Call(Submit, 1, 1001, document: 1) };
        for (var i = 0; i < 600; i++)
            calls.Add(Call(List, 2 + i, 1500, documents: i % 3 == 0 ? [] : i % 3 == 1 ? [1] : [0, 1]));

        var verdict = HistoryChecker.Check(calls);

        Assert.True(verdict.IsExplained);
        Assert.True(verdict.Positions < 3_000, $"{verdict.Positions} positions");
        calls.Add(Call(List, 3, 1500, documents: [0]));
        Assert.False(HistoryChecker.Check(calls).IsExplained);
    }

    // Each call takes effect at one moment between its start and its end.
    private static List<RecordCall> Generate(Random random, int count, int clients)
    {
        var model = default(RecordModel);
        var free = new long[clients];
        var calls = new List<RecordCall>();
        var now = 0L;
        for (var i = 0; i < count; i++)
        {
            var client = random.Next(clients);
            now = Math.Max(now, free[client]) + 1 + random.Next(8);
            var kind = (CallKind)random.Next(7);
            var (document, target) = (random.Next(40), random.Next(40));
            var call = new RecordCall(
                kind, kind == List && random.Next(3) == 0 ? Person : random.Next(3), document, document == target ? 41 : target,
                Math.Max(free[client], now - random.Next(60)), now + random.Next(60), null);
            var (answer, after) = model.Take(call);
            model = after;
            free[client] = call.End + 1;
            var isLost = kind is not (Read or List) && random.Next(25) == 0;
            calls.Add(isLost ? call : call with { Answer = answer });
        }

        return calls;
    }

    private static RecordCall Call(
        CallKind kind,
        long start,
        long end,
        Said said = Said.Done,
        int who = Person,
        int document = 0,
        int target = 0,
        int[]? documents = null) =>
        new(kind, who, document, target, start, end, new RecordAnswer(
            said, (documents ?? []).Aggregate(0UL, (set, number) => set | (1UL << number))));

    private static RecordCall Lost(CallKind kind, long start, long end) =>
        new(kind, kind is Grant or Revoke ? 0 : Person, 0, 0, start, end, null);
}
