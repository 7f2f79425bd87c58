namespace HealthGrains.Rpc;

/// <summary>Whether a service can be used now (gRPC health checking protocol).</summary>
public enum ServingStatus
{
    Unknown = 0,
    Serving = 1,
    NotServing = 2,
}

/// <summary>The statuses that grpc.health.v1 tells. The empty name is the server as a whole; a service of this server
/// without a status of its own has the server's.</summary>
/// <remarks>Thread-safe. The server serves until somebody says otherwise; once it stops, everything is NOT_SERVING for good.</remarks>
public sealed class RpcHealth
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _set = new(StringComparer.Ordinal) { [""] = ServingStatus.Serving };
    private readonly HashSet<string> _known = new(StringComparer.Ordinal) { "" };
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _stopping;

    /// <param name="service">Full name of a service, or empty for the server.</param>
    public void Set(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            if (_stopping || (_set.TryGetValue(service, out ServingStatus before) && before == status))
                return;
            _set[service] = status;
            _known.Add(service);
        }
        Wake();
    }

    /// <summary>The status now, or null for a service that the server does not have.</summary>
    public ServingStatus? Get(string service)
    {
        lock (_lock)
            return StatusOf(service);
    }

    internal bool IsStopping
    {
        get
        {
            lock (_lock)
                return _stopping;
        }
    }

    internal void Know(string service)
    {
        lock (_lock)
            _known.Add(service);
    }

    internal IReadOnlyDictionary<string, ServingStatus> All()
    {
        lock (_lock)
            return _known.ToDictionary(name => name, name => StatusOf(name) ?? ServingStatus.Unknown, StringComparer.Ordinal);
    }

    /// <summary>The status, and a task that completes at the next change of any.</summary>
    internal (ServingStatus? Status, Task Changed) Observe(string service)
    {
        lock (_lock)
            return (StatusOf(service), _changed.Task);
    }

    internal void Shutdown()
    {
        lock (_lock)
            _stopping = true;
        Wake();
    }

    private ServingStatus? StatusOf(string service)
    {
        if (!_known.Contains(service))
            return null;
        if (_stopping)
            return ServingStatus.NotServing;
        return _set.TryGetValue(service, out ServingStatus own) ? own : _set[""];
    }

    private void Wake()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.SetResult();
    }
}
