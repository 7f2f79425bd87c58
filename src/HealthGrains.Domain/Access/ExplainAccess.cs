using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>Which rule allows or refuses whom, and what a change would change. Reads no document; it leaves a trace where an
/// emergency is tried, and where somebody else asks in the person's name.</summary>
/// <param name="By">The patient's side, who may ask about anybody; or a professional, who is told about himself or herself.</param>
/// <param name="Subject">Whose access; null for everybody whom the record knows. Of a professional who asks: the caller.</param>
/// <param name="Document">Null: reading in the record at all.</param>
/// <param name="Entrance">The way in that is tried; an emergency that is only tried is none, and nobody is told.</param>
/// <param name="Change">Tried too, by the patient's side; null for none.</param>
/// <remarks>A professional is told of a document that is hidden, that was withdrawn and that never was in the same words, in the
/// same number of them: what the decision found about the document itself stays inside.</remarks>
public sealed record ExplainAccess(
    Actor By, Reader? Subject, DocumentId? Document, Entrance Entrance, TriedChange? Change) : PatientCommand<AccessExplanation>
{
    /// <summary>Readers in one answer; of more, the rest is counted.</summary>
    public const int ViewersMax = 200;

    /// <summary>Of labels that are tried: on the entry as it is.</summary>
    public const int AnyVersion = 0;

    private const string AnyReason = "-";

    private static readonly ProfessionCode Physician = ProfessionCode.Parse("10^" + ProfessionCode.HealthProfessions);

    public override TurnPriority Priority =>
        By.Kind == ActorKind.Professional ? TurnPriority.ProfessionalRead : TurnPriority.PatientRead;

    public override Decision<PatientState, PatientEvent, AccessExplanation> Decide(PatientState state, TurnContext turn)
    {
        var entry = Document is { } id ? state.Index.Find(id) : null;
        if (By.Kind == ActorKind.Professional)
        {
            var own = Verdict(state, entry, PatientState.ReaderOf(By), Entrance, turn);
            var told = new AccessExplanation(Blurred(own), turn.Matrix.Version, turn.Now);

            // An emergency that is only tried says what the patient's flags let in: the patient sees that it was asked.
            return Entrance.IsEmergency && !state.Record.IsUnknown
                ? Emit([ReaderTurn.Trace(state, turn, By, AccessAction.Explain, [], told.Verdict!.Outcome, Entrance)], _ => told) // ! just given
                : Reply(told);
        }

        var side = PatientSide.Decide(state, By, PatientAct.ReadConsents, turn);
        if (side.Refusal is { } refusal)
            return Refuse(refusal, PatientSide.Traces(state, turn, By, AccessAction.ReadConsents, [], side.Step, refusal));
        if (Document is not null && (entry is null || !side.Sees(entry)))
            return Refuse(AccessDecision.DocumentNotFound);

        AccessPreview? preview = null;
        if (Change is not null)
        {
            (preview, var no) = AccessPreview.Of(state, entry, Change.As(By), turn);
            if (no is not null)
                return Refuse(no);
        }

        var verdict = Subject is { } subject ? Verdict(state, entry, subject, Entrance, turn) : null;
        var (viewers, leftOut) = Subject is null ? Viewers(state, state.AccessesOf(side.Audience), preview, entry, turn) : ([], 0);
        var explanation = new AccessExplanation(verdict, turn.Matrix.Version, turn.Now)
        {
            After = Subject is { } same && preview is not null ? Verdict(preview, same, Entrance, turn) : null,
            ConsentVersion = state.Consent.Version,
            Viewers = viewers,
            LeftOut = leftOut,
        };
        var traces = PatientSide.Traces(state, turn, By, AccessAction.ReadConsents, [], side.Step);
        return traces.Count == 0 ? Reply(explanation) : Emit(traces, _ => explanation);
    }

    // From the first step about the document on there is one sentence for whatever is not to be seen.
    private static AccessVerdict Blurred(AccessVerdict verdict) =>
        verdict.Outcome.Refusal?.Code != RefusalCode.DocumentNotFound
            ? verdict
            : verdict with
            {
                Outcome = new AccessOutcome(AccessStep.Status, AccessDecision.DocumentNotFound),
                Findings =
                [
                    .. verdict.Findings.Where(finding => finding.Step <= AccessStep.Mode),
                    new AccessFinding(AccessStep.Status, false, AccessDecision.DocumentNotFound.Message),
                ],
            };

    private AccessVerdict Verdict(PatientState state, DocumentEntry? entry, Reader reader, Entrance entrance, TurnContext turn) =>
        AccessDecision.Explain(state.Record, state.Consent, Document is not null, entry, reader, turn, entrance);

    private AccessVerdict Verdict(AccessPreview preview, Reader reader, Entrance entrance, TurnContext turn) =>
        AccessDecision.Explain(preview.Record, preview.Consent, Document is not null, preview.Entry, reader, turn, entrance);

    // Who is left out is counted and not decided about: it is one turn, and a record may know ten thousand.
    private (List<Viewer> Shown, int LeftOut) Viewers(
        PatientState state, IReadOnlyList<TracedAccess> accesses, AccessPreview? preview, DocumentEntry? entry, TurnContext turn)
    {
        var hats = HatsOf(state, accesses);
        var viewers = new List<Viewer>();
        var professionals = ProfessionalsOf(state, preview, entry, turn).ToList();
        var structures = StructuresOf(state, preview, turn);
        AccessMode[] modes = [AccessMode.Emergency, AccessMode.RegulationCentre];
        foreach (var id in professionals.Take(ViewersMax))
        {
            var isKnown = hats.TryGetValue(id, out var hat);
            var reader = isKnown ? hat : new Reader(ProfessionalId.Parse(id), Physician, default);
            viewers.Add(Seen(reader, Entrance.Normal) with
            {
                Professional = id, IsProfessionAssumed = !isKnown, Name = NameOf(state, accesses, HolderKind.Professional, id),
            });
        }

        foreach (var structure in structures.Take(ViewersMax - viewers.Count))
        {
            viewers.Add(Seen(new Reader(default, Physician, StructureId.Parse(structure)), Entrance.Normal) with
            {
                Structure = structure, IsProfessionAssumed = true, Name = NameOf(state, accesses, HolderKind.Organization, structure),
            });
        }

        foreach (var mode in modes.Take(ViewersMax - viewers.Count))
        {
            viewers.Add(Seen(new Reader(default, Physician, default), new Entrance(mode, AnyReason, true)) with
            {
                Emergency = mode, IsProfessionAssumed = true,
            });
        }

        return (viewers, professionals.Count + structures.Count + modes.Length - viewers.Count);

        Viewer Seen(Reader reader, Entrance entrance) => new(
            reader.Profession,
            Verdict(state, entry, reader, entrance, turn),
            preview is null ? null : Verdict(preview, reader, entrance, turn));
    }

    // Of the accesses that the caller is shown: the situation in which a professional last came is the best guess at that of the next time.
    private static Dictionary<string, Reader> HatsOf(PatientState state, IReadOnlyList<TracedAccess> accesses)
    {
        var hats = new Dictionary<string, Reader>(StringComparer.Ordinal);
        foreach (var (id, follower) in state.Followers)
            hats[id] = follower.Reader;
        foreach (var access in accesses)
        {
            if (access.By.Kind == ActorKind.Professional)
                hats[access.By.Id] = PatientState.ReaderOf(access.By);
        }

        return hats;
    }

    private static IEnumerable<string> ProfessionalsOf(
        PatientState state, AccessPreview? preview, DocumentEntry? entry, TurnContext turn)
    {
        var ids = new SortedSet<string>(StringComparer.Ordinal);
        ids.UnionWith(HoldersOf(state.Consent, HolderKind.Professional, turn));
        ids.UnionWith(state.Consent.Blocked.Keys);
        ids.UnionWith(state.Followers.Keys);
        if (preview is not null)
        {
            ids.UnionWith(HoldersOf(preview.Consent, HolderKind.Professional, turn));
            ids.UnionWith(preview.Consent.Blocked.Keys);
        }

        foreach (var author in entry?.Metadata.Authors ?? [])
            ids.Add(author.Id);
        return ids.Where(id => ProfessionalId.TryParse(id, out _));
    }

    private static SortedSet<string> StructuresOf(PatientState state, AccessPreview? preview, TurnContext turn)
    {
        var ids = new SortedSet<string>(HoldersOf(state.Consent, HolderKind.Organization, turn), StringComparer.Ordinal);
        if (preview is not null)
            ids.UnionWith(HoldersOf(preview.Consent, HolderKind.Organization, turn));
        return ids;
    }

    // As the patient called the holder; else as the reader was last named in a trace.
    private static string NameOf(PatientState state, IReadOnlyList<TracedAccess> accesses, HolderKind kind, string id) =>
        state.Consent.Authorizations.LastOrDefault(word => word.Holder == kind && word.HolderId == id && word.HolderName.Length > 0)
            ?.HolderName
        ?? accesses.LastOrDefault(access => access.By.Id == id && kind == HolderKind.Professional)?.By.Name
        ?? "";

    private static IEnumerable<string> HoldersOf(ConsentState consent, HolderKind kind, TurnContext turn) =>
        consent.Authorizations.Where(word => word.Holder == kind && !word.HasEnded(turn.Now)).Select(word => word.HolderId);
}

/// <summary>Why somebody may read, or may not.</summary>
/// <param name="Verdict">Of the one who was asked about; null where everybody was.</param>
/// <param name="At">When this was true.</param>
public sealed record AccessExplanation(AccessVerdict? Verdict, string MatrixVersion, DateTimeOffset At)
{
    /// <summary>The same after the change that was tried; null if none was.</summary>
    public AccessVerdict? After { get; init; }

    /// <summary>Counts the changes of consent; 0 for a professional, whom it would tell of words about others.</summary>
    public long ConsentVersion { get; init; }

    /// <summary>Everybody whom the record knows, then the two ways in of an emergency.</summary>
    public IReadOnlyList<Viewer> Viewers { get; init; } = [];

    /// <summary>How many more there are.</summary>
    public int LeftOut { get; init; }
}

/// <summary>One possible reader: a professional, whoever acts in a structure, or whoever comes in an emergency.</summary>
/// <param name="Profession">The one that the verdict is for.</param>
/// <param name="After">After the change that was tried; null if none was.</param>
public sealed record Viewer(ProfessionCode Profession, AccessVerdict Verdict, AccessVerdict? After)
{
    /// <summary>IdNat_PS, or null.</summary>
    public string? Professional { get; init; }

    /// <summary>Struct_IdNat, or null.</summary>
    public string? Structure { get; init; }

    public AccessMode? Emergency { get; init; }

    /// <summary>For display, as far as known.</summary>
    public string Name { get; init; } = "";

    /// <summary>Nobody stated a profession yet: the verdict is for a physician, who may read the most.</summary>
    public bool IsProfessionAssumed { get; init; }
}
