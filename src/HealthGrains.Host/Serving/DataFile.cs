using HealthGrains.Host.CommandLine;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>A file of data that a running server takes again when it changes.</summary>
/// <remarks>F1. A server starts only with a file that is good. F2. A later one that is not good is told in the log once, and the
/// last good one stays. F3. What is taken is in force at once, for every call that begins after it.</remarks>
internal sealed class DataFile : IAsyncDisposable
{
    private readonly string _setting;
    private readonly string _path;
    private readonly int _bytesMax;
    private readonly Action<byte[]> _take;
    private readonly ILogger _log;
    private readonly Lock _looking = new();
    private ITimer? _timer;
    private byte[]? _seen;
    private string? _trouble;

    private DataFile(string setting, string path, int bytesMax, Action<byte[]> take, ILogger log)
    {
        _setting = setting;
        _path = path;
        _bytesMax = bytesMax;
        _take = take;
        _log = log;
    }

    /// <param name="setting">What names the file, for messages.</param>
    /// <param name="path">Of the file.</param>
    /// <param name="bytesMax">A longer one is not good.</param>
    /// <param name="take">Throws <see cref="FormatException"/> for what is not good.</param>
    /// <param name="time">Of the looks.</param>
    /// <param name="log">Told what became of a new file.</param>
    /// <exception cref="CliException">The file cannot be taken.</exception>
    public static DataFile Open(string setting, string path, int bytesMax, Action<byte[]> take, TimeProvider time, ILogger log)
    {
        var file = new DataFile(setting, path, bytesMax, take, log);
        try
        {
            file.Read();
        }
        catch (Exception e) when (IsTrouble(e))
        {
            throw new CliException(ExitCode.Usage, $"{setting} {path}: {e.Message}", inner: e);
        }

        file._timer = time.CreateTimer(_ => file.Look(), null, HostLimits.DataFileLookEvery, HostLimits.DataFileLookEvery);
        return file;
    }

    /// <summary>Reads the file again, if it changed.</summary>
    public void Look()
    {
        lock (_looking)
        {
            try
            {
                if (Read()) _log.DataFileReplaced(_setting);
                _trouble = null;
            }
            catch (Exception e) when (IsTrouble(e))
            {
                // Once for each trouble: a file that stays bad does not fill the log.
                if (_trouble == e.Message) return;
                _trouble = e.Message;
                _log.DataFileNotTaken(_setting, e.Message);
            }
        }
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private bool Read()
    {
        if (new FileInfo(_path).Length > _bytesMax) throw new FormatException("the file is too long");
        var bytes = File.ReadAllBytes(_path);
        if (_seen is not null && bytes.AsSpan().SequenceEqual(_seen)) return false;
        _take(bytes);
        _seen = bytes;
        return true;
    }

    private static bool IsTrouble(Exception e) => e is FormatException or IOException or UnauthorizedAccessException;
}
