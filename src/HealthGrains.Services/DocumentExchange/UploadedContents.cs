using System.IO.Pipelines;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Grains.Contents;

namespace HealthGrains.Services.DocumentExchange;

/// <summary>Reads what a submission is judged by out of an upload, without holding it.</summary>
internal sealed class UploadedContents(IContentStore contents, IntakeRules rules)
{
    // A header reader blocks a thread while it waits for bytes: not more of them than processors.
    private readonly SemaphoreSlim _readers = new(Math.Max(2, Environment.ProcessorCount));

    /// <returns>What the intake needs to know of a complete upload.</returns>
    /// <exception cref="Grains.Journal.JournalException">It could not be read, or is damaged.</exception>
    public async ValueTask<UploadedContent> ReadAsync(UploadStatus upload, string mimeType, CancellationToken ct)
    {
        var declared = upload.Declaration;
        var beginning = await BeginningAsync(upload, ct);
        var cda = MediaTypes.IsCda(mimeType, beginning) ? await ReadHeaderAsync(upload, beginning, ct) : (CdaReadResult?)null;
        return new UploadedContent(declared.Id, declared.Sha256, declared.Size, cda);
    }

    private async ValueTask<byte[]> BeginningAsync(UploadStatus upload, CancellationToken ct)
    {
        var beginning = new byte[Math.Min(upload.Declaration.Size, MediaTypes.SniffBytesMax)];
        var filled = 0;
        await foreach (var chunk in contents.ReadAsync(upload.Declaration.Id, ct))
        {
            var part = chunk[..Math.Min(chunk.Length, beginning.Length - filled)];
            part.CopyTo(beginning.AsMemory(filled));
            filled += part.Length;
            if (filled == beginning.Length)
                return beginning;
        }

        throw ContentGuard.Conflict();
    }

    private async ValueTask<CdaReadResult> ReadHeaderAsync(UploadStatus upload, byte[] beginning, CancellationToken ct)
    {
        await _readers.WaitAsync(ct);
        try
        {
            // The parser pulls, the store pushes: a pipe of bounded size stands between them.
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1024 * 1024, resumeWriterThreshold: 512 * 1024));
            var parsing = Task.Run(
                () =>
                {
                    try
                    {
                        return CdaHeaderReader.Read(beginning, pipe.Reader.AsStream(leaveOpen: true), rules.Identity, rules.Codes);
                    }
                    finally
                    {
                        pipe.Reader.Complete();
                    }
                },
                CancellationToken.None);
            try
            {
                var declared = upload.Declaration;
                await foreach (var chunk in contents.ReadCheckedAsync(
                    declared.Journal, declared.Id, declared.Sha256, declared.Size, ct))
                {
                    if ((await pipe.Writer.WriteAsync(chunk, ct)).IsCompleted)
                        break;
                }

                await pipe.Writer.CompleteAsync();
            }
            catch (Exception failure)
            {
                // The parser must end too, and not take the beginning of a file for the whole.
                await pipe.Writer.CompleteAsync(failure);
                try
                {
                    await parsing;
                }
                catch (Exception echo) when (echo.GetType() == failure.GetType() || echo is IOException)
                {
                    // What was given to it.
                }

                throw;
            }

            return await parsing;
        }
        finally
        {
            _readers.Release();
        }
    }
}
