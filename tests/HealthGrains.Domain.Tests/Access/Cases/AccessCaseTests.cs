using System.Text.Encodings.Web;
using System.Text.Json;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Access.Cases;

/// <summary>Reading, against the rules as a list of sentences: generated questions, kept as data, and what is explained and
/// foretold about each.</summary>
/// <remarks>The truth table and these, together: <c>dotnet test tests/HealthGrains.Domain.Tests --filter Access</c>. After a change
/// of <see cref="AccessCase.Draw"/>, HG_WRITE_CASES=DIRECTORY writes the file anew.</remarks>
public sealed class AccessCaseTests
{
    private const string FileName = "access-cases.jsonl";
    private const int Seed = 2026;
    private const int Count = 400;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly Lazy<IReadOnlyList<AccessCase>> Kept = new(() => [.. ReadFile()
        .Select(line => JsonSerializer.Deserialize<AccessCase>(line, Json)!)]); // ! a line is no null

    public static TheoryData<int> Numbers => [.. Enumerable.Range(1, Count)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void The_reader_gets_what_the_sentences_say(int number)
    {
        var question = Kept.Value[number - 1];
        Assert.Equal((number, question.Outcome), (question.Number, question.Naively));

        Assert.Equal(question.Outcome, new PlayedCase(question).Read());
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_is_explained_is_what_happens(int number)
    {
        var played = new PlayedCase(Kept.Value[number - 1]);
        var told = played.ExplainAsReader().Value;
        var toPatient = played.ExplainAsPatient();

        var real = played.Read();

        Assert.Equal((real, AccessMatrix.Shipped.Version), (told.Verdict?.Name, told.MatrixVersion));
        var steps = told.Verdict!.Findings; // ! one reader was asked about
        Assert.All(steps.SkipLast(1), step => Assert.True(step.Passed));
        Assert.Equal(real.StartsWith("ALLOW", StringComparison.Ordinal), steps[^1].Passed);
        if (toPatient.Refusal is null)
        {
            Assert.Equal(real, toPatient.Value.Verdict?.Name);
            Assert.Equal(played.Record.State.Consent.Version, toPatient.Value.ConsentVersion);
        }

        // The trace names the step and the matrix that the explanation named; a hidden document only to whoever may know of it.
        if (played.Record.State.Accesses is [.., var trace] && real != "PATIENT_UNKNOWN")
        {
            Assert.Equal(told.MatrixVersion, trace.Trace.MatrixVersion);
            if (toPatient.Refusal is null)
                Assert.Equal(toPatient.Value.Verdict!.Outcome.Step, trace.Trace.Step); // ! as above
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void What_is_foretold_comes_true_and_foretelling_changes_nothing(int number)
    {
        var question = Kept.Value[number - 1];
        foreach (var change in Changes(new PlayedCase(question)))
        {
            var played = new PlayedCase(question);
            var before = played.ExplainAsReader().Value.Verdict?.Name;
            var events = played.Record.Events.Count;
            var foretold = played.ExplainAsPatient(change);
            Assert.Equal(events, played.Record.Events.Count);
            Assert.Equal(before, played.ExplainAsReader().Value.Verdict?.Name);

            var refused = Do(played.Record, change);
            if (foretold.Refusal is { } refusal)
            {
                // To whom has no say in the record yet, and of a document that the person may not see, nothing is foretold.
                if (question.Record == "activated" && refusal.Name != "DOCUMENT_NOT_FOUND")
                    Assert.Equal(refusal.Name, refused);
                continue;
            }

            Assert.Null(refused);
            Assert.Equal(played.Read(), foretold.Value.After?.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_hidden_document_and_one_that_never_was_are_explained_alike(int number)
    {
        var question = Kept.Value[number - 1];
        if (question.Outcome != "DOCUMENT_NOT_FOUND")
            return;
        var there = new PlayedCase(question).ExplainAsReader().Value;
        var never = new PlayedCase(question with { Document = "never was" }).ExplainAsReader().Value;

        Assert.Equal(Text(never), Text(there));

        static string Text(AccessExplanation explanation) => JsonSerializer.Serialize(
            explanation with { Verdict = explanation.Verdict! with { Authorization = null } }); // ! one reader was asked about
    }

    [Fact]
    public void The_file_holds_what_its_seed_draws_and_meets_every_outcome()
    {
        var drawn = AccessCase.Draw(Seed, Count).Select(question => JsonSerializer.Serialize(question, Json)).ToList();
        if (Environment.GetEnvironmentVariable("HG_WRITE_CASES") is { } directory)
            File.WriteAllLines(Path.Combine(directory, FileName), drawn);

        Assert.Equal(drawn, ReadFile());
        var outcomes = Kept.Value.CountBy(question => question.Outcome).ToDictionary();
        foreach (var outcome in new[]
        {
            "ALLOW", "ALLOW_EMERGENCY", "PATIENT_UNKNOWN", "RECORD_CLOSED", "ACCESS_BLOCKED", "ACCESS_DENIED", "CONSENT_REQUIRED",
            "EMERGENCY_REASON_REQUIRED", "EMERGENCY_REFUSED", "REGULATION_ROLE_REQUIRED", "DOCUMENT_NOT_FOUND", "MATRIX_DENIED",
        })
        {
            Assert.True(outcomes.GetValueOrDefault(outcome) >= 5, $"{outcome} comes {outcomes.GetValueOrDefault(outcome)} times.");
        }
    }

    private static IEnumerable<TriedChange> Changes(PlayedCase played)
    {
        var (id, reader) = (played.By.Id, Cast.IdOf(played.By));
        yield return Tried(new RevokeAuthorization(null, HolderKind.Professional, id, false));
        yield return Tried(new RevokeAuthorization(null, HolderKind.Organization, Cast.OfficeA.ToString(), false));
        yield return Tried(new RevokeAuthorization(null, HolderKind.Organization, Cast.OfficeA.ToString(), true));
        yield return Tried(new BlockProfessional(reader));
        yield return Tried(new UnblockProfessional(reader));
        yield return Tried(new AuthorizeProfessional(HolderKind.Professional, id, null, null, ""));
        yield return Tried(new AuthorizeProfessional(HolderKind.Organization, Cast.OfficeA.ToString(), null, null, ""));
        yield return Tried(new SetEmergencyAccess(true, true, true));
        yield return Tried(new SetEmergencyAccess(false, false, false));
        yield return new TriedChange { Close = new CloseRecord("", false) };
        if (played.DocumentExists)
        {
            yield return Labels(ConfidentialityLabels.MaskedFromProfessionals);
            yield return Labels(ConfidentialityLabels.None);
        }

        TriedChange Labels(ConfidentialityLabels labels) => new()
        {
            Labels = new SetConfidentiality(played.Document, ExplainAccess.AnyVersion, labels, Actor.Patient),
        };

        static TriedChange Tried(ConsentCommand command) => new()
        {
            Revoke = command as RevokeAuthorization,
            Block = command as BlockProfessional,
            Unblock = command as UnblockProfessional,
            Authorize = command as AuthorizeProfessional,
            Emergency = command as SetEmergencyAccess,
        };
    }

    private static string? Do(TestRecord record, TriedChange change) => change switch
    {
        { Revoke: { } revoke } => record.Ask(revoke).Refusal?.Name,
        { Block: { } block } => record.Ask(block).Refusal?.Name,
        { Unblock: { } unblock } => record.Ask(unblock).Refusal?.Name,
        { Authorize: { } authorize } => record.Ask(authorize).Refusal?.Name,
        { Emergency: { } emergency } => record.Ask(emergency).Refusal?.Name,
        { Close: { } close } => record.Ask(close).Refusal?.Name,
        _ => record.Ask(change.Labels! with // ! one of these
        {
            EntryVersion = record.State.Index.Find(change.Labels!.Id)?.EntryVersion ?? 1, // ! as above
        }).Refusal?.Name,
    };

    private static IEnumerable<string> ReadFile() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Access", "Cases", FileName));
}
