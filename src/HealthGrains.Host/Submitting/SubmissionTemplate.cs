using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Cda;

namespace HealthGrains.Host.Submitting;

/// <summary>What every document of one command has in common, and how a request is made of it and of a file.</summary>
internal sealed record SubmissionTemplate
{
    /// <summary>Always stated; there is no silent default in the contract.</summary>
    public required IReadOnlyList<Confidentiality> Confidentiality { get; init; }

    /// <summary>Null when the documents' CDA headers say it.</summary>
    public Patient? Patient { get; init; }

    /// <summary>Null when the documents' CDA headers say it; without confidentiality.</summary>
    public DocumentMetadata? Metadata { get; init; }

    /// <summary>When the INS was qualified; null when the caller does not say that it was.</summary>
    public Timestamp? InsQualifiedAt { get; init; }

    public FeedingOpposition FeedingOpposition { get; init; }

    public string? Replaces { get; init; }

    public bool ValidateOnly { get; init; }

    public bool SecretSession { get; init; }

    /// <summary>Whose document a content is, for an upload; null if neither options nor CDA header tell.</summary>
    public Patient? PatientOf(byte[] content)
    {
        if (Patient is not null) return Patient;
        return CdaHeaderReader.Read(content).Header?.Patient is { IsNone: false } person
            ? new Patient { Ins = person.Number, Oid = Domain.Identity.InsOids.Text(person.Oid) }
            : null;
    }

    /// <param name="correlationId">Comes back with the result.</param>
    /// <param name="content">The whole file.</param>
    /// <param name="sha256">Of the content.</param>
    /// <param name="uploadId">Where the content was uploaded before, else null.</param>
    /// <param name="writtenAt">When the file was last written: a document's time where nothing says another.</param>
    public SubmitRequest Request(string correlationId, byte[] content, byte[] sha256, string? uploadId, DateTimeOffset writtenAt)
    {
        var metadata = Metadata?.Clone() ?? new DocumentMetadata();
        metadata.Confidentiality.Add(Confidentiality);
        if (Metadata is not null)
        {
            if (metadata.UniqueId.Length == 0) metadata.UniqueId = UniqueIdOf(sha256);
            metadata.CreatedAt ??= Timestamp.FromDateTimeOffset(writtenAt);
            metadata.ServiceStart ??= metadata.CreatedAt;
        }

        var request = new SubmitRequest
        {
            CorrelationId = correlationId,
            Patient = Patient,
            Metadata = metadata,
            Sha256 = UnsafeByteOperations.UnsafeWrap(sha256),
            InsQualified = InsQualifiedAt is not null,
            InsQualifiedAt = InsQualifiedAt,
            FeedingOpposition = FeedingOpposition,
            Replaces = Replaces ?? "",
            ValidateOnly = ValidateOnly,
            SecretSession = SecretSession,
        };
        if (uploadId is null) request.Content = UnsafeByteOperations.UnsafeWrap(content);
        else request.UploadId = uploadId;
        return request;
    }

    // A file without an id of its own gets one from patient and bytes: sent again, it is the same document.
    private string UniqueIdOf(byte[] sha256)
    {
        var digest = SHA256.HashData([.. Encoding.UTF8.GetBytes($"healthgrains submit\n{Patient?.Oid}^{Patient?.Ins}\n"), .. sha256]);
        var id = digest.AsSpan(0, 16);
        id[6] = (byte)((id[6] & 0x0F) | 0x80);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true).ToString("D").ToUpperInvariant();
    }
}
