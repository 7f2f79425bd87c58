using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;

namespace HealthGrains.Services.Streams;

/// <summary>Counts the watching streams of each identity and refuses the newest beyond the limit.</summary>
internal sealed class StreamPlaces
{
    private static readonly Refusal Full = new(
        RefusalCode.Overloaded,
        $"At most {ServiceLimits.StreamsPerIdentityMax} streams of one identity watch at a time: close one first.");

    private static readonly Refusal FullProcess = new(RefusalCode.Overloaded, "Too many watch on this process.");

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <param name="identity">The caller's key. It is kept only while one of its streams is open.</param>
    /// <returns>To be disposed with the stream.</returns>
    /// <exception cref="RpcException">OVERLOADED.</exception>
    public Place Take(string identity)
    {
        lock (_gate)
        {
            var taken = _taken.GetValueOrDefault(identity);
            if (taken >= ServiceLimits.StreamsPerIdentityMax)
                throw RefusalStatus.Of(Full);
            if (taken == 0 && _taken.Count >= ServiceLimits.WatchingIdentitiesMax)
                throw RefusalStatus.Of(FullProcess);
            _taken[identity] = taken + 1;
        }

        return new Place(this, identity);
    }

    private void Give(string identity)
    {
        lock (_gate)
        {
            if (--_taken[identity] == 0)
                _taken.Remove(identity);
        }
    }

    internal sealed class Place(StreamPlaces places, string identity) : IDisposable
    {
        private bool _given;

        public void Dispose()
        {
            if (_given)
                return;
            _given = true;
            places.Give(identity);
        }
    }
}
