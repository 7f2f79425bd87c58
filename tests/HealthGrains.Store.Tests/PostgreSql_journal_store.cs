using HealthGrains.PostgreSql;
using HealthGrains.Testing;
using Xunit;

namespace HealthGrains.Store.Tests;

[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_journal_store(PostgreSqlServer server) : PostgreSqlEnrolment(server);

/// <summary>The same with commits of three turns, a short queue and few shards.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_journal_store_with_tiny_batches(PostgreSqlServer server) : PostgreSqlEnrolment(server)
{
    protected override int CommitTurnsMax => 3;

    private protected override PostgreSqlStoreOptions Options => base.Options with
    {
        Shards = 5,
        CommitTurnsMax = 3,
        QueuedTurnsMax = 2_500,
    };
}

/// <summary>The same where every commit reads under locks, as it does beside other processes.</summary>
[Collection(PostgreSqlTests.Name)]
[RequiresEnvironment(PostgreSqlServer.Variable, OrProgram = PostgreSqlServer.Program)]
public sealed class PostgreSql_journal_store_under_locks(PostgreSqlServer server) : PostgreSqlEnrolment(server)
{
    private protected override PostgreSqlStoreOptions Options => base.Options with { AlwaysLock = true };
}
