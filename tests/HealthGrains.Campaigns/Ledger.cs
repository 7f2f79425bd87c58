using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Campaigns;

/// <summary>What was submitted and what was answered, kept outside the server and on another file system.</summary>
/// <remarks>An intent line goes out before the call, an answer line after it; the file is synced at least every
/// <see cref="SyncEvery"/>. An answer that is not in the ledger was not acknowledged.</remarks>
internal sealed class Ledger : IAsyncDisposable
{
    public static readonly TimeSpan SyncEvery = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;
    private readonly BlockingCollection<string> _lines = new(100_000);
    private readonly Thread _writer;
    private readonly ConcurrentDictionary<string, Submitted> _documents = new(StringComparer.Ordinal);
    private Exception? _failure;

    public Ledger(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        _writer = new Thread(Write) { IsBackground = true, Name = "ledger" };
        _writer.Start();
    }

    /// <summary>Everything ever intended, by unique id.</summary>
    public IReadOnlyCollection<Submitted> Documents => (IReadOnlyCollection<Submitted>)_documents.Values;

    public int Acknowledged => _documents.Values.Count(document => document.Answer is not null);

    public Submitted Intend(string uniqueId, int patient, byte[] content, int round)
    {
        var document = new Submitted(uniqueId, patient, Sha256.Of(content), content.Length, round);
        if (!_documents.TryAdd(uniqueId, document))
            throw new InvalidOperationException("A campaign never uses a unique id twice.");
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"intent {uniqueId} {patient} {document.Sha256} {round}"));
        return document;
    }

    public void Answered(Submitted document, Answer answer)
    {
        // Whoever was told once is told the same again, and that it is known.
        if (document.Answer is { } first && first with { AlreadyKnown = true } != answer)
            document.Contradicted = true;
        if (document.Answer is null)
        {
            document.Answer = answer;
            document.AnsweredAt = Stopwatch.GetTimestamp();
        }

        _lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"answer {document.UniqueId} {answer.DocumentId} {answer.Shard} {answer.Position} {answer.AlreadyKnown}"));
    }

    /// <summary>Answers that were read in the instant of a fault count as never given: their outcome is unknown.</summary>
    /// <returns>How many.</returns>
    public int Forget(Instant? instant)
    {
        var forgotten = 0;
        foreach (var document in _documents.Values)
        {
            if (document.Answer is null || instant is not { } moment || !moment.Holds(document.AnsweredAt))
                continue;
            document.Answer = null;
            document.WasForgotten = true;
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"unknown {document.UniqueId}"));
            forgotten++;
        }

        return forgotten;
    }

    public async ValueTask DisposeAsync()
    {
        _lines.CompleteAdding();
        await Task.Run(_writer.Join);
        await _file.DisposeAsync();
        _lines.Dispose();
        if (_failure is not null)
            throw new InvalidOperationException("The ledger could not be written: the campaign is void.", _failure);
    }

    private void Write()
    {
        try
        {
            var synced = Environment.TickCount64;
            while (!_lines.IsCompleted)
            {
                if (_lines.TryTake(out var line, SyncEvery))
                    _file.Write(Encoding.ASCII.GetBytes(line + "\n"));
                if (Environment.TickCount64 - synced >= SyncEvery.TotalMilliseconds)
                {
                    _file.Flush();
                    Posix.Sync(_file.SafeFileHandle);
                    synced = Environment.TickCount64;
                }
            }

            _file.Flush();
            Posix.Sync(_file.SafeFileHandle);
        }
        catch (Exception failure) when (failure is IOException or System.ComponentModel.Win32Exception)
        {
            // Whoever has a line to write must not wait for a writer that is gone.
            _failure = failure;
            foreach (var _ in _lines.GetConsumingEnumerable())
            {
            }
        }
    }
}

/// <summary>One document of a campaign.</summary>
internal sealed class Submitted(string uniqueId, int patient, Sha256 sha256, int size, int round)
{
    public string UniqueId { get; } = uniqueId;

    /// <summary>Index into the world's patients.</summary>
    public int Patient { get; } = patient;

    public Sha256 Sha256 { get; } = sha256;

    public int Size { get; } = size;

    /// <summary>The round that submitted it, from 1.</summary>
    public int Round { get; } = round;

    /// <summary>Before its first call; a timestamp of <see cref="Stopwatch"/>.</summary>
    public long IntendedAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Null while nobody answered: the outcome is unknown.</summary>
    public Answer? Answer { get; set; }

    /// <summary>When the first answer was read; a timestamp of <see cref="Stopwatch"/>.</summary>
    public long AnsweredAt { get; set; }

    /// <summary>Its answer was read in the instant of its round's fault, and counts as never given.</summary>
    public bool WasForgotten { get; set; }

    /// <summary>A later answer differed from the first: a double.</summary>
    public bool Contradicted { get; set; }
}

/// <summary>What the server stood for.</summary>
internal sealed record Answer(string DocumentId, int Shard, long Position, bool AlreadyKnown);
