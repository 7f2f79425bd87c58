using System.Text.Json.Serialization;
using HealthGrains.Orleans.Calls;
using HealthGrains.Testing.Suites;

namespace HealthGrains.Orleans.Tests;

/// <summary>The suite's own commands, so that they too cross silos.</summary>
internal static class SuiteCommands
{
    public static CommandCatalog Catalog { get; } = new CommandCatalog.Builder()
        .Add<Tally, TallyEvent, TallyAnswer, Count>(SuiteJson.Default.Count, SuiteJson.Default.TallyAnswer)
        .Add<Tally, TallyEvent, TallyAnswer, KnockInVain>(SuiteJson.Default.KnockInVain, SuiteJson.Default.TallyAnswer)
        .Add<Tally, TallyEvent, TallyAnswer, Look>(SuiteJson.Default.Look, SuiteJson.Default.TallyAnswer)
        .Add<Tally, TallyEvent, TallyAnswer, Stumble>(SuiteJson.Default.Stumble, SuiteJson.Default.TallyAnswer)
        .Add<Stranger, TallyEvent, TallyAnswer, AskStranger>(SuiteJson.Default.AskStranger, SuiteJson.Default.TallyAnswer)
        .Build();
}

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(Count))]
[JsonSerializable(typeof(KnockInVain))]
[JsonSerializable(typeof(Look))]
[JsonSerializable(typeof(Stumble))]
[JsonSerializable(typeof(AskStranger))]
[JsonSerializable(typeof(TallyAnswer))]
internal sealed partial class SuiteJson : JsonSerializerContext;
