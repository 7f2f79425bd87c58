using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Tests.Properties;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Patients;
using Xunit.Abstractions;

namespace HealthGrains.Grains.Tests.Codec;

/// <summary>Random sequences through the codec: what was written answers like what lived, from its start or from a snapshot.</summary>
public sealed class CodecSequenceTests(ITestOutputHelper output)
{
    [Fact]
    public void A_record_read_from_its_bytes_answers_like_the_one_that_lived()
    {
        Seeds.ForEach(output, 300, seed =>
        {
            var (record, bodies) = Live(seed);

            var restored = Read(bodies, 0, new PatientState());

            Assert.Equal(Answers.ToEverybody(record.State, record.Now), Answers.ToEverybody(restored, record.Now));
        });
    }

    [Fact]
    public void A_record_read_from_a_snapshot_and_its_tail_answers_like_the_one_that_lived()
    {
        Seeds.ForEach(output, 150, seed =>
        {
            var (record, bodies) = Live(seed);
            var at = new Random(seed).Next(bodies.Count + 1);
            var folded = FoldedJournalModel.Instance.Create();
            for (var i = 0; i < at; i++)
                FoldedJournalModel.Instance.Apply(folded, new RawEntry(bodies[i]), Stamp(i));
            var snapshot = FoldedJournalModel.Instance.EncodeSnapshot(folded);

            var state = PatientModel.Instance.DecodeSnapshot(snapshot);

            Assert.NotNull(state);
            var restored = Read(bodies, at, state);
            Assert.Equal(Answers.ToEverybody(record.State, record.Now), Answers.ToEverybody(restored, record.Now));
        });
    }

    [Fact]
    public void An_entry_read_and_written_again_is_the_same_bytes()
    {
        Seeds.ForEach(output, 300, seed =>
        {
            foreach (var body in Live(seed).Bodies)
            {
                var again = PatientModel.Instance.Encode(PatientModel.Instance.Decode(body));
                Assert.Equal(body.ToArray(), again.ToArray());
            }
        });
    }

    [Fact]
    public void A_damaged_entry_is_an_event_or_a_format_error_and_nothing_else()
    {
        var refused = 0;
        Seeds.ForEach(output, 60, seed =>
        {
            var random = new Random(seed);
            foreach (var body in Live(seed).Bodies)
            {
                var damaged = body.ToArray();
                for (var i = random.Next(3); i >= 0; i--)
                    damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
                try
                {
                    _ = PatientModel.Instance.Decode(damaged.AsMemory(0, 1 + random.Next(damaged.Length)));
                }
                catch (FormatException)
                {
                    refused++;
                }
            }
        });
        Assert.True(refused > 100, "Hardly any damage was noticed.");
    }

    private static (Domain.Tests.Records.TestRecord Record, List<ReadOnlyMemory<byte>> Bodies) Live(int seed)
    {
        var (dice, real) = (new Dice(seed), new RealRecord());
        for (var step = 0; step < Seeds.StepsMax; step++)
            real.Play(dice.Move());
        return (real.Record, [.. real.Record.Events.Select(PatientModel.Instance.Encode)]);
    }

    private static PatientState Read(List<ReadOnlyMemory<byte>> bodies, int from, PatientState state)
    {
        for (var i = from; i < bodies.Count; i++)
            PatientModel.Instance.Apply(state, PatientModel.Instance.Decode(bodies[i]), Stamp(i));
        return state;
    }

    // As the test record stamps them.
    private static EventStamp Stamp(int index) => new(index + 1, 3, 101 + index);
}
