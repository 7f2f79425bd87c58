using HealthGrains.Grains.Engine;
using HealthGrains.Testing.Suites;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Grains.Tests.Engine;

/// <summary>Enrols the standalone engine.</summary>
public sealed class Standalone_engine : PatientEngineSuite
{
    protected override ValueTask<IGrainEngine> StartAsync(EngineSetup setup) => new(new StandaloneEngine(
        setup.Grains, setup.Time, setup.Logs.CreateLogger<StandaloneEngine>(), setup.Maxima));
}
