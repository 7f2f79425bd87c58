namespace HealthGrains.Grains.Journal;

/// <summary>What a store may fail with: a closed set. Messages never hold a journal id, a body or SQL.</summary>
public abstract class JournalException : Exception
{
    private protected JournalException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}

/// <summary>Another writer was first: the expected version, or the checkpoint, is stale. Nothing was written.</summary>
public sealed class JournalConflictException(string message) : JournalException(message, null);

/// <summary>Nothing was written or read; a retry may succeed.</summary>
public sealed class JournalUnavailableException(
    string message, JournalUnavailableReason reason = JournalUnavailableReason.Busy, Exception? inner = null)
    : JournalException(message, inner)
{
    public JournalUnavailableReason Reason { get; } = reason;
}

/// <summary>Why a store cannot serve now.</summary>
public enum JournalUnavailableReason
{
    /// <summary>Its queue is full: shed load.</summary>
    Busy,

    /// <summary>The disk is full: submissions wait until there is room.</summary>
    DiskFull,

    /// <summary>The database does not answer, or the store has stopped itself.</summary>
    Away,
}

/// <summary>The turn may have been written or not: only reading the journal again tells.</summary>
public sealed class JournalOutcomeUnknownException(string message, Exception? inner = null) : JournalException(message, inner);

/// <summary>What is stored is not what was written.</summary>
public sealed class JournalDamagedException(JournalDamage damage) : JournalException(damage.What, null)
{
    public JournalDamage Damage { get; } = damage;
}
