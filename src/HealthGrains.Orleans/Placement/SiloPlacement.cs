using System.Text;
using global::Orleans.Placement;
using global::Orleans.Runtime;
using global::Orleans.Runtime.Placement;

namespace HealthGrains.Orleans.Placement;

/// <summary>A grain lives on the silo that its key names, for as long as that is there.</summary>
[Serializable]
[global::Orleans.GenerateSerializer]
[global::Orleans.Immutable]
internal sealed class SiloPlacement : PlacementStrategy;

/// <inheritdoc cref="SiloPlacement"/>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SiloPlacementAttribute() : PlacementAttribute(new SiloPlacement());

/// <summary>Places by name; where that silo is gone, here, and the grain sees that it is out of place.</summary>
internal sealed class SiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var name = Encoding.ASCII.GetString(target.GrainIdentity.Key.AsSpan());
        var silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            Array.Find(silos, silo => silo.ToParsableString() == name)
            ?? (silos.Contains(context.LocalSilo) ? context.LocalSilo : silos[0]));
    }
}
