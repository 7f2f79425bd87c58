using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Services.Admission;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Services;

/// <summary>What the services stand on. They know no concrete store and no concrete engine.</summary>
/// <param name="Engine">Asks grains.</param>
/// <param name="Store">Read for contents, verification and the log; written only through grains.</param>
/// <param name="Feed">Wakes watchers.</param>
/// <param name="Policy">The parameters of the rules.</param>
/// <param name="Identity">Realm, and leniency of check digits.</param>
/// <param name="Time">Of every time that is told and waited for.</param>
/// <param name="PageTokenKey">At least 32 bytes, random, the same for every process that serves the same callers. Page tokens
/// and the pseudonyms of <c>TailLog</c> come from it.</param>
/// <param name="Loggers">For <see cref="ServicesLog"/>.</param>
/// <param name="About">For <c>GetStatus</c>.</param>
public sealed record ServiceDependencies(
    IGrainEngine Engine,
    IJournalStore Store,
    IChangeFeed Feed,
    DomainPolicy Policy,
    IdentityRules Identity,
    TimeProvider Time,
    byte[] PageTokenKey,
    ILoggerFactory Loggers,
    AboutServer About)
{
    /// <summary>Large contents.</summary>
    public required IContentStore Contents { get; init; }

    /// <summary>Rows by key, in the same place as the journals.</summary>
    public required IKeyedRows Keys { get; init; }

    public CodeSets Codes { get; init; } = CodeSets.Current;

    /// <summary>Name and time of the event in a journal's entry, and nothing that it says.</summary>
    /// <remarks>Throws <see cref="FormatException"/> for a body that this version cannot read.</remarks>
    public Func<JournalKind, ReadOnlyMemory<byte>, (string Type, DateTimeOffset At)> DescribeEvent { get; init; } =
        static (kind, body) => EntrySummary.Of(kind, body) is var summary ? (summary.EventType, summary.At) : default;

    /// <summary>How far each shard is routed; null where no router runs in this process.</summary>
    public Func<IReadOnlyList<RouterProgress>>? RouterProgress { get; init; }

    /// <summary>Has this process's router try a recipient again at once: its shard, and the name of its journal. Null where no
    /// router runs in this process.</summary>
    public Action<int, string>? WakeDelivery { get; init; }

    /// <summary>Whether the first structure is listed as a depositor for the second (data file
    /// <c>delegated-depositors</c>); null: nobody is.</summary>
    public Func<StructureId, StructureId, bool>? DepositsFor { get; init; }

    /// <summary>Who is let in when many come; null for one with <see cref="AdmissionRules.Bench"/>. Whoever serves the services
    /// also asks it at the door (<see cref="AdmissionDesk.AtTheDoor"/>).</summary>
    public AdmissionDesk? Admission { get; init; }

    /// <summary>Counters; null for new ones on the meter of this process.</summary>
    public ServicesInstruments? Instruments { get; init; }
}

/// <summary>What a server says of itself.</summary>
/// <param name="Version">Of the software.</param>
/// <param name="StoreKind"><c>memory</c>, <c>sqlite</c>, <c>postgresql</c>.</param>
/// <param name="EngineKind"><c>standalone</c>, <c>orleans</c>.</param>
public sealed record AboutServer(string Version, DateTimeOffset StartedAt, string StoreKind, string EngineKind);

/// <summary>How far one shard's log is routed.</summary>
/// <param name="Checkpoint">Durable: everything up to this position was delivered.</param>
/// <param name="MovedAt">When it last moved; null since the start.</param>
public readonly record struct RouterProgress(int Shard, long Checkpoint, DateTimeOffset? MovedAt);
