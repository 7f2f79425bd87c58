using Google.Protobuf;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Codec;

/// <summary>A journal's entries, folded into one body: the snapshot of a state that is little smaller than its events.</summary>
/// <remarks>Made without knowing what the entries mean, so a change of the rules never outdates a snapshot: it is read by
/// applying the same entries.</remarks>
internal sealed class FoldedJournal
{
    public FoldedSnapshot Snapshot { get; private set; } = new() { Format = FoldedJournalModel.Format };

    public void Add(ReadOnlyMemory<byte> body, EventStamp stamp)
    {
        Snapshot.Shard = stamp.Shard;
        Snapshot.Entries.Add(new StampedEntry { Position = stamp.Position, Body = UnsafeByteOperations.UnsafeWrap(body) });
    }

    public static FoldedJournal? Read(ReadOnlyMemory<byte> body)
    {
        FoldedSnapshot snapshot;
        try
        {
            snapshot = FoldedSnapshot.Parser.ParseFrom(body.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        return snapshot.Format == FoldedJournalModel.Format ? new FoldedJournal { Snapshot = snapshot } : null;
    }

    /// <summary>Rebuilds a state by applying every folded entry.</summary>
    /// <returns>Null for a body of another format, or one with an entry that this version does not know: reading the
    /// journal from its start then names that entry.</returns>
    public static TState? Replay<TState, TEvent>(ReadOnlyMemory<byte> body, IGrainModel<TState, TEvent> model)
        where TState : class
        where TEvent : class
    {
        if (Read(body) is not { } folded)
            return null;
        var state = model.Create();
        var version = 0L;
        foreach (var entry in folded.Snapshot.Entries)
        {
            version++;
            TEvent change;
            try
            {
                change = model.Decode(entry.Body.Memory);
            }
            catch (FormatException)
            {
                return null;
            }

            model.Apply(state, change, new EventStamp(version, folded.Snapshot.Shard, entry.Position));
        }

        return state;
    }
}

/// <summary>A body that nobody has looked into.</summary>
internal sealed record RawEntry(ReadOnlyMemory<byte> Body);

/// <summary>The model with which snapshots are taken: it folds bodies and knows nothing of their meaning.</summary>
internal sealed class FoldedJournalModel : IGrainModel<FoldedJournal, RawEntry>
{
    public const int Format = 1;

    public static readonly FoldedJournalModel Instance = new();

    public FoldedJournal Create() => new();

    public void Apply(FoldedJournal state, RawEntry change, EventStamp stamp) => state.Add(change.Body, stamp);

    public ReadOnlyMemory<byte> Encode(RawEntry change) => change.Body;

    public RawEntry Decode(ReadOnlyMemory<byte> body) => new(body);

    public ReadOnlyMemory<byte> EncodeSnapshot(FoldedJournal state) => state.Snapshot.ToByteArray();

    public FoldedJournal? DecodeSnapshot(ReadOnlyMemory<byte> body) => FoldedJournal.Read(body);
}
