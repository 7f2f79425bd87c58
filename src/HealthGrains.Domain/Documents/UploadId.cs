using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents;

/// <summary>Names one upload: the bytes of a content that came in chunks, before its submission and for ever after it.</summary>
/// <remarks>128 random bits, printed as a lower-case UUID; all zeros is no id. Drawn by the server for each upload and never
/// used again, so that what was discarded under it can never be confused with what came later.</remarks>
public readonly record struct UploadId
{
    /// <summary>Length of the binary form, in bytes.</summary>
    public const int ByteLength = 16;

    private readonly Guid _value;

    private UploadId(Guid value) => _value = value;

    public bool IsNone => _value == Guid.Empty;

    /// <exception cref="ArgumentException">All bits are zero.</exception>
    public static UploadId Of(Guid value) =>
        value != Guid.Empty ? new UploadId(value) : throw new ArgumentException("All zeros is no id.", nameof(value));

    /// <summary>Reads sixteen bytes, the most significant first.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UploadId id)
    {
        id = default;
        if (bytes.Length != ByteLength) return false;
        id = new UploadId(new Guid(bytes, bigEndian: true));
        return !id.IsNone;
    }

    /// <summary>Reads the lower-case text with hyphens; any other spelling is refused.</summary>
    public static bool TryParse(string? text, out UploadId id)
    {
        id = default;
        if (!DocumentId.TryParse(text, out var value)) return false;
        id = new UploadId(value.ToGuid());
        return true;
    }

    public Guid ToGuid() => _value;

    public byte[] ToByteArray() => _value.ToByteArray(bigEndian: true);

    public override string ToString() => _value.ToString("D");
}
