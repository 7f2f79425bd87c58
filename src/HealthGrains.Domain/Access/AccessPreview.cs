using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Access;

/// <summary>A change that is only tried: one of these.</summary>
public sealed record TriedChange
{
    public RevokeAuthorization? Revoke { get; init; }

    public BlockProfessional? Block { get; init; }

    public UnblockProfessional? Unblock { get; init; }

    public AuthorizeProfessional? Authorize { get; init; }

    public SetEmergencyAccess? Emergency { get; init; }

    public SetConfidentiality? Labels { get; init; }

    public CloseRecord? Close { get; init; }

    internal ConsentCommand? Consent => (ConsentCommand?)Revoke ?? (ConsentCommand?)Block ?? (ConsentCommand?)Unblock
        ?? (ConsentCommand?)Authorize ?? Emergency;

    /// <summary>The same, tried by somebody: it tells nobody what the change itself would not.</summary>
    internal TriedChange As(Actor by) => new()
    {
        Revoke = Revoke is null ? null : Revoke with { By = by },
        Block = Block is null ? null : Block with { By = by },
        Unblock = Unblock is null ? null : Unblock with { By = by },
        Authorize = Authorize is null ? null : Authorize with { By = by },
        Emergency = Emergency is null ? null : Emergency with { By = by },
        Labels = Labels is null ? null : Labels with { By = by },
        Close = Close is null ? null : Close with { By = by },
    };
}

/// <summary>What decisions would rest on after a change: the change is decided by its own rule, and its events are applied to a
/// copy. Nothing of it stays.</summary>
internal sealed class AccessPreview
{
    private readonly ConsentState _consent;

    private AccessPreview(PatientState patient, DocumentEntry? entry)
    {
        Record = patient.Record;
        _consent = patient.Consent.Copy();
        Entry = entry;
    }

    public RecordStatus Record { get; private set; }

    public ConsentState Consent => _consent;

    public DocumentEntry? Entry { get; private set; }

    /// <returns>The refusal that the change would get, in place of a preview.</returns>
    public static (AccessPreview? Preview, Refusal? Refusal) Of(
        PatientState patient, DocumentEntry? entry, TriedChange change, TurnContext turn)
    {
        var (events, refusal) = change switch
        {
            { Consent: { } consent } => Decided(consent.Decide(patient, turn)),
            { Labels: { } labels } => Decided((labels with
            {
                EntryVersion = labels.EntryVersion != ExplainAccess.AnyVersion
                    ? labels.EntryVersion
                    : patient.Index.Find(labels.Id)?.EntryVersion ?? 1,
            }).Decide(patient, turn)),
            { Close: { } close } => Decided(close.Decide(patient, turn)),
            _ => ([], null),
        };
        if (refusal is not null)
            return (null, refusal);
        var preview = new AccessPreview(patient, entry);
        foreach (var one in events)
            preview.Apply(patient, one);
        return (preview, null);
    }

    private static (IReadOnlyList<PatientEvent> Events, Refusal? Refusal) Decided<TAnswer>(
        Decision<PatientState, PatientEvent, TAnswer> decision) => (decision.Events, decision.Refusal);

    // Only what a decision reads; what is owed to time or told to others is none of it.
    private void Apply(PatientState patient, PatientEvent change)
    {
        switch (change)
        {
            case RecordClosed closed:
                Record = new RecordStatus(RecordState.Closed, closed.At, closed.Reason, closed.DeletionRequested);
                break;
            case ConfidentialityChanged labels:
                ApplyLabels(patient, labels);
                break;
            default:
                _consent.TryApply(change);
                break;
        }
    }

    // The document itself takes the new set; an older version of it is covered by what is added.
    private void ApplyLabels(PatientState patient, ConfidentialityChanged change)
    {
        if (Entry is null)
            return;
        if (Entry.Id == change.DocumentId)
        {
            Entry = Entry with { Metadata = Entry.Metadata with { Confidentiality = change.Labels } };
            return;
        }

        for (var id = patient.Index.Find(change.DocumentId)?.Replaces; id is { } older; id = patient.Index.Find(older)?.Replaces)
        {
            if (older == Entry.Id)
            {
                Entry = Entry with
                {
                    Metadata = Entry.Metadata with { Confidentiality = Entry.Metadata.Confidentiality | (change.Covers ?? change.Labels) },
                };
            }
        }
    }
}
