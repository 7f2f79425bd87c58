using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Rpc.Connections;

/// <summary>Watches the frames of one connection, without copying them, and ends it when they come too fast.</summary>
/// <remarks>
/// Sits between Kestrel's HTTP/2 and the transport, inside TLS. Once a limit is passed, the guard tells Kestrel that the
/// peer has finished: Kestrel then says GOAWAY by itself, between two whole frames, and closes; on its way out the GOAWAY's
/// code is changed into ENHANCE_YOUR_CALM. A connection that does not end within <see cref="Limits.CalmDownGrace"/>,
/// because its peer does not read, is cut.
/// </remarks>
internal sealed class FrameGuard : IDuplexPipe, IDisposable
{
    private const uint EnhanceYourCalm = 0xb;

    private readonly ConnectionContext _context;
    private readonly RpcTransportOptions _options;
    private readonly ILogger _logger;
    private readonly FrameRates _rates;
    private ITimer? _cut;

    // Written by the reading thread, read by the writing one.
    private volatile bool _tripped;

    public FrameGuard(ConnectionContext context, RpcTransportOptions options, ILogger logger)
    {
        _context = context;
        _options = options;
        _logger = logger;
        _rates = new FrameRates(options);
        Input = new GuardedInput(this, context.Transport.Input);
        Output = new GuardedOutput(this, context.Transport.Output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public void Dispose() => _cut?.Dispose();

    private void Trip(byte frameType)
    {
        _tripped = true;
        string frame = FrameRates.NameOf(frameType);
        RpcInstruments.ConnectionCalmed(frame);
        RpcLog.ConnectionCalmed(_logger, frame);
        _cut = _options.TimeProvider.CreateTimer(static context => ((ConnectionContext)context!).Abort(), _context, // ! passed just here
            Limits.CalmDownGrace, Timeout.InfiniteTimeSpan);
    }

    private sealed class GuardedInput(FrameGuard guard, PipeReader inner) : PipeReader
    {
        private FrameScanner _scanner = FrameScanner.ForClient();
        private ReadOnlySequence<byte> _buffer;

        // Bytes at the head of the buffer that were scanned by an earlier read and not consumed since.
        private long _scanned;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (guard._tripped)
                return new ValueTask<ReadResult>(Ended);
            ValueTask<ReadResult> read = inner.ReadAsync(cancellationToken);
            return read.IsCompletedSuccessfully ? new ValueTask<ReadResult>(Inspect(read.Result)) : InspectAsync(read);
        }

        public override bool TryRead(out ReadResult result)
        {
            if (guard._tripped)
            {
                result = Ended;
                return true;
            }
            if (!inner.TryRead(out result))
                return false;
            result = Inspect(result);
            return true;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (guard._tripped)
                return;
            _scanned -= _buffer.Slice(0, consumed).Length;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        private static ReadResult Ended => new(default, isCanceled: false, isCompleted: true);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<ReadResult> InspectAsync(ValueTask<ReadResult> read) => Inspect(await read);

        private ReadResult Inspect(ReadResult result)
        {
            _buffer = result.Buffer;
            if (_scanner.Scan(_buffer.Slice(_scanned), guard._rates))
            {
                _scanned = _buffer.Length;
                return result;
            }
            guard.Trip(_scanner.Type);
            inner.AdvanceTo(_buffer.End);
            return Ended;
        }
    }

    private sealed class GuardedOutput(FrameGuard guard, PipeWriter inner) : PipeWriter
    {
        private FrameScanner _scanner;
        private Memory<byte> _lent;

        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _lent = inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            _scanner.ScanOutbound(_lent.Span[..bytes], guard._rates, guard._tripped ? EnhanceYourCalm : null);
            // Several Advance calls may follow one GetMemory.
            _lent = _lent[bytes..];
            inner.Advance(bytes);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            this.Write(source.Span);
            return FlushAsync(cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);
    }
}
