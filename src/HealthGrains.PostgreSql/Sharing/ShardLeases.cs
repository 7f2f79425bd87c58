using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using Npgsql;

namespace HealthGrains.PostgreSql.Sharing;

/// <summary>The leases of one process, in the tables <c>lease</c> and <c>process</c> (Migrating/LeaseFunctions.cs).</summary>
internal sealed class ShardLeases(Database database) : IShardLeases
{
    // Drawn once for this store object: a process that starts again is another owner.
    private readonly Guid _me = Guid.NewGuid();

    public async ValueTask<IReadOnlyList<ShardLease>> RenewAsync(CancellationToken cancellation) =>
        await database.ReadAsync<IReadOnlyList<ShardLease>>(
            async (connection, token) =>
            {
                using var command = new NpgsqlCommand("SELECT held_shard, held_epoch FROM renew_leases($1, $2)", connection)
                {
                    // An answer that comes later than this is of leases that have run out.
                    CommandTimeout = (int)RoutingLimits.LeaseTerm.TotalSeconds,
                    Parameters = { Sql.Uuid(_me), Sql.Interval(RoutingLimits.LeaseTerm) },
                };
                var reader = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
                await using var _ = reader.ConfigureAwait(false);
                var held = new List<ShardLease>();
                while (await reader.ReadAsync(token).ConfigureAwait(false))
                    held.Add(new ShardLease(reader.GetInt32(0), reader.GetInt64(1)));
                return held;
            },
            cancellation).ConfigureAwait(false);

    public async ValueTask MoveCheckpointAsync(ShardLease lease, CheckpointMove move, CancellationToken shutdown)
    {
        // Once more on a new line would find its own first try and call it a conflict; the router looks then, and goes on.
        var outcome = await database.ReadAsync(
            async (connection, _) =>
            {
                using var command = new NpgsqlCommand("SELECT move_checkpoint($1, $2, $3, $4, $5, $6, $7)", connection)
                {
                    CommandTimeout = 0,
                    Parameters =
                    {
                        Sql.Text(move.Name), Sql.Integer(move.Shard), Sql.Long(move.Expected), Sql.Long(move.Next),
                        Sql.Long(RowSeal.OfCheckpoint(move.Name, move.Shard, move.Next)), Sql.Uuid(_me), Sql.Long(lease.Epoch),
                    },
                };
                return (int)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!; // ! never null
            },
            shutdown).ConfigureAwait(false);
        switch (outcome)
        {
            case 1:
                throw new JournalConflictException("The checkpoint stands at another position than expected.");
            case 2:
                throw new LeaseLostException();
        }
    }

    public async ValueTask ReleaseAsync(CancellationToken cancellation) => await database.ReadAsync(
        async (connection, token) =>
        {
            using var command = new NpgsqlCommand("SELECT release_leases($1)", connection) { Parameters = { Sql.Uuid(_me) } };
            return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        },
        cancellation).ConfigureAwait(false);
}
