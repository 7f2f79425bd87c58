using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>What a submission is judged by when its content was uploaded before: too large to be held, it was read as it
/// passed.</summary>
/// <param name="Upload">Where the bytes are, complete and durable.</param>
/// <param name="Sha256">Of the whole content.</param>
/// <param name="Size">Of the whole content, in bytes, from 1.</param>
/// <param name="Cda">What the header reader said of the whole content; null when <see cref="MediaTypes.IsCda"/> says of its
/// beginning that it is none.</param>
public sealed record UploadedContent(UploadId Upload, Sha256 Sha256, long Size, CdaReadResult? Cda);
