using HealthGrains.Domain.Access;
using HealthGrains.Domain.Codes;
using HealthGrains.Host.CommandLine;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>The habilitation matrix of a running server: the shipped one, or that of a file, which is read again when it
/// changes.</summary>
/// <remarks>M1. A server starts only with a file that is good. M2. A later one that is not good is told in the log once, and
/// the last good one stays. M3. Where an official matrix is required, a placeholder counts as not good.</remarks>
internal sealed class MatrixFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly bool _requiresOfficial;
    private readonly AccessMatrixHolder _holder;
    private readonly ILogger _log;
    private readonly Lock _looking = new();
    private ITimer? _timer;
    private string? _seen;
    private string? _trouble;

    private MatrixFile(string path, bool requiresOfficial, AccessMatrixHolder holder, ILogger log)
    {
        _path = path;
        _requiresOfficial = requiresOfficial;
        _holder = holder;
        _log = log;
    }

    /// <returns>What looks after the file; null where none is set.</returns>
    /// <exception cref="CliException">The file cannot be taken, or is no official one where one is required.</exception>
    public static MatrixFile? Open(ServerSettings settings, TimeProvider time, ILogger log)
    {
        var holder = settings.Policy.Matrix;
        MatrixFile? file = null;
        if (settings.MatrixPath is { } path)
        {
            file = new MatrixFile(path, settings.RequiresOfficialMatrix, holder, log);
            try
            {
                file.Read();
            }
            catch (Exception e) when (IsTrouble(e))
            {
                throw new CliException(ExitCode.Usage, $"Matrix:File {path}: {e.Message}", inner: e);
            }
        }
        else if (settings.RequiresOfficialMatrix)
        {
            throw new CliException(
                ExitCode.Usage,
                "Matrix:RequireOfficial: the shipped habilitation matrix is a placeholder; name the official one with Matrix:File.");
        }

        if (!holder.Current.IsOfficial)
            log.MatrixIsPlaceholder(holder.Current.Version);
        if (file is not null)
            file._timer = time.CreateTimer(_ => file.Look(), null, HostLimits.MatrixLookEvery, HostLimits.MatrixLookEvery);
        return file;
    }

    /// <summary>Reads the file again, if it changed.</summary>
    public void Look()
    {
        lock (_looking)
        {
            try
            {
                if (Read())
                    _log.MatrixReplaced(_holder.Current.Version);
                _trouble = null;
            }
            catch (Exception e) when (IsTrouble(e))
            {
                // Once for each trouble: a file that stays bad does not fill the log.
                if (_trouble == e.Message)
                    return;
                _trouble = e.Message;
                _log.MatrixNotTaken(e.Message, _holder.Current.Version);
            }
        }
    }

    public ValueTask DisposeAsync() => _timer?.DisposeAsync() ?? ValueTask.CompletedTask;

    private bool Read()
    {
        if (new FileInfo(_path).Length > HostLimits.MatrixBytesMax)
            throw new AccessMatrixException("the file is too long");
        var text = File.ReadAllText(_path);
        if (text == _seen)
            return false;
        var matrix = AccessMatrixFile.Read(text, CodeSets.Current);
        if (_requiresOfficial && !matrix.IsOfficial)
            throw new AccessMatrixException("it calls itself a placeholder, and Matrix:RequireOfficial is set");
        _holder.Replace(matrix);
        _seen = text;
        return true;
    }

    private static bool IsTrouble(Exception e) => e is AccessMatrixException or IOException or UnauthorizedAccessException;
}
