using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>What one step of the decision found.</summary>
/// <param name="Why">One sentence that names nobody.</param>
public readonly record struct AccessFinding(AccessStep Step, bool Passed, string Why)
{
    /// <summary>The step's name for programs, such as <c>block</c>.</summary>
    public string Rule => Step switch
    {
        AccessStep.Context => "context",
        AccessStep.Record => "record",
        AccessStep.Block => "block",
        AccessStep.Mode => "authorisation",
        AccessStep.Status => "document",
        AccessStep.Own => "own",
        AccessStep.Matrix => "matrix",
        AccessStep.Labels => "masked",
        _ => "allow",
    };
}

/// <summary>Takes down the way of one decision while it is made.</summary>
public sealed class AccessPath
{
    private readonly List<AccessFinding> _findings = [];

    /// <summary>In the order in which the steps were looked at; the last one decided.</summary>
    public IReadOnlyList<AccessFinding> Findings => _findings;

    internal void Pass(AccessStep step, string why) => _findings.Add(new AccessFinding(step, true, why));

    internal void End(AccessOutcome outcome)
    {
        if (outcome.Refusal is { } refusal)
            _findings.Add(new AccessFinding(outcome.Step, false, refusal.Message));
        else if (outcome.Step == AccessStep.Own)
            _findings.Add(new AccessFinding(AccessStep.Own, true, "It is a document of the reader."));
        else
            _findings.Add(new AccessFinding(AccessStep.Allow, true, "Nothing was against it."));
    }
}

/// <summary>A decision with the way that it took.</summary>
/// <param name="IsEmergency">The reader came in by an emergency mode.</param>
/// <param name="Authorization">The number of the permit that let the reader in, or of the denial that did not; null if none did.</param>
public sealed record AccessVerdict(AccessOutcome Outcome, bool IsEmergency, IReadOnlyList<AccessFinding> Findings, int? Authorization)
{
    /// <summary><c>ALLOW</c>, <c>ALLOW_EMERGENCY</c>, or the code of the refusal.</summary>
    public string Name => Outcome.Refusal?.Name ?? (IsEmergency ? "ALLOW_EMERGENCY" : "ALLOW");

    /// <summary>What decided, in one sentence.</summary>
    public string Because => Findings[^1] is { Passed: true, Step: AccessStep.Allow } && Findings.Count > 1
        ? Findings.LastOrDefault(finding => finding.Step is AccessStep.Mode).Why ?? Findings[^1].Why
        : Findings[^1].Why;
}

public static partial class AccessDecision
{
    /// <summary>Steps 2 to 9: may this reader read this document, asked for by its id?</summary>
    /// <param name="record">The state of the record.</param>
    /// <param name="consent">Of that record.</param>
    /// <param name="entry">Null if there is none.</param>
    /// <param name="reader">Who reads.</param>
    /// <param name="turn">The parameters of the turn.</param>
    /// <param name="entrance">Null: under an authorisation.</param>
    /// <param name="path">Is told what each step found; null if nobody wants to know.</param>
    public static AccessOutcome ForReading(
        RecordStatus record,
        ConsentState consent,
        DocumentEntry? entry,
        Reader reader,
        TurnContext turn,
        Entrance? entrance,
        AccessPath? path = null)
    {
        var outcome = CheckRecord(record, consent, reader, turn, entrance, path);
        if (!outcome.IsAllowed)
            return outcome;
        return entry is null
            ? new AccessOutcome(AccessStep.Status, DocumentNotFound)
            : CheckDocument(consent, entry, reader, includeDeprecated: true, turn, entrance, path);
    }

    /// <summary>The decision with its way.</summary>
    /// <param name="record">The state of the record.</param>
    /// <param name="consent">Of that record.</param>
    /// <param name="asksDocument">False: may the reader read in this record at all?</param>
    /// <param name="entry">The document; null if there is none.</param>
    /// <param name="reader">Who reads.</param>
    /// <param name="turn">The parameters of the turn.</param>
    /// <param name="entrance">How the reader comes in.</param>
    public static AccessVerdict Explain(
        RecordStatus record,
        ConsentState consent,
        bool asksDocument,
        DocumentEntry? entry,
        Reader reader,
        TurnContext turn,
        Entrance entrance)
    {
        var path = new AccessPath();
        path.Pass(AccessStep.Context, "Who reads is known, and in which situation.");
        var outcome = asksDocument
            ? ForReading(record, consent, entry, reader, turn, entrance, path)
            : CheckRecord(record, consent, reader, turn, entrance, path);
        path.End(outcome);
        var isAboutPermit = !entrance.IsEmergency && (outcome.IsAllowed || outcome.Step >= AccessStep.Mode);
        return new AccessVerdict(
            outcome, entrance.IsEmergency, path.Findings, isAboutPermit ? consent.Deciding(reader, turn.Now)?.Number : null);
    }
}
