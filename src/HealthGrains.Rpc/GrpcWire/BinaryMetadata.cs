using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace HealthGrains.Rpc.GrpcWire;

/// <summary>Base64 of binary metadata: written without padding, read with or without (gRPC over HTTP2, RFC 4648 section 4).</summary>
internal static class BinaryMetadata
{
    public static string Encode(ReadOnlySpan<byte> value) => Convert.ToBase64String(value).TrimEnd('=');

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> bare = Bare(text);
        return bare.Length % 4 != 1 && !bare.ContainsAnyExcept(s_alphabet);
    }

    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (!IsValid(text))
            return false;
        ReadOnlySpan<char> bare = Bare(text);
        string padded = string.Concat(bare, "===".AsSpan(0, (4 - bare.Length % 4) % 4));
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (!Convert.TryFromBase64String(padded, bytes, out int length))
            return false;
        value = bytes[..length];
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> s_alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    // At most two characters of padding, and only where they complete a group.
    private static ReadOnlySpan<char> Bare(ReadOnlySpan<char> text)
    {
        if (text.Length % 4 != 0)
            return text;
        if (text.EndsWith("=="))
            return text[..^2];
        return text.EndsWith("=") ? text[..^1] : text;
    }
}
