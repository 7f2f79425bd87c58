using System.Net.Sockets;
using HealthGrains.Grains.Journal;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>What the failures of Npgsql mean to the port. Messages hold no SQL and no id.</summary>
internal static class Failures
{
    /// <summary>The SQLSTATE of our own function: what a commit stood on has changed, and nothing was written.</summary>
    public const string AnotherWroteState = "HG001";

    /// <summary>The SQLSTATE by which the database refuses a process whose place others have taken, and nothing was written.</summary>
    public const string Fenced = "HG003";

    /// <summary>A commit that was made from memory is to be made again under locks, which tell who is right. So is one that waited
    /// for another process where a role or a database asks for an isolation that does not let it see what that wrote: the locks
    /// are taken with the isolation that we need.</summary>
    public static bool IsBehind(Exception failure) => IsRolledBack(failure)
        && (failure is PostgresException { SqlState: AnotherWroteState or PostgresErrorCodes.SerializationFailure } || IsDamage(failure));

    /// <summary>Everything that a database, a network or a pool can throw at us. Argument errors are our own bugs.</summary>
    public static bool IsDatabase(Exception failure) => failure is NpgsqlException or IOException or SocketException
        or TimeoutException or InvalidOperationException or InvalidCastException or OperationCanceledException;

    /// <summary>The session is gone or unusable: a restart, a promotion, a broken line. Another connection may work.</summary>
    public static bool IsConnection(Exception failure) => failure switch
    {
        // Class 57P: shut down, crashed, starting; 25006: this server became, or is, a standby; 25P03: ended for its silence.
        PostgresException server => IsFatal(server)
            || server.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || server.SqlState.StartsWith("08", StringComparison.Ordinal)
            || server.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction,
        NpgsqlException or IOException or SocketException => true,
        _ => false,
    };

    /// <summary>The server refused a statement inside a live session, so the transaction it belonged to wrote nothing. Any
    /// other failure of a commit leaves its outcome unknown.</summary>
    public static bool IsRolledBack(Exception failure) => failure is PostgresException server && !IsConnection(server);

    /// <summary>The rows do not fit each other, or a page is unreadable: one request stands on damage, not the database.</summary>
    public static bool IsDamage(Exception failure) => failure is PostgresException server
        && (server.SqlState.StartsWith("23", StringComparison.Ordinal)
            || server.SqlState.StartsWith("XX", StringComparison.Ordinal));

    /// <summary>For a read, or a write of which nothing was written.</summary>
    public static JournalException Unavailable(Exception failure) => failure switch
    {
        JournalException known => known,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new JournalUnavailableException(
            "The database's disk is full.", JournalUnavailableReason.DiskFull, failure),
        PostgresException
        {
            SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected
                or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.TooManyConnections
                or PostgresErrorCodes.QueryCanceled,
        } => new JournalUnavailableException("The database is busy.", JournalUnavailableReason.Busy, failure),
        PostgresException { SqlState: Fenced } => new JournalUnavailableException(
            "Others have taken the place of this process.", JournalUnavailableReason.Away, failure),
        _ => new JournalUnavailableException(
            "The database does not answer.", JournalUnavailableReason.Away, failure),
    };

    private static bool IsFatal(PostgresException failure) => failure.InvariantSeverity is "FATAL" or "PANIC";
}
