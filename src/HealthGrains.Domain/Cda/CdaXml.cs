using System.Text;
using System.Xml;

namespace HealthGrains.Domain.Cda;

/// <summary>A forward walk over the elements of one document, inside <see cref="CdaLimits"/>.</summary>
/// <remarks>No DTD, no external entity, no resolver. Whatever a caller leaves unread is skipped, but still parsed: a
/// document that was read to its end is well-formed as a whole.</remarks>
internal sealed class CdaXml : IDisposable
{
    internal const string Hl7 = "urn:hl7-org:v3";
    internal const string DicomReport = "urn:dicom-org:ps3-20";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        IgnoreWhitespace = true,
        CloseInput = false,
    };

    private readonly AllowanceStream _stream;
    private readonly XmlReader _reader;
    private readonly char[] _chunk = new char[2048];
    private bool _foundDocument;

    internal CdaXml(ReadOnlyMemory<byte> content, Stream? source = null)
    {
        _stream = new AllowanceStream(content, source);
        _reader = XmlReader.Create(_stream, Settings);
    }

    internal int Depth => _reader.Depth;

    internal string Name => _reader.LocalName;

    internal XmlNodeType NodeType => _reader.NodeType;

    internal bool IsHl7 => _reader.NamespaceURI == Hl7;

    internal string Namespace => _reader.NamespaceURI;

    internal bool IsEmpty => _reader.IsEmptyElement;

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    /// <summary>Moves to the next element, end or text; false at the end of the file.</summary>
    internal bool Advance()
    {
        _stream.Renew();
        if (!_reader.Read()) return false;
        if (_reader.NodeType == XmlNodeType.Element) CheckElement();
        return true;
    }

    /// <summary>Walks to the first ClinicalDocument anywhere, which may be wrapped; false if there is none.</summary>
    internal bool FindDocument()
    {
        while (!_foundDocument)
            if (!Advance())
                return false;
        return true;
    }

    /// <summary>Parses what follows, so that the whole file is known to be well-formed.</summary>
    internal void Finish()
    {
        while (Advance())
        {
            if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA) SkipText();
        }
    }

    /// <summary>The depth of the current element, to pass to <see cref="Child"/>; -1 when it is empty.</summary>
    internal int Enter() => _reader.IsEmptyElement ? -1 : _reader.Depth;

    /// <summary>Moves to the next child element of the element entered; false, and on its end, when there is none left.</summary>
    internal bool Child(int parent)
    {
        if (parent < 0) return false;
        while (Advance())
        {
            switch (_reader.NodeType)
            {
                case XmlNodeType.Element when _reader.Depth == parent + 1:
                    return true;
                case XmlNodeType.EndElement when _reader.Depth == parent:
                    return false;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    SkipText();
                    break;
            }
        }

        return false;
    }

    /// <summary>An attribute without namespace of the current element, or null when it is absent or empty.</summary>
    internal string? Attribute(string name, string path)
    {
        var value = _reader.GetAttribute(name);
        if (value is { Length: > CdaLimits.ValueCharsMax })
            throw CdaRefusedException.Invalid("A value is longer than 1,024 characters.", $"{path}/@{name}");
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <summary>The text of the current element and of those inside it, white space collapsed; null when there is none.
    /// Leaves the walk on the element's end.</summary>
    internal string? Text(string path)
    {
        var parent = Enter();
        if (parent < 0) return null;
        var text = new StringBuilder();
        while (Advance())
        {
            if (_reader.NodeType == XmlNodeType.EndElement && _reader.Depth == parent) break;
            if (_reader.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA)) continue;

            // Texts of neighbouring elements are words of their own.
            if (text.Length > 0) text.Append(' ');
            while (NextText(out var piece))
            {
                text.Append(piece);
                if (text.Length > 4 * CdaLimits.ValueCharsMax)
                    throw CdaRefusedException.Invalid("A value is longer than 1,024 characters.", path);
            }
        }

        var collapsed = Collapse(text);
        if (collapsed.Length > CdaLimits.ValueCharsMax)
            throw CdaRefusedException.Invalid("A value is longer than 1,024 characters.", path);
        return collapsed.Length == 0 ? null : collapsed;
    }

    /// <summary>The next piece of the current text node; false when it is used up. Valid until the next call.</summary>
    internal bool NextText(out ReadOnlySpan<char> piece)
    {
        _stream.Renew();
        var count = _reader.ReadValueChunk(_chunk, 0, _chunk.Length);
        piece = _chunk.AsSpan(0, count);
        return count > 0;
    }

    /// <summary>Moves over the attributes of the current element, one a call, and back to it at the end.</summary>
    internal bool NextAttribute()
    {
        if (_reader.MoveToNextAttribute()) return true;
        _reader.MoveToElement();
        return false;
    }

    /// <summary>The value of the current attribute.</summary>
    internal string AttributeValue => _reader.Value;

    // The parser would skip a long text in one step, which would use up the step's allowance.
    internal void SkipText()
    {
        int count;
        do
        {
            _stream.Renew();
            count = _reader.ReadValueChunk(_chunk, 0, _chunk.Length);
        }
        while (count == _chunk.Length);
    }

    private static string Collapse(StringBuilder text)
    {
        var collapsed = new StringBuilder(text.Length);
        var space = false;
        foreach (var piece in text.GetChunks())
        {
            foreach (var c in piece.Span)
            {
                if (c is ' ' or '\t' or '\r' or '\n')
                {
                    space = collapsed.Length > 0;
                    continue;
                }

                if (space) collapsed.Append(' ');
                space = false;
                collapsed.Append(c);
            }
        }

        return collapsed.ToString();
    }

    private void CheckElement()
    {
        if (_reader.Depth >= CdaLimits.DepthMax)
            throw CdaRefusedException.Invalid("Elements are nested deeper than 128 levels.", "content");
        if (_reader.AttributeCount > CdaLimits.AttributesMax)
            throw CdaRefusedException.Invalid("An element has more than 256 attributes.", "content");
        if (_reader.LocalName.Length > CdaLimits.NameCharsMax)
            throw CdaRefusedException.Invalid("A name is longer than 256 characters.", "content");
        if (_reader.LocalName != "ClinicalDocument" || _reader.NamespaceURI != Hl7) return;
        if (_foundDocument)
            throw CdaRefusedException.Invalid("The file holds two ClinicalDocument elements.", "ClinicalDocument");
        _foundDocument = true;
    }
}
