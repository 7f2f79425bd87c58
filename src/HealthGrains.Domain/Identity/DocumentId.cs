namespace HealthGrains.Domain.Identity;

/// <summary>The server's id of a document: XDS's logicalId, stable over changes of metadata.</summary>
/// <remarks>128 bits, printed as a lower-case UUID. IHE ITI TF-3 section 4.2.3.2.9, XDSDocumentEntry.logicalID. All
/// zeros is no id.</remarks>
public readonly record struct DocumentId
{
    /// <summary>Length of the binary form, in bytes.</summary>
    public const int ByteLength = 16;

    private readonly Guid _value;

    private DocumentId(Guid value) => _value = value;

    public bool IsNone => _value == Guid.Empty;

    /// <exception cref="ArgumentException">All bits are zero.</exception>
    public static DocumentId Of(Guid value) =>
        value != Guid.Empty ? new DocumentId(value) : throw new ArgumentException("All zeros is no id.", nameof(value));

    /// <summary>Reads sixteen bytes, the most significant first.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out DocumentId id)
    {
        id = default;
        if (bytes.Length != ByteLength) return false;
        id = new DocumentId(new Guid(bytes, bigEndian: true));
        return !id.IsNone;
    }

    /// <summary>Reads the lower-case text with hyphens; any other spelling is refused.</summary>
    public static bool TryParse(string? text, out DocumentId id)
    {
        id = default;
        if (text is null || !Guid.TryParseExact(text, "D", out var value)) return false;
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c) && c != '-')
                return false;
        id = new DocumentId(value);
        return !id.IsNone;
    }

    /// <exception cref="FormatException">The text is not a document id.</exception>
    public static DocumentId Parse(string text) =>
        TryParse(text, out var id) ? id : throw IdentityText.NotA("document id");

    public Guid ToGuid() => _value;

    /// <summary>Writes sixteen bytes, the most significant first.</summary>
    /// <exception cref="ArgumentException">The destination holds fewer.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (!_value.TryWriteBytes(destination, bigEndian: true, out _))
            throw new ArgumentException("Sixteen bytes are needed.", nameof(destination));
    }

    public byte[] ToByteArray() => _value.ToByteArray(bigEndian: true);

    public override string ToString() => _value.ToString("D");
}
