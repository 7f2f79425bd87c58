using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>How many requests of one stream are under way for one patient: the rest wait here, in the stream, which is read
/// no further while it is full.</summary>
internal sealed class PatientLanes(int width)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PatientId, Lane> _lanes = [];

    /// <summary>Waits for a place; disposing what it returns gives it back.</summary>
    public async ValueTask<IDisposable> EnterAsync(PatientId patient, CancellationToken waiting)
    {
        Lane lane;
        lock (_gate)
        {
            if (!_lanes.TryGetValue(patient, out lane!)) // ! set below when it is not there
                _lanes.Add(patient, lane = new Lane(this, patient, width));
            lane.Users++;
        }

        try
        {
            await lane.Places.WaitAsync(waiting);
        }
        catch
        {
            Leave(lane);
            throw;
        }

        return lane;
    }

    // A lane lives while somebody is in it or waits for it, so a stream over millions of patients holds a few.
    private void Leave(Lane lane)
    {
        lock (_gate)
        {
            if (--lane.Users > 0)
                return;
            _lanes.Remove(lane.Patient);
        }

        lane.Places.Dispose();
    }

    private sealed class Lane(PatientLanes lanes, PatientId patient, int width) : IDisposable
    {
        public PatientId Patient { get; } = patient;

        public SemaphoreSlim Places { get; } = new(width);

        /// <summary>In it or waiting; under the gate.</summary>
        public int Users { get; set; }

        public void Dispose()
        {
            Places.Release();
            lanes.Leave(this);
        }
    }
}
