using System.Buffers;

namespace HealthGrains.Rpc.Envelope;

/// <summary>A buffer that grows by pooled blocks and is read as one sequence. Disposing gives the blocks back.</summary>
/// <param name="blockBytes">Least size of a block.</param>
internal sealed class PooledSequence(int blockBytes = Limits.PooledBlockBytes) : IBufferWriter<byte>, IDisposable
{
    private Block? _first;
    private Block? _last;
    private int _used;

    public long Length => _last is null ? 0 : _last.RunningIndex + _used;

    /// <summary>What was written so far; valid until the next write or <see cref="Dispose"/>.</summary>
    public ReadOnlySequence<byte> Written =>
        _first is null || _last is null ? default : new ReadOnlySequence<byte>(_first, 0, _last, _used);

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = Math.Max(1, sizeHint);
        if (_last is null || _last.Bytes.Length - _used < needed)
        {
            var block = new Block(ArrayPool<byte>.Shared.Rent(Math.Max(needed, blockBytes)));
            _last?.Link(block, _used);
            _first ??= block;
            _last = block;
            _used = 0;
        }
        return _last.Bytes.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        for (Block? block = _first; block is not null; block = (Block?)block.Next)
        {
#if DEBUG
            // A callee that kept a part of the buffer must not find its bytes again.
            block.Bytes.AsSpan().Fill(0xdd);
#endif
            ArrayPool<byte>.Shared.Return(block.Bytes);
        }
        _first = _last = null;
        _used = 0;
    }

    private sealed class Block : ReadOnlySequenceSegment<byte>
    {
        public Block(byte[] bytes)
        {
            Bytes = bytes;
            Memory = bytes;
        }

        public byte[] Bytes { get; }

        public void Link(Block next, int used)
        {
            Memory = Bytes.AsMemory(0, used);
            next.RunningIndex = RunningIndex + used;
            Next = next;
        }
    }
}
