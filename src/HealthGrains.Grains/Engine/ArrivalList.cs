namespace HealthGrains.Grains.Engine;

/// <summary>The waiting calls of one priority in the whole engine, in the order of arrival.</summary>
/// <remarks>Linked through the calls. A call leaves it when it leaves its mailbox, so the list is as long as what waits.</remarks>
internal sealed class ArrivalList
{
    private readonly Lock _gate = new();
    private Call? _first;
    private Call? _last;
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(Call call)
    {
        lock (_gate)
        {
            call.ArrivalPrevious = _last;
            if (_last is null)
                _first = call;
            else
                _last.ArrivalNext = call;
            _last = call;
            _count++;
        }
    }

    public void Remove(Call call)
    {
        lock (_gate)
        {
            if (call.ArrivalPrevious is { } before)
                before.ArrivalNext = call.ArrivalNext;
            else
                _first = call.ArrivalNext;
            if (call.ArrivalNext is { } after)
                after.ArrivalPrevious = call.ArrivalPrevious;
            else
                _last = call.ArrivalPrevious;
            call.ArrivalPrevious = null;
            call.ArrivalNext = null;
            _count--;
        }
    }

    /// <summary>Those that arrived at <paramref name="until"/> or before, the oldest first. They may begin meanwhile.</summary>
    public List<Call> ArrivedUntil(long until)
    {
        List<Call> calls = [];
        lock (_gate)
        {
            for (var call = _first; call is not null && call.ArrivedAt <= until; call = call.ArrivalNext)
                calls.Add(call);
        }

        return calls;
    }
}
