using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace HealthGrains.Store.Tests;

/// <summary>Stands between a store and its server and gives sessions numbers of its own, as PgBouncer does: the number that a client
/// knows is not the server's, and a request to cancel is passed on to the session that is meant.</summary>
internal sealed class RenumberingPooler : IAsyncDisposable
{
    private const int CancelCode = 80877102;
    private const int HeadBytes = 8;
    private const int CancelBytes = 16;
    private const int Added = 1_000_000;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EndPoint _server;
    private readonly Task _accepting;

    /// <param name="directory">Where the server's socket lies.</param>
    public RenumberingPooler(string directory)
    {
        _server = new UnixDomainSocketEndPoint(Path.Combine(directory, ".s.PGSQL.5432"));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port; // ! bound above

    /// <summary>Requests to cancel that were passed on.</summary>
    public int Cancels { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var carried = new List<Task>();
        try
        {
            while (true)
                carried.Add(CarryAsync(await _listener.AcceptAsync()));
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await far.ConnectAsync(_server);
        await using var client = new NetworkStream(near, ownsSocket: true);
        await using var server = new NetworkStream(far);
        try
        {
            var first = new byte[CancelBytes];
            await client.ReadExactlyAsync(first.AsMemory(0, HeadBytes));
            if (BinaryPrimitives.ReadInt32BigEndian(first.AsSpan(4)) == CancelCode)
            {
                Cancels++;
                await client.ReadExactlyAsync(first.AsMemory(HeadBytes));
                BinaryPrimitives.WriteInt32BigEndian(first.AsSpan(8), BinaryPrimitives.ReadInt32BigEndian(first.AsSpan(8)) - Added);
                await server.WriteAsync(first);
                return;
            }

            await server.WriteAsync(first.AsMemory(0, HeadBytes));
            var upwards = client.CopyToAsync(server);
            await RenumberAsync(server, client);
            await Task.WhenAny(upwards, server.CopyToAsync(client));
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Either side has ended.
        }
    }

    /// <summary>Passes on what comes before the session is ready, with another number in the message that tells it.</summary>
    private static async Task RenumberAsync(NetworkStream server, NetworkStream client)
    {
        for (var type = 0; type != 'K';)
        {
            var head = new byte[5];
            await server.ReadExactlyAsync(head);
            type = head[0];
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4];
            await server.ReadExactlyAsync(body);
            if (type == 'K')
                BinaryPrimitives.WriteInt32BigEndian(body, BinaryPrimitives.ReadInt32BigEndian(body) + Added);
            await client.WriteAsync(head);
            await client.WriteAsync(body);
        }
    }
}
