using HealthGrains.Domain.Turns;

namespace HealthGrains.Grains.Turns;

/// <summary>How one kind of grain is rebuilt from its journal: one state, one codec.</summary>
/// <remarks>Same events, same state, on any machine and in any year. The codec is the seam through which bodies pass
/// on their way to the store and back.</remarks>
public interface IGrainModel<TState, TEvent>
    where TState : class
    where TEvent : class
{
    /// <summary>The state before the first event.</summary>
    TState Create();

    /// <summary>The only thing that changes state. It cannot fail on a valid journal.</summary>
    void Apply(TState state, TEvent change, EventStamp stamp);

    ReadOnlyMemory<byte> Encode(TEvent change);

    /// <exception cref="FormatException">The bytes are no event that this version knows.</exception>
    TEvent Decode(ReadOnlyMemory<byte> body);

    ReadOnlyMemory<byte> EncodeSnapshot(TState state);

    /// <returns>Null for a snapshot of a format that this version does not read: the journal is read from its start.</returns>
    TState? DecodeSnapshot(ReadOnlyMemory<byte> body);
}
