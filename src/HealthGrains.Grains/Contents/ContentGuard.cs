using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>The checks and words that every content store shares.</summary>
public static class ContentGuard
{
    /// <exception cref="ArgumentException">It can never be appended.</exception>
    public static void CheckChunk(long offset, ReadOnlyMemory<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (bytes.Length is 0 or > ContentLimits.ChunkBytesMax)
            throw new ArgumentException($"A chunk has 1 to {ContentLimits.ChunkBytesMax} bytes.", nameof(bytes));
    }

    /// <summary>What a racing writer, or one who comes too late, is told.</summary>
    public static JournalConflictException Conflict() => new("The upload has another length, or is open no more.");
}
