using System.Text;

namespace HealthGrains.Domain.Cda;

/// <summary>Documents are UTF-8, as CI-SIS asks: another encoding, or a declaration of one, is refused before parsing.</summary>
internal static class CdaEncoding
{
    // Longer than any XML declaration of UTF-8 with both pseudo-attributes.
    private const int DeclarationBytesMax = 256;

    /// <exception cref="CdaRefusedException">The bytes are, or call themselves, something else than UTF-8.</exception>
    internal static void Check(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty) throw Refuse("The document is empty.");
        if (content is [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..] or [0, ..] or [_, 0, ..])
            throw Refuse("The document is UTF-16 or UTF-32; UTF-8 is required.");
        if (content is [0xEF, 0xBB, 0xBF, ..]) content = content[3..];
        if (!content.StartsWith("<?xml"u8)) return;

        var head = content[..Math.Min(content.Length, DeclarationBytesMax)];
        var end = head.IndexOf("?>"u8);
        if (end < 0) throw Refuse("The XML declaration is not closed.");
        var declaration = Encoding.Latin1.GetString(head[..end]);
        var at = declaration.IndexOf("encoding", StringComparison.Ordinal);
        if (at < 0) return;

        var value = declaration[(at + "encoding".Length)..].TrimStart().TrimStart('=').TrimStart();
        var isUtf8 = value.Length >= 7 && value[0] is '"' or '\'' && value[6] == value[0] &&
                     value.AsSpan(1, 5).Equals("utf-8", StringComparison.OrdinalIgnoreCase);
        if (!isUtf8) throw Refuse("The XML declaration names another encoding than UTF-8.");
    }

    private static CdaRefusedException Refuse(string message) => CdaRefusedException.Invalid(message, "content");
}
