using Google.Protobuf;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Inboxes;

/// <summary>How a professional's inbox is rebuilt from <c>inbox/…</c>.</summary>
public sealed class InboxModel : IGrainModel<InboxState, InboxEvent>
{
    private const int SnapshotFormat = 1;

    // A version that knows only the first would take what is unread and not in the snapshot for lost: it reads the journal instead.
    private const int UnreadBeforeFormat = 2;

    public static readonly InboxModel Instance = new();

    public InboxState Create() => new();

    public void Apply(InboxState state, InboxEvent change, EventStamp stamp) => state.Apply(change, stamp);

    public ReadOnlyMemory<byte> Encode(InboxEvent change)
    {
        var entry = new InboxEntry { At = Stored.Time(change.At) };
        switch (change)
        {
            case InboxDelivered delivered:
                entry.Delivered = new StoredInboxDelivered { Shard = delivered.Shard, UpTo = delivered.UpTo };
                foreach (var item in delivered.Items)
                    entry.Delivered.Items.Add(Store(item));
                break;
            case InboxAcknowledged acknowledged:
                entry.Acknowledged = new StoredInboxAcknowledged { UpTo = acknowledged.UpTo };
                break;
            default:
                throw new InvalidOperationException($"{change.GetType().Name} has no stored form.");
        }

        return entry.ToByteArray();
    }

    public InboxEvent Decode(ReadOnlyMemory<byte> body)
    {
        var entry = Stored.Parse(InboxEntry.Parser, body);
        var at = Stored.Time(entry.At);
        return entry.EventCase switch
        {
            InboxEntry.EventOneofCase.Delivered => new InboxDelivered(
                at, entry.Delivered.Shard, entry.Delivered.UpTo, [.. entry.Delivered.Items.Select(Restore)]),
            InboxEntry.EventOneofCase.Acknowledged => new InboxAcknowledged(at, entry.Acknowledged.UpTo),
            _ => throw new FormatException("The entry holds no event that this version knows."),
        };
    }

    public ReadOnlyMemory<byte> EncodeSnapshot(InboxState state)
    {
        var snapshot = new InboxSnapshot
        {
            Format = state.HasUnreadBefore ? UnreadBeforeFormat : SnapshotFormat,
            Dropped = state.FirstKept - 1,
            Acknowledged = state.Acknowledged,
        };
        foreach (var (shard, position) in state.Taken)
            snapshot.Taken.Add(shard, position);
        foreach (var line in state.Lines)
            snapshot.Lines.Add(Store(line));
        if (state.TakenAt.Any(at => at != 0))
            snapshot.TakenAt.AddRange(state.TakenAt);
        if (state.Shards.Any(shard => shard >= 0))
            snapshot.LineShards.AddRange(state.Shards);
        foreach (var (shard, position) in state.Settled)
            snapshot.Settled.Add(shard, position);
        foreach (var one in state.Acknowledgements)
            snapshot.Acknowledgements.Add(new StoredAcknowledgement { UpTo = one.UpTo, At = Stored.Time(one.At) });
        return snapshot.ToByteArray();
    }

    public InboxState? DecodeSnapshot(ReadOnlyMemory<byte> body)
    {
        try
        {
            var snapshot = Stored.Parse(InboxSnapshot.Parser, body);
            return snapshot.Format is SnapshotFormat or UnreadBeforeFormat
                ? InboxState.Restore(
                    snapshot.Taken,
                    snapshot.Dropped,
                    snapshot.Lines.Select(Restore),
                    snapshot.Acknowledged,
                    snapshot.TakenAt,
                    snapshot.Acknowledgements.Select(one => new InboxAcknowledged(Stored.Time(one.At), one.UpTo)),
                    snapshot.LineShards,
                    snapshot.Settled)
                : null;
        }
        catch (FormatException)
        {
            // Like one of another format: the journal is read from its start.
            return null;
        }
    }

    private static StoredDelivery Store(Delivery item) => new()
    {
        Position = item.Position,
        At = Stored.Time(item.At),
        Code = (int)item.Code,
        Patient = item.Patient.ToString(),
        DocumentId = Stored.Id(item.Document),
    };

    private static Delivery Restore(StoredDelivery stored) => new(
        stored.Position,
        Stored.Time(stored.At),
        Stored.Enumerated<ChangeCode>(stored.Code),
        PatientId.Parse(stored.Patient),
        Stored.Id(stored.DocumentId));
}
