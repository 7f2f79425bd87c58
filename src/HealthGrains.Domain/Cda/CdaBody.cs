using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Cda;

/// <summary>Reads the body of a document: what kind it is, its digest, and whether its base64 is whole.</summary>
/// <remarks>Texts pass in pieces of a few kilobytes and nothing is decoded, so a body of any size takes the same memory.
/// What the digest covers is told at <see cref="CdaHeader.BodySha256"/>.</remarks>
internal sealed class CdaBody : IDisposable
{
    private const string TextPath = "ClinicalDocument/component/nonXMLBody/text";
    private const string MediaPath = "ClinicalDocument/component/structuredBody//observationMedia/value";

    private static readonly SearchValues<char> Base64Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _pending = new byte[8192];
    private readonly List<string> _embedded = [];
    private int _pendingLength;
    private long _base64Digits;
    private int _base64Padding;

    internal CdaBodyKind? Kind { get; private set; }

    internal string? MediaType { get; private set; }

    internal IReadOnlyList<string> EmbeddedMediaTypes => _embedded;

    public void Dispose() => _hash.Dispose();

    /// <summary>Reads <c>nonXMLBody</c>, on which the walk stands.</summary>
    internal void ReadEmbedded(CdaXml xml)
    {
        Claim(CdaBodyKind.Embedded);
        var hasContent = false;
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (xml.Name != "text" || !xml.IsHl7) continue;
            if (MediaType is not null) throw CdaRefusedException.Invalid("The body holds two texts.", TextPath);
            MediaType = NormalizeMedia(xml.Attribute("mediaType", TextPath)) ?? "text/plain";
            var isBase64 = IsBase64(xml, TextPath);
            var text = xml.Enter();
            if (text < 0) break;
            while (xml.Advance() && !(xml.NodeType == XmlNodeType.EndElement && xml.Depth == text))
            {
                if (xml.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA)) continue;
                if (xml.Depth != text + 1) xml.SkipText();
                else hasContent |= AppendText(xml, isBase64, TextPath);
            }

            if (isBase64) EndBase64(TextPath);
        }

        if (!hasContent) throw CdaRefusedException.Invalid("The body's content is not in the file.", TextPath);
    }

    /// <summary>Reads <c>structuredBody</c>, on which the walk stands.</summary>
    internal void ReadStructured(CdaXml xml)
    {
        Claim(CdaBodyKind.Structured);
        var here = xml.Enter();
        if (here < 0) throw CdaRefusedException.Invalid("The structured body is empty.", "ClinicalDocument/component/structuredBody");

        var mediaDepth = -1;
        var base64Depth = -1;
        while (xml.Advance())
        {
            switch (xml.NodeType)
            {
                case XmlNodeType.Element:
                    AppendElement(xml);
                    if (xml.Name == "observationMedia" && xml.IsHl7 && !xml.IsEmpty) mediaDepth = xml.Depth;
                    if (xml.Name == "value" && mediaDepth >= 0 && xml.Depth == mediaDepth + 1 && xml.IsHl7)
                    {
                        AddEmbedded(NormalizeMedia(xml.Attribute("mediaType", MediaPath)));
                        if (!xml.IsEmpty && IsBase64(xml, MediaPath)) base64Depth = xml.Depth;
                    }

                    break;
                case XmlNodeType.EndElement:
                    if (xml.Depth == here) return;
                    AppendMark('\u0003');
                    if (xml.Depth == base64Depth)
                    {
                        EndBase64(MediaPath);
                        base64Depth = -1;
                    }

                    if (xml.Depth == mediaDepth) mediaDepth = -1;
                    break;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    AppendMark('\u0002');
                    AppendText(xml, base64Depth >= 0 && xml.Depth == base64Depth + 1, MediaPath);
                    break;
            }
        }
    }

    internal Sha256 Digest()
    {
        Flush();
        Span<byte> digest = stackalloc byte[Sha256.Length];
        _hash.GetHashAndReset(digest);
        return new Sha256(digest);
    }

    private static bool IsBase64(CdaXml xml, string path) => xml.Attribute("representation", path) == "B64";

    private static string? NormalizeMedia(string? media)
    {
        if (media is null) return null;
        var semicolon = media.IndexOf(';', StringComparison.Ordinal);
        return (semicolon < 0 ? media : media[..semicolon]).Trim().ToLowerInvariant();
    }

    private void Claim(CdaBodyKind kind)
    {
        if (Kind is not null) throw CdaRefusedException.Invalid("The document has two bodies.", "ClinicalDocument/component");
        Kind = kind;
    }

    private void AddEmbedded(string? media)
    {
        if (media is null || _embedded.Contains(media)) return;
        if (_embedded.Count >= CdaLimits.RepetitionsMax)
            throw CdaRefusedException.Invalid("More than 256 kinds of embedded files.", MediaPath);
        _embedded.Add(media);
    }

    private void AppendElement(CdaXml xml)
    {
        AppendMark('\u0001');
        AppendChars(xml.Name);
        while (xml.NextAttribute())
        {
            // Declarations of namespaces say nothing of their own.
            if (xml.Namespace == "http://www.w3.org/2000/xmlns/") continue;
            AppendMark('\u0004');
            AppendChars(xml.Name);
            AppendMark('\u0005');
            AppendChars(xml.AttributeValue);
        }

        if (xml.IsEmpty) AppendMark('\u0003');
    }

    // Whether there was any content.
    private bool AppendText(CdaXml xml, bool isBase64, string path)
    {
        var any = false;
        while (xml.NextText(out var piece))
        {
            if (isBase64)
            {
                any |= AppendBase64(piece, path);
            }
            else
            {
                any = true;
                AppendChars(piece);
            }
        }

        return any;
    }

    private bool AppendBase64(ReadOnlySpan<char> text, string path)
    {
        var before = _base64Digits;
        while (!text.IsEmpty)
        {
            var run = text.IndexOfAnyExcept(Base64Alphabet);
            if (run < 0) run = text.Length;
            if (run > 0)
            {
                if (_base64Padding > 0) throw Base64(path);
                AppendAscii(text[..run]);
                _base64Digits += run;
                text = text[run..];
                continue;
            }

            if (text[0] == '=')
            {
                if (++_base64Padding > 2) throw Base64(path);
                AppendAscii("=");
            }
            else if (text[0] is not (' ' or '\t' or '\r' or '\n'))
            {
                throw Base64(path);
            }

            text = text[1..];
        }

        return _base64Digits > before;
    }

    private void EndBase64(string path)
    {
        if ((_base64Digits + _base64Padding) % 4 != 0) throw Base64(path);
        _base64Digits = 0;
        _base64Padding = 0;
    }

    private static CdaRefusedException Base64(string path) =>
        CdaRefusedException.Invalid("An embedded file is not whole base64.", path);

    private void AppendAscii(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (_pendingLength == _pending.Length) Flush();
            var count = Math.Min(text.Length, _pending.Length - _pendingLength);
            Ascii.FromUtf16(text[..count], _pending.AsSpan(_pendingLength), out _);
            _pendingLength += count;
            text = text[count..];
        }
    }

    private void AppendChars(ReadOnlySpan<char> text)
    {
        var bytes = MemoryMarshal.AsBytes(text);
        while (!bytes.IsEmpty)
        {
            if (_pendingLength == _pending.Length) Flush();
            var count = Math.Min(bytes.Length, _pending.Length - _pendingLength);
            bytes[..count].CopyTo(_pending.AsSpan(_pendingLength));
            _pendingLength += count;
            bytes = bytes[count..];
        }
    }

    // Marks are characters that XML does not admit, two bytes like every other: no text can imitate a structure.
    private void AppendMark(char mark) => AppendChars([mark]);

    private void Flush()
    {
        _hash.AppendData(_pending.AsSpan(0, _pendingLength));
        _pendingLength = 0;
    }
}
