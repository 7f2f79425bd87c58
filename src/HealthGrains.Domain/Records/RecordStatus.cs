namespace HealthGrains.Domain.Records;

/// <summary>The life of a record. Stored: never renumbered.</summary>
public enum RecordState
{
    /// <summary>There is none.</summary>
    Absent = 0,

    /// <summary>Announced to the person, who may oppose.</summary>
    Announced = 1,

    /// <summary>The person opposed; to others it looks like <see cref="Absent"/>.</summary>
    Opposed = 2,

    /// <summary>Fed and read by professionals; the person has not come yet.</summary>
    OpenNotActivated = 3,

    OpenActivated = 4,

    Closed = 5,

    Destroyed = 6,
}

/// <summary>A record's state with what goes with it.</summary>
/// <param name="Since">When it came into this state.</param>
/// <param name="ClosingReason">Empty unless closed.</param>
public sealed record RecordStatus(
    RecordState State, DateTimeOffset? Since, string ClosingReason, bool DeletionRequested)
{
    public static readonly RecordStatus Absent = new(RecordState.Absent, null, "", false);

    /// <summary>Deposits and professional reading are possible.</summary>
    public bool IsOpen => State is RecordState.OpenNotActivated or RecordState.OpenActivated;

    /// <summary>A record that others are not told apart from none.</summary>
    public bool IsUnknown =>
        State is RecordState.Absent or RecordState.Announced or RecordState.Opposed or RecordState.Destroyed;
}

/// <summary>Identity traits as a document states them. They identify nobody here: the INS does.</summary>
/// <param name="BirthDate">yyyyMMdd.</param>
/// <param name="Sex">As coded: M, F, or another code.</param>
public sealed record PatientTraits(string BirthName, string FirstName, string Sex, string BirthDate)
{
    /// <summary>Whether two statements can be of one person: sex and birth date equal, birth names equal but for case,
    /// accents, spaces and hyphens.</summary>
    public bool Fits(PatientTraits other) =>
        BirthDate == other.BirthDate
        && Sex == other.Sex
        && string.Equals(NameFolding.Fold(BirthName), NameFolding.Fold(other.BirthName), StringComparison.Ordinal);
}
