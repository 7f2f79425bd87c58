using HealthGrains.Grains.Journal;
using Xunit;

namespace HealthGrains.Grains.Tests;

public sealed class Journal_pseudonym
{
    private static readonly JournalId Patient = new(JournalKind.Patient, "1.2.250.1.213.1.4.10/279035121518989");

    [Fact]
    public void It_says_the_kind_and_nothing_of_the_key()
    {
        var name = JournalPseudonym.Process.Of(Patient);
        Assert.Matches("^Patient#[0-9a-f]{16}$", name);
        Assert.Equal(name, JournalPseudonym.Process.Of(Patient));
        Assert.NotEqual(name, JournalPseudonym.Process.Of(new JournalId(JournalKind.Patient, "another")));
    }

    [Fact]
    public void Two_keys_give_two_names()
    {
        var one = new JournalPseudonym(new byte[32]);
        var other = new JournalPseudonym([.. Enumerable.Repeat((byte)1, 32)]);
        Assert.NotEqual(one.Of(Patient), other.Of(Patient));

        // HMAC-SHA-256 under 32 zero bytes, as openssl computes it.
        Assert.Equal("Patient#1d79d1bb992cfcfa", one.Of(Patient));
    }

    [Fact]
    public void A_short_key_is_refused() => Assert.Throws<ArgumentException>(() => new JournalPseudonym(new byte[31]));
}
