using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Contents;

/// <summary>What an upload will be, as its owner declared it. It never changes.</summary>
/// <param name="Id">Drawn at random for this upload.</param>
/// <param name="Journal">In whose record alone it can be referred to.</param>
/// <param name="Owner">Who alone can continue and submit it; 1 to <see cref="ContentLimits.OwnerCharsMax"/> printable ASCII
/// characters.</param>
/// <param name="Size">Bytes of the whole content, 1 to <see cref="ContentLimits.UploadBytesMax"/>.</param>
/// <param name="Sha256">Of the whole content.</param>
public sealed record UploadDeclaration(UploadId Id, JournalId Journal, string Owner, long Size, Sha256 Sha256)
{
    /// <exception cref="ArgumentException">It can be none.</exception>
    public void Check()
    {
        JournalGuard.CheckJournal(Journal);
        if (Id.IsNone || Size is < 1 or > ContentLimits.UploadBytesMax
            || Owner.Length is 0 or > ContentLimits.OwnerCharsMax || Owner.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException("An upload has an id, an owner and a size within the limits.");
        }
    }
}

/// <summary>How far an upload has come.</summary>
/// <param name="Declaration">As it was begun.</param>
/// <param name="Received">Bytes kept so far, 0 to the declared size.</param>
/// <param name="State">Where it stands.</param>
/// <param name="TouchedAt">When the last bytes came, or when it was begun or completed.</param>
public sealed record UploadStatus(UploadDeclaration Declaration, long Received, UploadState State, DateTimeOffset TouchedAt)
{
    /// <summary>From then on it is discarded, unless a document refers to it.</summary>
    public DateTimeOffset ExpiresAt => TouchedAt + ContentLimits.UploadLifetime;
}

/// <summary>Where an upload stands. Stored: never renumbered.</summary>
public enum UploadState
{
    /// <summary>Bytes are coming.</summary>
    Open = 0,

    /// <summary>All bytes are there and durable; whether a document refers to it is in its journal.</summary>
    Complete = 1,

    /// <summary>A document refers to it: it is looked at no more. Only a note that saves asking again.</summary>
    Settled = 2,

    /// <summary>It is being removed.</summary>
    Removing = 3,
}
