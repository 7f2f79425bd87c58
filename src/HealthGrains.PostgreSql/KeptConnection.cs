using System.Data;
using Npgsql;

namespace HealthGrains.PostgreSql;

/// <summary>The one connection of a loop, opened when it is needed and kept: its session has the statements parsed, and the
/// server's process the tables at hand. For one user at a time.</summary>
internal sealed class KeptConnection(Database database) : IAsyncDisposable
{
    private NpgsqlConnection? _open;

    /// <summary>Whether it was used before, so that the server may have closed it unseen.</summary>
    public bool IsUsed => _open is not null;

    public async ValueTask<NpgsqlConnection> OpenAsync()
    {
        if (_open is { } open && open.FullState is ConnectionState.Open)
            return open;
        await DropAsync().ConfigureAwait(false);
        return _open = await database.ConnectAsync().ConfigureAwait(false);
    }

    /// <summary>Gives it back; what was open in it is rolled back.</summary>
    public async ValueTask DropAsync()
    {
        var open = _open;
        _open = null;
        if (open is not null)
            await open.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => DropAsync();
}
