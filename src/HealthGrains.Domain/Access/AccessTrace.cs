using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Access;

/// <summary>What was done. Stored: never renumbered.</summary>
public enum AccessAction
{
    /// <summary>Looked at the status of the record.</summary>
    ReadRecord = 1,

    /// <summary>Looked at the index, or at a page of it.</summary>
    ListDocuments = 2,

    /// <summary>Looked at one entry of the index.</summary>
    ReadEntry = 3,

    /// <summary>Opened the content of a document.</summary>
    ReadContent = 4,

    /// <summary>Changed who may see a document.</summary>
    SetLabels = 5,

    /// <summary>Asked to be told of new documents, and was refused: who may do so shows in the list of followers.</summary>
    Follow = 20,

    /// <summary>Stated a right to read, and was refused: who may shows in the list of authorisations.</summary>
    Authorize = 21,

    /// <summary>Took the record along, the person as well as who acts for the person.</summary>
    Export = 30,

    /// <summary>Looked at the consents, in the person's name.</summary>
    ReadConsents = 70,

    /// <summary>Looked at who read what, in the person's name.</summary>
    ReadTraces = 71,

    /// <summary>Wanted to deposit or to withdraw in the person's name, and was refused: who did shows in the document.</summary>
    Deposit = 72,

    /// <summary>Wanted to decide in the person's name, and was refused: who did shows in the consents.</summary>
    ChangeConsents = 73,

    /// <summary>Asked whether an emergency would be let in. Nothing was read, and nobody is told at once.</summary>
    Explain = 74,

    /// <summary>Support recorded, or ended, who represents the person, as health insurance knows it.</summary>
    SupportDelegates = 75,

    /// <summary>Support recorded the family doctor, as health insurance knows it.</summary>
    SupportPhysician = 76,

    /// <summary>Support had the record verified: what is stored was read by the server, and shown to nobody.</summary>
    SupportVerify = 77,

    /// <summary>Support made another number one of this record.</summary>
    SupportAlias = 78,
}

/// <summary>How the reader came in. Stored: never renumbered.</summary>
public enum AccessMode
{
    Normal = 1,

    /// <summary>Bris de glace.</summary>
    Emergency = 2,

    /// <summary>The emergency call centre.</summary>
    RegulationCentre = 3,
}

/// <summary>One access, granted or refused, as the patient sees it.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Documents">Which documents, at most one page of them.</param>
/// <param name="Mode">How the reader came in.</param>
/// <param name="Reason">The reader's words where the mode asks for them; else empty.</param>
/// <param name="Refused">Why it was refused; null when it was allowed.</param>
/// <param name="Step">The step of the decision that answered; see <see cref="AccessDecision"/>.</param>
/// <param name="MatrixVersion">The habilitation matrix that was applied; empty where none was.</param>
public sealed record AccessTrace(
    AccessAction Action,
    IReadOnlyList<DocumentId> Documents,
    AccessMode Mode,
    string Reason,
    RefusalCode? Refused,
    AccessStep Step,
    string MatrixVersion)
{
    /// <summary>It happened in a secret session: representatives and caregivers are not shown it.</summary>
    public bool Secret { get; init; }
}
