using System.Security.Cryptography;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>What patients read of their records.</summary>
internal static class Reading
{
    /// <summary>The hash of a document's bytes as they come; none when the server has no such bytes.</summary>
    public static async Task<Sha256> ContentAsync(
        RpcChannel channel, World world, int patient, string documentId, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await foreach (var chunk in channel.ServerStreaming<ReadContentRequest, ContentChunk>(
                Methods.ReadContent, new ReadContentRequest { Patient = world.Patient(patient), DocumentId = documentId },
                world.AsPatient(patient), cancellation))
            {
                if (chunk.PartCase == ContentChunk.PartOneofCase.Data)
                    hash.AppendData(chunk.Data.Span);
            }
        }
        catch (RpcException missing) when (missing.Code is RpcStatusCode.NotFound or RpcStatusCode.DataLoss)
        {
            return default;
        }

        return new Sha256(hash.GetHashAndReset());
    }

    /// <summary>Every entry of a record, by pages.</summary>
    public static async Task<List<Document>> IndexAsync(RpcChannel channel, World world, int patient, CancellationToken cancellation)
    {
        var index = new List<Document>();
        var page = "";
        do
        {
            var answer = await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                Methods.ListDocuments,
                new ListDocumentsRequest
                {
                    Patient = world.Patient(patient), PageSize = 200, PageToken = page,
                    Relevance = ListDocumentsRequest.Types.Relevance.All,
                },
                world.AsPatient(patient),
                cancellation);
            index.AddRange(answer.Documents);
            page = answer.NextPageToken;
        }
        while (page.Length > 0);
        return index;
    }

    /// <summary>The person comes and activates the record; again is no harm.</summary>
    public static Task OpenAsync(RpcChannel channel, World world, int patient, CancellationToken cancellation) =>
        channel.UnaryAsync<OpenRecordRequest, OpenRecordResponse>(
            Methods.OpenRecord, new OpenRecordRequest { Patient = world.Patient(patient), TermsVersion = "2026" },
            world.AsPatient(patient), cancellation);
}
