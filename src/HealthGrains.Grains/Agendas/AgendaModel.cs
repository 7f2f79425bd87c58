using Google.Protobuf;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Journal.V1;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains.Agendas;

/// <summary>How a shard's agenda is rebuilt from <c>agenda/…</c>.</summary>
public sealed class AgendaModel : IGrainModel<AgendaState, AgendaEvent>
{
    private const int SnapshotFormat = 1;

    // What is set aside must not be passed over by a version that does not know it: such a version reads the journal instead.
    private const int StalledSnapshotFormat = 2;

    public static readonly AgendaModel Instance = new();

    public AgendaState Create() => new();

    public void Apply(AgendaState state, AgendaEvent change, EventStamp stamp) => state.Apply(change, stamp);

    public ReadOnlyMemory<byte> Encode(AgendaEvent change)
    {
        var entry = new AgendaEntry { At = Stored.Time(change.At) };
        switch (change)
        {
            case AgendaTaken taken:
                entry.Taken = new StoredAgendaTaken { UpTo = taken.UpTo };
                foreach (var item in taken.Items)
                    entry.Taken.Items.Add(Store(item));
                break;
            case AgendaDone done:
                entry.Done = new StoredAgendaDone();
                entry.Done.Positions.AddRange(done.Positions);
                break;
            default:
                StalledCodec.Encode(change, entry);
                break;
        }

        return entry.ToByteArray();
    }

    public AgendaEvent Decode(ReadOnlyMemory<byte> body)
    {
        var entry = Stored.Parse(AgendaEntry.Parser, body);
        var at = Stored.Time(entry.At);
        return entry.EventCase switch
        {
            AgendaEntry.EventOneofCase.Taken => new AgendaTaken(
                at, entry.Taken.UpTo, [.. entry.Taken.Items.Select(Restore)]),
            AgendaEntry.EventOneofCase.Done => new AgendaDone(at, [.. entry.Done.Positions]),
            _ => StalledCodec.Decode(at, entry)
                ?? throw new FormatException("The entry holds no event that this version knows."),
        };
    }

    public ReadOnlyMemory<byte> EncodeSnapshot(AgendaState state)
    {
        var snapshot = new AgendaSnapshot
        {
            Format = state.Stalled.Lines.Any() ? StalledSnapshotFormat : SnapshotFormat,
            Taken = state.Taken,
        };
        foreach (var item in state.Items)
            snapshot.Items.Add(Store(item));
        foreach (var line in state.Stalled.Lines)
            snapshot.Stalled.Add(StalledCodec.Store(line));
        return snapshot.ToByteArray();
    }

    public AgendaState? DecodeSnapshot(ReadOnlyMemory<byte> body)
    {
        try
        {
            var snapshot = Stored.Parse(AgendaSnapshot.Parser, body);
            return snapshot.Format is SnapshotFormat or StalledSnapshotFormat
                ? AgendaState.Restore(
                    snapshot.Taken, snapshot.Items.Select(Restore), snapshot.Stalled.Select(StalledCodec.Restore))
                : null;
        }
        catch (FormatException)
        {
            // Like one of another format: the journal is read from its start.
            return null;
        }
    }

    private static StoredAgendaItem Store(AgendaItem item) => new()
    {
        Position = item.Position,
        Due = Stored.Time(item.Due),
        Patient = item.Patient.ToString(),
    };

    private static AgendaItem Restore(StoredAgendaItem stored) =>
        new(stored.Position, Stored.Time(stored.Due), PatientId.Parse(stored.Patient));
}
