using System.Runtime.InteropServices;

namespace HealthGrains.Host.CommandLine;

/// <summary>Descriptor 1 as it is: every write goes out at once, and a failure is told.</summary>
/// <remarks>The runtime's console stream says nothing when the reader has left, so a command would go on for nobody. A file
/// stream would keep a position of its own and write over what other processes append to the same file.</remarks>
internal sealed class StandardOutput : Stream
{
    /// <summary>EPIPE, as <see cref="Exception.HResult"/> of what <see cref="Write(ReadOnlySpan{byte})"/> throws: the reader
    /// has left.</summary>
    internal const int ReaderLeft = 32;

    private const int Interrupted = 4;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">Nobody reads any more, or the disk is full.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = NativeMethods.Write(1, in MemoryMarshal.GetReference(buffer), buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is kept back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "write", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern nint Write(int descriptor, in byte buffer, nint count);
    }
}
