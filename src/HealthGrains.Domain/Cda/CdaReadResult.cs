using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Cda;

/// <summary>A header, or the refusal that stands in its place.</summary>
public readonly record struct CdaReadResult
{
    internal CdaReadResult(CdaHeader header) => Header = header;

    internal CdaReadResult(Refusal refusal) => Refusal = refusal;

    /// <summary>Null when there is a refusal.</summary>
    public CdaHeader? Header { get; }

    /// <summary>Null when there is a header.</summary>
    public Refusal? Refusal { get; }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Header))]
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Refusal))]
    public bool Succeeded => Header is not null;
}

/// <summary>Leaves the reader from any depth. It never leaves this folder: <see cref="CdaHeaderReader"/> turns it into a
/// value.</summary>
internal sealed class CdaRefusedException(Refusal refusal) : Exception(refusal.Message)
{
    internal Refusal Refusal { get; } = refusal;

    internal static CdaRefusedException Invalid(string message, string path) =>
        new(new Refusal(RefusalCode.MetadataInvalid, message, path));
}
