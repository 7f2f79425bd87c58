using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains;
using HealthGrains.Grains.Contents;
using HealthGrains.Grains.Engine;
using HealthGrains.Grains.Feed;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Senders;
using HealthGrains.Rpc;
using HealthGrains.Services.Admission;
using HealthGrains.Services.DomainMapping;
using HealthGrains.Services.Paging;
using HealthGrains.Services.Streams;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Services.Calls;

/// <summary>What the five services share.</summary>
internal sealed class ServiceContext
{
    private static readonly Meter ProcessMeter = new(ServicesInstruments.MeterName);

    public ServiceContext(ServiceDependencies dependencies)
    {
        ArgumentNullException.ThrowIfNull(dependencies);
        if (dependencies.PageTokenKey.Length < 32)
            throw new ArgumentException("The key of page tokens is at least 32 bytes.", nameof(dependencies));
        Dependencies = dependencies;
        Intake = new IntakeRules(dependencies.Policy, dependencies.Identity, dependencies.Codes)
        {
            DepositsFor = dependencies.DepositsFor ?? (static (_, _) => false),
        };
        Documents = new DocumentMapping(Intake);
        Instruments = dependencies.Instruments ?? new ServicesInstruments(ProcessMeter);
        Log = dependencies.Loggers.CreateLogger("HealthGrains.Services");
        Admission = dependencies.Admission
            ?? new AdmissionDesk(AdmissionRules.Bench, dependencies.Time, () => Engine.Status.ExpectedWait, Log, Instruments);
        PageTokens = new PageTokens(DeriveKey("page tokens"), dependencies.Time);
        LedgerLines = new LedgerLines(dependencies.Store, dependencies.Keys);
        UniqueIds = new UniqueIdKeys(dependencies.Keys, dependencies.Store);
        Pseudonyms = new JournalPseudonym(DeriveKey("journal pseudonyms"));

        byte[] DeriveKey(string purpose) => HKDF.DeriveKey(
            HashAlgorithmName.SHA256, dependencies.PageTokenKey, 32, info: System.Text.Encoding.ASCII.GetBytes(purpose));
    }

    public ServiceDependencies Dependencies { get; }

    public IntakeRules Intake { get; }

    public DocumentMapping Documents { get; }

    public ServicesInstruments Instruments { get; }

    public ILogger Log { get; }

    public AdmissionDesk Admission { get; }

    public PageTokens PageTokens { get; }

    public JournalPseudonym Pseudonyms { get; }

    public LedgerLines LedgerLines { get; }

    public UniqueIdKeys UniqueIds { get; }

    public StreamPlaces Streams { get; } = new();

    public IGrainEngine Engine => Dependencies.Engine;

    public IJournalStore Store => Dependencies.Store;

    public IContentStore Contents => Dependencies.Contents;

    public IChangeFeed Feed => Dependencies.Feed;

    public TimeProvider Time => Dependencies.Time;

    public IdentityRules Identity => Dependencies.Identity;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Asks and answers: a refusal leaves as the status of the call.</summary>
    /// <exception cref="RpcException">The refusal.</exception>
    public async ValueTask<TAnswer> AskAsync<TAnswer>(
        JournalId patient, PatientCommand<TAnswer> command, CancellationToken waiting) =>
        (await AskThereAsync(patient, command, waiting)).Answer;

    /// <summary>Asks and answers, and says which journal answered: contents are kept there.</summary>
    /// <exception cref="RpcException">The refusal.</exception>
    public async ValueTask<(TAnswer Answer, JournalId Home)> AskThereAsync<TAnswer>(
        JournalId patient, PatientCommand<TAnswer> command, CancellationToken waiting)
    {
        var (result, home) = await FollowAsync(patient, command, waiting);
        return result.Refusal is { } refusal ? throw RefusalStatus.Of(refusal) : (result.Value, home);
    }

    /// <summary>Asks, and tells a refusal as a value.</summary>
    public async ValueTask<TurnResult<TAnswer>> TryAskAsync<TAnswer>(
        JournalId patient, PatientCommand<TAnswer> command, CancellationToken waiting) =>
        (await FollowAsync(patient, command, waiting)).Result;

    /// <summary>The journal from which a number is answered: its own, unless it is an alias.</summary>
    /// <exception cref="RpcException">TEMPORARILY_UNAVAILABLE while the record becomes part of another one.</exception>
    public async ValueTask<JournalId> HomeOfAsync(JournalId patient, CancellationToken waiting) =>
        (await TraceHomeAsync(patient, waiting)).Home;

    /// <summary>The journal from which a number is answered, and the numbers that led there, in order.</summary>
    /// <exception cref="RpcException">TEMPORARILY_UNAVAILABLE while the record becomes part of another one.</exception>
    public async ValueTask<(JournalId Home, IReadOnlyList<PatientId> Through)> TraceHomeAsync(JournalId patient, CancellationToken waiting)
    {
        var through = new List<PatientId>();
        while (true)
        {
            var place = (await Engine.AskAsync(patient, new LocateRecord(), waiting)).Value;
            if (place.MovingTo is not null)
                throw RefusalStatus.Of(BecomingOne);
            if (place.MovedTo is not { } home)
                return (patient, through);
            through.Add(GrainIds.PatientOf(patient));
            patient = GrainIds.Of(home);
        }
    }

    private static readonly Domain.Refusals.Refusal BecomingOne = new(
        Domain.Refusals.RefusalCode.TemporarilyUnavailable, "Two records of one person are becoming one: try again.");

    // The one place where an old number becomes the record that answers for it. A record that never moved is asked once, as if
    // there were no aliases. What was moved to may have moved itself since, but whoever moved never moves again, and one record is
    // made of MergeBook.MergedMax others at most: this comes to an end.
    private async ValueTask<(TurnResult<TAnswer> Result, JournalId Home)> FollowAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        while (true)
        {
            var result = await Engine.AskAsync(grain, command, waiting);
            if (result.Refusal?.MovedTo is not { } moved)
                return (result, grain);
            command = command.AskedThrough(GrainIds.PatientOf(grain));
            grain = GrainIds.Of(moved);
        }
    }

    /// <inheritdoc cref="AskAsync{TAnswer}(JournalId, PatientCommand{TAnswer}, CancellationToken)"/>
    public async ValueTask<TAnswer> AskAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
    {
        var result = await Engine.AskAsync(grain, command, waiting);
        return result.Refusal is { } refusal ? throw RefusalStatus.Of(refusal) : result.Value;
    }

    /// <summary>The bytes of an entry, wherever they are kept; the hash of the whole is checked before the last chunk.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ContentOf(
        JournalId patient, DocumentEntry entry, CancellationToken cancellation) =>
        entry.Upload is { } upload
            ? Contents.ReadCheckedAsync(KeptIn(patient, entry), upload, entry.Sha256, entry.Size, cancellation)
            : Store.ReadContentAsync(KeptIn(patient, entry), entry.Sha256, cancellation);

    // What came with another record stays where it was written.
    private static JournalId KeptIn(JournalId patient, DocumentEntry entry) =>
        entry.Origin is { } origin ? GrainIds.Of(origin) : patient;

    /// <summary>As <see cref="AskPatientlyAsync"/>, of the journal that a stream began with: one that has moved since is not
    /// followed, because what the stream waits for and counts is that of its journal. It is told to come again.</summary>
    public async ValueTask<TurnResult<TAnswer>> AskOnlyThereAsync<TAnswer>(
        JournalId home, PatientCommand<TAnswer> command, CancellationToken waiting) =>
        await PatientlyAsync(() => Engine.AskAsync(home, command, waiting), waiting);

    /// <summary>Asks for a stream that is open already: a grain that is busy is asked again a little later, so that one crowded
    /// record does not end its watchers. Nothing is sent meanwhile.</summary>
    /// <exception cref="EngineOverloadedException">It was busy <see cref="ServiceLimits.BusyTriesMax"/> times.</exception>
    public async ValueTask<TurnResult<TAnswer>> AskPatientlyAsync<TState, TEvent, TAnswer>(
        JournalId grain, Command<TState, TEvent, TAnswer> command, CancellationToken waiting)
        where TState : class
        where TEvent : class
        => await PatientlyAsync(async () => (await FollowAsync(grain, command, waiting)).Result, waiting);

    private async ValueTask<TResult> PatientlyAsync<TResult>(Func<ValueTask<TResult>> ask, CancellationToken waiting)
    {
        var pause = ServiceLimits.BusyPause;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (EngineOverloadedException) when (tries < ServiceLimits.BusyTriesMax)
            {
                // Those who were turned away together do not come back together.
                await Task.Delay(pause * (0.5 + Random.Shared.NextDouble()), Time, waiting);
                pause *= 2;
            }
        }
    }
}
