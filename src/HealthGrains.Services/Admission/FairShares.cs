using System.Runtime.InteropServices;

namespace HealthGrains.Services.Admission;

/// <summary>Calls under way of each organisation, and who has more than a fair share of them.</summary>
/// <remarks>While turns are quick nobody asks. Once the expected wait passes <see cref="AdmissionLimits.FairShareFrom"/>, an
/// organisation that has more calls under way than all of them divided by the organisations that have any gets no further
/// one, and the greedy are refused long before submissions are refused to everybody. <see cref="AdmissionLimits.FairShareFloor"/>
/// calls are never too many.</remarks>
internal sealed class FairShares
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _underWay = new(StringComparer.Ordinal);
    private int _total;

    /// <summary>Organisations with calls under way.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _underWay.Count;
        }
    }

    /// <returns>False: too many already. True: <see cref="Leave"/> is owed.</returns>
    public bool TryEnter(string organization, TimeSpan expectedWait)
    {
        lock (_gate)
        {
            if (expectedWait >= AdmissionLimits.FairShareFrom)
            {
                var mine = _underWay.GetValueOrDefault(organization);
                var parties = _underWay.Count + (mine == 0 ? 1 : 0);
                if (mine >= AdmissionLimits.FairShareFloor && (long)mine * parties > _total)
                    return false;
            }

            CollectionsMarshal.GetValueRefOrAddDefault(_underWay, organization, out _)++;
            _total++;
            return true;
        }
    }

    public void Leave(string organization)
    {
        lock (_gate)
        {
            ref var mine = ref CollectionsMarshal.GetValueRefOrNullRef(_underWay, organization);
            _total--;
            if (--mine == 0)
                _underWay.Remove(organization);
        }
    }
}
