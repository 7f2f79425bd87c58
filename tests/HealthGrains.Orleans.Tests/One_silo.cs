using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Journal;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Orleans.Tests;

/// <summary>Enrols a cluster of one silo.</summary>
public sealed class One_silo : PatientEngineSuite
{
    protected override bool KeepsOrderOfUnawaitedCalls => false;

    protected override async ValueTask<IGrainEngine> StartAsync(EngineSetup setup)
    {
        var here = Silos.FreeEndpoint();
        return await Silos.StartAsync(setup, new MemoryJournalStore(), here, here);
    }
}
