namespace HealthGrains.Domain.Cda;

/// <summary>Gives the parser the bytes of a document, and only so many for one step.</summary>
/// <remarks>The parser holds a tag with its attributes, a comment or a CDATA section whole before it returns; a tag of a
/// million attributes would take hundreds of megabytes. So each step has an allowance of bytes, renewed before the next.
/// It does not tell its length on purpose: from 64 KiB on the parser would take buffers that go to the large-object
/// heap, one pair a document.</remarks>
/// <param name="content">The whole document, or nothing when it comes from <paramref name="source"/>.</param>
/// <param name="source">Read forward to its end and not closed; null when the document is in memory.</param>
internal sealed class AllowanceStream(ReadOnlyMemory<byte> content, Stream? source = null) : Stream
{
    private int _position;
    private int _allowed = CdaLimits.ConstructBytesMax;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Starts the next step.</summary>
    internal void Renew() => _allowed = CdaLimits.ConstructBytesMax;

    /// <exception cref="CdaRefusedException">The step takes more than its allowance.</exception>
    public override int Read(Span<byte> buffer)
    {
        var count = source?.Read(buffer) ?? Math.Min(buffer.Length, content.Length - _position);
        if (count == 0) return 0;
        _allowed -= count;
        if (_allowed < 0)
            throw CdaRefusedException.Invalid("A tag, comment or CDATA section is longer than 1 MiB.", "content");
        if (source is not null) return count;
        content.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
