using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Domain.Turns;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>Random sequences of all commands over a small world, against a naive model and against what must always hold.</summary>
public sealed class CommandSequenceTests(ITestOutputHelper output)
{
    private const int Sequences = 4_000;

    [Fact]
    public void Every_answer_is_that_of_the_naive_model()
    {
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        Seeds.ForEach(output, Sequences, seed =>
        {
            var (dice, naive, real) = (new Dice(seed), new NaiveRecord(), new RealRecord());
            naive.Now = real.Record.Now;
            var story = new List<string>();
            for (var step = 0; step < Seeds.StepsMax + LastQuestions.Length; step++)
            {
                var move = step < Seeds.StepsMax ? dice.Move() : LastQuestions[step - Seeds.StepsMax];
                var expected = naive.Play(move);
                var actual = real.Play(move);
                story.Add($"{move} -> {actual}");
                if (expected != actual)
                    Assert.Fail($"step {step}: {move} should answer '{expected}', not '{actual}'\n{string.Join('\n', story)}");
                var outcome = $"{move.GetType().Name} {actual.Split(' ')[0]}";
                outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            }
        });

        foreach (var (outcome, count) in outcomes)
            output.WriteLine($"{count,8} {outcome}");
        // It engaged: the rules were met from both sides.
        foreach (var wanted in Wanted)
            Assert.True(outcomes.GetValueOrDefault(wanted) > 0, $"'{wanted}' hardly ever happened.");
    }

    [Fact]
    public void What_must_always_hold_holds_after_every_move()
    {
        Seeds.ForEach(output, Sequences / 8, seed =>
        {
            var (dice, naive, real) = (new Dice(seed), new NaiveRecord(), new RealRecord());
            naive.Now = real.Record.Now;
            var contents = new Dictionary<UniqueId, Sha256>();
            for (var step = 0; step < Seeds.StepsMax; step++)
            {
                var move = dice.Move();
                naive.Play(move);
                var before = step % 15 == 0 ? Answers.ToEverybody(real.Record.State, real.Record.Now) : null;
                real.Play(move);

                var state = real.Record.State;
                if (before is not null && real.Written.Count == 0 && move is not PassMove)
                    Assert.Equal(before, Answers.ToEverybody(state, real.Record.Now));
                OneHeadForEachChain(state);
                OneContentForEachUniqueId(state, contents);
                DenseFeeds(state);
                foreach (var change in real.Written)
                    OnlyWhoMayKnowIsTold(change, naive, state);
                if (step % 15 == 14)
                    NothingHiddenIsSaid(naive, real.Record);
            }
        });
    }

    [Fact]
    public void A_replayed_record_answers_like_the_one_that_lived_and_every_prefix_can_be_asked()
    {
        Seeds.ForEach(output, Sequences / 8, seed =>
        {
            var (dice, real) = (new Dice(seed), new RealRecord());
            for (var step = 0; step < Seeds.StepsMax; step++)
                real.Play(dice.Move());
            var (record, now) = (real.Record, real.Record.Now);
            var lived = Answers.ToEverybody(record.State, now);

            var prefix = new PatientState();
            for (var i = 0; i < record.Events.Count; i++)
            {
                prefix.Apply(record.Events[i], new EventStamp(i + 1, 3, 101 + i));
                OneHeadForEachChain(prefix);
                if (i % 7 == 0)
                    Answers.ToPatient(prefix, now);
            }

            record.Restart();
            Assert.Equal(lived, Answers.ToEverybody(prefix, now));
            Assert.Equal(lived, Answers.ToEverybody(record.State, now));
        });
    }

    private static readonly string[] Wanted =
    [
        "SubmitMove ok", "SubmitMove again", "SubmitMove valid", "SubmitMove UNIQUEID_REUSED", "SubmitMove RECORD_CLOSED",
        "SubmitMove PATIENT_UNKNOWN", "SubmitMove FEEDING_OPPOSED", "SubmitMove LABEL_COMBINATION", "SubmitMove NOT_AUTHOR",
        "SubmitMove STALE_VERSION", "SubmitMove TARGET_NOT_FOUND", "SubmitMove TWIN_MISSING", "SubmitMove METADATA_INVALID",
        "WithdrawMove ok", "WithdrawMove again", "WithdrawMove NOT_AUTHOR", "WithdrawMove STALE_VERSION",
        "WithdrawMove TWIN_MISSING", "WithdrawMove TARGET_NOT_FOUND", "WithdrawMove RECORD_CLOSED", "WithdrawMove PATIENT_UNKNOWN",
        "ReadMove ok", "ReadMove DOCUMENT_NOT_FOUND", "ReadMove ACCESS_BLOCKED", "ReadMove ACCESS_DENIED",
        "ReadMove CONSENT_REQUIRED", "ReadMove RECORD_CLOSED", "ReadMove PATIENT_UNKNOWN", "ReadMove RECORD_NOT_ACTIVATED",
        "PermitMove ok", "PermitMove again", "PermitMove ACCESS_BLOCKED", "PermitMove METADATA_INVALID",
        "RevokeMove ok", "RevokeMove again", "RevokeMove TARGET_NOT_FOUND", "RevokeMove METADATA_INVALID",
        "FollowMove ok", "FollowMove again", "FollowMove CONSENT_REQUIRED", "MayKnowMove yes", "MayKnowMove no",
        "LabelsMove ok", "LabelsMove STALE_VERSION", "LabelsMove LABEL_COMBINATION", "LabelsMove CALLER_KIND_FORBIDDEN",
        "LabelsMove DOCUMENT_NOT_FOUND", "LabelsMove CONSENT_REQUIRED",
        "ReadMove MATRIX_DENIED", "ReadMove EMERGENCY_REFUSED", "ReadMove EMERGENCY_REASON_REQUIRED",
        "ReadMove REGULATION_ROLE_REQUIRED", "EmergencyMove ok", "EmergencyMove again",
        "DutiesMove ok", "MaskMove ok", "MaskMove RECORD_CLOSED", "ChangesMove EMERGENCY_REFUSED", "OpenMove PATIENT_UNKNOWN",
        "ReadMove DELEGATION_FORBIDDEN", "ConsentsMove ok", "AnnounceMove ok", "AnnounceMove again", "AnnounceMove PATIENT_UNKNOWN", "ConsentsMove DELEGATION_FORBIDDEN", "PermitMove DELEGATION_FORBIDDEN", "AccessesMove DELEGATION_FORBIDDEN", "LabelsMove DELEGATION_FORBIDDEN",
        "CloseMove DELEGATION_FORBIDDEN", "OpenMove DELEGATION_FORBIDDEN", "BlockMove DELEGATION_FORBIDDEN",
        "BlockMove CALLER_KIND_FORBIDDEN", "AdministratorMove ok", "AdministratorMove again", "AdministratorMove CONSENT_REQUIRED",
        "FamilyDoctorMove ok", "FamilyDoctorMove again", "DelegateMove ok", "DelegateMove again", "DelegateMove METADATA_INVALID",
        "DelegateMove DELEGATION_FORBIDDEN", "DelegateMove OVERLOADED", "AnswerMove ok", "AnswerMove again",
        "AnswerMove DELEGATION_FORBIDDEN", "EndDelegateMove ok", "EndDelegateMove again", "EndDelegateMove TARGET_NOT_FOUND",
        "EndDelegateMove DELEGATION_FORBIDDEN", "EndDelegateMove CALLER_KIND_FORBIDDEN",
    ];

    // At the end everybody is asked, so that a slip in the middle shows.
    private static readonly Move[] LastQuestions =
    [
        new AccessesMove(Actor.Patient),
        .. Dice.Delegates.Select(someone => new AccessesMove(someone)),
        .. Dice.Delegates.Select(someone => new GetRecordMove(someone)),
        .. Dice.Delegates.Select(someone => new ChangesMove(someone)),
        new ChangesMove(Actor.Patient),
        new GetRecordMove(Actor.Patient),
        new ListMove(Actor.Patient, All: true, Relevant: false),
        .. Dice.Names.Select(name => new MayKnowMove(Cast.Gp, name)),
        .. Dice.Professionals.Select(professional => new ListMove(professional, All: true, Relevant: true)),
    ];

    private static void OneHeadForEachChain(PatientState state)
    {
        foreach (var chain in state.Index.Entries.GroupBy(entry => entry.LineageId))
        {
            Assert.Single(chain, entry => entry.ReplacedBy is null);
            Assert.Single(chain, entry => entry.Replaces is null);
            Assert.InRange(chain.Count(entry => entry.Status == DocumentStatus.Approved), 0, 1);
        }
    }

    private static void OneContentForEachUniqueId(PatientState state, Dictionary<UniqueId, Sha256> contents)
    {
        Assert.Equal(state.Index.Count, state.Index.Entries.Select(entry => entry.Metadata.UniqueId).Distinct().Count());
        foreach (var entry in state.Index.Entries)
        {
            contents.TryAdd(entry.Metadata.UniqueId, entry.Sha256);
            Assert.Equal(contents[entry.Metadata.UniqueId], entry.Sha256);
        }
    }

    private static void DenseFeeds(PatientState state)
    {
        foreach (var feed in new[]
        {
            state.PatientFeed, state.Feeds.Representatives, state.Feeds.Caregivers, state.ProfessionalFeed,
        })
        {
            var items = feed.After(0, int.MaxValue);
            for (var i = 0; i < items.Count; i++)
                Assert.Equal(i + 1, items[i].Sequence);
            Assert.Equal(items.Count, feed.Last);
        }

        foreach (var audience in Enum.GetValues<PatientAudience>())
        {
            var accesses = state.AccessesOf(audience);
            for (var i = 0; i < accesses.Count; i++)
                Assert.Equal(i + 1, accesses[i].Sequence);
        }
    }

    private static void OnlyWhoMayKnowIsTold(PatientEvent change, NaiveRecord naive, PatientState state)
    {
        var recipients = change switch
        {
            DocumentSubmitted submitted => submitted.Recipients,
            DocumentWithdrawn withdrawn => withdrawn.Recipients,
            ConfidentialityChanged labels => labels.Recipients,
            _ => [],
        };
        Assert.Equal(recipients.Count, recipients.Distinct().Count());
        foreach (var recipient in recipients)
        {
            var follower = state.Followers[recipient.ToString()];
            var hat = Actor.Professional(recipient, follower.Reader.Profession, follower.Reader.Structure);
            Assert.True(naive.MayRead(hat), "Somebody is told who may not read.");
        }
    }

    /// <summary>The ids of what a caller may not see occur in nothing that the caller is answered.</summary>
    private static void NothingHiddenIsSaid(NaiveRecord naive, TestRecord record)
    {
        Check(Actor.Patient, Answers.ToPatient(record.State, record.Now), true);
        foreach (var someone in Dice.Delegates)
            Check(someone, Answers.ToDelegate(record.State, someone, record.Now), true);
        foreach (var professional in Dice.Professionals)
        {
            Check(
                professional,
                Answers.ToProfessional(record.State, professional, record.Now),
                naive.MayRead(professional));
        }

        void Check(Actor by, string said, bool mayRead)
        {
            foreach (var paper in naive.Papers)
            {
                // Whoever knew a withdrawn document was told so by its id; a sealed one is not spoken of.
                var couldSee = by.Kind switch
                {
                    ActorKind.Patient => !paper.Hidden,
                    ActorKind.Delegate => !paper.HiddenFromDelegates,
                    _ => NaiveRecord.MightSee(by, paper) || naive.Sees(by, paper),
                };
                if (mayRead && couldSee && (naive.Sees(by, paper) || paper.Withdrawn))
                    continue;
                var entry = record.State.Index.Find(TestRecord.Unique(paper.As.Name))!;
                if (by.Kind != ActorKind.Professional && paper.Sealed && couldSee)
                    continue; // The patient's side's traces keep the ids of what was read before the closing.
                Assert.DoesNotContain(entry.Id.ToString(), said, StringComparison.Ordinal);
                Assert.DoesNotContain($"UniqueId = {entry.Metadata.UniqueId},", said, StringComparison.Ordinal);
                Assert.DoesNotContain($"Twin = {entry.Metadata.UniqueId},", said, StringComparison.Ordinal);
            }
        }
    }
}
