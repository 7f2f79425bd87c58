using HealthGrains.Grains.Engine;
using HealthGrains.Orleans.Placement;
using HealthGrains.Orleans.Routing;

namespace HealthGrains.Orleans;

/// <summary>What the grains of one silo share: the engine that runs their turns, and what the silo knows of the cluster.</summary>
internal sealed record SiloParts(
    StandaloneEngine Turns, GrainKeys Keys, Residents Residents, RouterHost Routing, Members Members);
