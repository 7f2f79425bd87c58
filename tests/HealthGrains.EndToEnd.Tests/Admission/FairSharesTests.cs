using HealthGrains.Services.Admission;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Admission;

/// <summary>The fair share of calls under way.</summary>
public sealed class FairSharesTests
{
    private static readonly TimeSpan Busy = AdmissionLimits.FairShareFrom;
    private readonly FairShares _shares = new();

    [Fact]
    public void While_turns_are_quick_nobody_is_counted_out()
    {
        Enter("greedy", 10_000);
        Enter("small", 1);
        Assert.True(_shares.TryEnter("greedy", Busy - TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public void Under_load_the_greedy_is_refused_and_the_others_are_not()
    {
        Enter("greedy", 1_000);
        Enter("small", 3);
        Assert.False(_shares.TryEnter("greedy", Busy));
        Assert.True(_shares.TryEnter("small", Busy));
        Assert.True(_shares.TryEnter("new", Busy));

        // One that is alone has all of it: there is nobody to be fair to.
        for (var i = 0; i < 4; i++) _shares.Leave("small");
        _shares.Leave("new");
        Assert.True(_shares.TryEnter("greedy", Busy));
        Assert.Equal(1, _shares.Count);
    }

    [Fact]
    public void A_few_calls_are_never_too_many()
    {
        Enter("one", AdmissionLimits.FairShareFloor - 1);
        for (var i = 0; i < 50; i++) Enter($"other {i}", 1);
        Assert.True(_shares.TryEnter("one", Busy));
        Assert.False(_shares.TryEnter("one", Busy));
        _shares.Leave("one");
        Assert.True(_shares.TryEnter("one", Busy));
    }

    private void Enter(string organization, int calls)
    {
        for (var i = 0; i < calls; i++) Assert.True(_shares.TryEnter(organization, TimeSpan.Zero));
    }
}
