namespace HealthGrains.Grains.Contents;

/// <summary>The maxima of uploaded contents. Each has a test in the content store suite or with the service.</summary>
public static class ContentLimits
{
    /// <summary>Bytes of one uploaded content.</summary>
    public const int UploadBytesMax = Domain.Documents.Intake.IntakeLimits.UploadBytesMax;

    /// <summary>Bytes that are appended at once, and of one chunk as it is read.</summary>
    public const int ChunkBytesMax = 1024 * 1024;

    /// <summary>Uploads of one owner that no document refers to yet; one more is refused.</summary>
    public const int UnsettledPerOwnerMax = 32;

    /// <summary>Uploads of one page of a listing.</summary>
    public const int ListMax = 100;

    /// <summary>Characters of an owner's name.</summary>
    public const int OwnerCharsMax = 100;

    /// <summary>How long an upload is kept after its last bytes, unless a document refers to it.</summary>
    public static readonly TimeSpan UploadLifetime = TimeSpan.FromHours(1);

    /// <summary>How often what nobody refers to is looked for.</summary>
    public static readonly TimeSpan CollectEvery = TimeSpan.FromMinutes(5);
}
