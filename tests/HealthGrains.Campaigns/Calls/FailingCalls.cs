using System.ComponentModel;
using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace HealthGrains.Campaigns.Calls;

/// <summary>The calls that can be made to fail, in the order of <c>failing_calls.c</c>.</summary>
internal enum Call
{
    Open,
    Write,
    FSync,
    FDataSync,
    Rename,
}

/// <summary>The library that makes calls of a server fail, and the page of memory through which it is told when.</summary>
internal sealed class FailingCalls : IDisposable
{
    // Offsets of the structure in failing_calls.c.
    private const int Armed = 64;
    private const int Since = 72;
    private const int At = 80;
    private const int Outcome = 88;
    private const int Swallow = 96;
    private const int Fired = 104;
    private const int FiredAt = 112;
    private const int PathAt = 120;
    private const int PathBytes = 512;
    private const int PageBytes = 4096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _page;

    private FailingCalls(string library, string control, bool swallow)
    {
        Library = library;
        ControlFile = control;
        _file = MemoryMappedFile.CreateFromFile(control, FileMode.Create, null, PageBytes);
        _page = _file.CreateViewAccessor();
        _page.Write(Swallow, swallow ? 1L : 0L);
    }

    /// <summary>For LD_PRELOAD.</summary>
    public string Library { get; }

    /// <summary>For HG_FAIL_CONTROL.</summary>
    public string ControlFile { get; }

    /// <summary>Compiles the library.</summary>
    /// <param name="directory">Where library and page are kept.</param>
    /// <param name="swallow">Plant a bug: it says that a call failed and lets it return as if it had not.</param>
    /// <exception cref="FaultUnavailableException">There is no C compiler here.</exception>
    public static async Task<FailingCalls> CompileAsync(string directory, bool swallow, CancellationToken cancellation)
    {
        var library = Path.Combine(directory, "failing_calls.so");
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo(
                "gcc", ["-O2", "-shared", "-fPIC", "-o", library, Path.Combine(AppContext.BaseDirectory, "Calls", "failing_calls.c"), "-ldl"])
            {
                RedirectStandardError = true,
                UseShellExecute = false,
            }) ?? throw new FaultUnavailableException("gcc did not start");
            var said = await compiler.StandardError.ReadToEndAsync(cancellation);
            await compiler.WaitForExitAsync(cancellation);
            if (compiler.ExitCode != 0)
                throw new FaultUnavailableException($"gcc: {said.Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new FaultUnavailableException($"gcc: {missing.Message}", missing);
        }

        return new FailingCalls(library, Path.Combine(directory, "failing_calls.page"), swallow);
    }

    /// <summary>The same library with a page of its own, for another server beside the first.</summary>
    public FailingCalls ForAnother() => new(Library, ControlFile + "-other", swallow: false);

    /// <summary>The n-th call of a kind from now on fails, once.</summary>
    /// <param name="call">Which.</param>
    /// <param name="outcome">An errno; -1 to write half of the bytes.</param>
    /// <param name="n">Counted from 1.</param>
    public void Arm(Call call, int outcome, long n)
    {
        _page.Write(Armed, 0L);
        _page.Write(Fired, 0L);
        _page.Write(FiredAt, 0L);
        _page.WriteArray(PathAt, new byte[PathBytes], 0, PathBytes);
        _page.Write(Since, 0L);
        _page.Write(At, n);
        _page.Write(Outcome, (long)outcome);
        Interlocked.MemoryBarrier();
        _page.Write(Armed, (long)call + 1);
    }

    public void Disarm() => _page.Write(Armed, 0L);

    /// <summary>Calls of a kind since the page was made.</summary>
    public long Seen(Call call) => _page.ReadInt64((int)call * sizeof(long));

    /// <summary>The call that failed, or null: when, as a timestamp of <see cref="Stopwatch"/> (both count CLOCK_MONOTONIC in
    /// nanoseconds), and on which file.</summary>
    public (long At, string Path)? Failure()
    {
        if (_page.ReadInt64(Fired) == 0)
            return null;
        var path = new byte[PathBytes];
        _page.ReadArray(PathAt, path, 0, PathBytes);
        return (_page.ReadInt64(FiredAt), Encoding.UTF8.GetString(path).TrimEnd('\0'));
    }

    public void Dispose()
    {
        _page.Dispose();
        _file.Dispose();
    }
}
