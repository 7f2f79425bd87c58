using HealthGrains.Domain.Identity;
using HealthGrains.LoadTests.Correctness;
using Xunit;

namespace HealthGrains.LoadTests.Tests;

public sealed class LedgerTests
{
    private readonly Ledger _ledger = new();
    private readonly Heard _patient = new("patient 0", patient => patient == 0);
    private readonly Sha256 _sha256 = Sha256.Of("content"u8);

    [Fact]
    public void What_everybody_was_told_once_is_proven()
    {
        Tell(1, Acknowledged(1));
        Tell(2, Acknowledged(2));
        Acknowledged(3, patient: 7);
        var found = Judge();
        Assert.Equal((2, 0), (found.Proven, found.Violations));
    }

    [Fact]
    public void A_document_that_was_not_told_is_found()
    {
        Tell(1, Acknowledged(1));
        Acknowledged(2);
        Assert.Equal(1, Judge().Untold);
    }

    [Fact]
    public void A_document_that_was_told_twice_is_found()
    {
        var entry = Acknowledged(1);
        Tell(1, entry);
        Tell(2, entry);
        Assert.Equal(1, Judge().ToldTwice);
    }

    [Fact]
    public void A_gap_and_a_step_back_in_a_sequence_are_found()
    {
        Tell(1, Acknowledged(1));
        Tell(3, Acknowledged(2));
        Tell(3, Acknowledged(3));
        Assert.Equal(2, Judge().Gaps);
    }

    [Fact]
    public void Another_order_than_that_of_the_record_is_found()
    {
        var (first, second) = (Acknowledged(1), Acknowledged(2));
        Tell(1, second);
        Tell(2, first);
        Assert.Equal(1, Judge().OutOfOrder);
    }

    [Fact]
    public void Who_is_told_without_being_entitled_is_found()
    {
        Tell(1, Acknowledged(1, patient: 7));
        Assert.Equal(1, Judge().ConsentBroken);
    }

    [Fact]
    public void A_delay_counts_from_the_intended_start()
    {
        var entry = Acknowledged(1);
        _patient.Told(1, entry.Answer!.DocumentId, TimeSpan.FromSeconds(5)); // ! acknowledged
        var delays = new List<TimeSpan>();
        new Findings().JudgeNotifications([.. _ledger.Acknowledged], [_patient], (_, delay) => delays.Add(delay));
        Assert.Equal([TimeSpan.FromSeconds(4)], delays);
    }

    [Fact]
    public void Another_identity_for_the_same_document_is_a_double_and_other_bytes_are_no_receipt()
    {
        var entry = Acknowledged(1);
        Ledger.Answered(entry, entry.Answer!, _sha256.ToArray(), 7); // ! acknowledged
        Assert.False(entry.Contradicted || entry.WrongReceipt);
        Ledger.Answered(entry, new Answer("other", 0, 9), _sha256.ToArray(), 8);
        Assert.True(entry.Contradicted && entry.WrongReceipt);
    }

    [Fact]
    public void A_planted_drop_turns_the_findings_red()
    {
        Tell(1, Acknowledged(1));
        Assert.True(_ledger.Falsify(Plant.DropOne, [_patient]));
        Assert.Equal(1, Judge().Untold);
        Assert.Contains(_ledger.Acknowledged, entry => entry.MustRead);
    }

    [Fact]
    public void A_planted_double_turns_the_findings_red()
    {
        Tell(1, Acknowledged(1));
        Assert.True(_ledger.Falsify(Plant.DoubleOne, [_patient]));
        Assert.Equal(1, Judge().ToldTwice);
    }

    [Fact]
    public void Where_nothing_was_acknowledged_nothing_can_be_planted() =>
        Assert.False(_ledger.Falsify(Plant.DropOne, [_patient]));

    private Entry Acknowledged(int number, int patient = 0)
    {
        var entry = _ledger.Intend(number, $"2.999.{number}", patient, _sha256, 7, TimeSpan.FromSeconds(1));
        Ledger.Answered(entry, new Answer($"id-{number}", 0, number), _sha256.ToArray(), 7);
        return entry;
    }

    private void Tell(long sequence, Entry entry) => _patient.Told(sequence, entry.Answer!.DocumentId, TimeSpan.FromSeconds(2)); // ! acknowledged

    private Findings Judge()
    {
        var findings = new Findings();
        findings.JudgeNotifications([.. _ledger.Acknowledged], [_patient], (_, _) => { });
        return findings;
    }
}
