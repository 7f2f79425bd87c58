using System.Collections.Concurrent;
using System.Net;

namespace HealthGrains.Rpc.Connections;

/// <summary>Open connections, in total and by address.</summary>
internal sealed class ConnectionCounts
{
    private readonly ConcurrentDictionary<IPAddress, int> _byAddress = new();
    private int _total;

    public int Total => Volatile.Read(ref _total);

    /// <summary>The name of the limit that forbids one more connection, or null and it is counted.</summary>
    public string? TryAdd(IPAddress? address, int totalMax, int perAddressMax)
    {
        if (Interlocked.Increment(ref _total) > totalMax)
        {
            Interlocked.Decrement(ref _total);
            return nameof(RpcTransportOptions.ConnectionsMax);
        }
        if (address is not null && _byAddress.AddOrUpdate(address, 1, static (_, n) => n + 1) > perAddressMax)
        {
            Remove(address);
            return nameof(RpcTransportOptions.ConnectionsPerAddressMax);
        }
        return null;
    }

    public void Remove(IPAddress? address)
    {
        Interlocked.Decrement(ref _total);
        if (address is null)
            return;
        // An address without connections is forgotten; losing the race against a new one only keeps the entry.
        if (_byAddress.AddOrUpdate(address, 0, static (_, n) => n - 1) == 0)
            _byAddress.TryRemove(KeyValuePair.Create(address, 0));
    }
}
