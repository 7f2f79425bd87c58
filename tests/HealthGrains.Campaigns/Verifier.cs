using System.Collections.Concurrent;
using System.Security.Cryptography;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns;

/// <summary>What a check found. Everything but <see cref="Read"/> must be 0.</summary>
internal sealed record Findings
{
    /// <summary>Documents found by index and by id, bytes compared.</summary>
    public int Read { get; init; }

    /// <summary>Acknowledged, and not there.</summary>
    public int Lost { get; init; }

    /// <summary>There, with other bytes or another id than the receipt said.</summary>
    public int Altered { get; init; }

    /// <summary>One unique id, two documents, or two different receipts.</summary>
    public int Doubled { get; init; }

    /// <summary>There or told of, and never submitted.</summary>
    public int Phantom { get; init; }

    /// <summary>Not told to the patient or to the professional who follows.</summary>
    public int Untold { get; init; }

    /// <summary>Told more than once, out of order, or with a gap in the sequence.</summary>
    public int Mistold { get; init; }

    public bool IsClean => Lost + Altered + Doubled + Phantom + Untold + Mistold == 0;

    public override string ToString() =>
        $"read {Read}, lost {Lost}, altered {Altered}, doubled {Doubled}, phantom {Phantom}, untold {Untold}, mistold {Mistold}";
}

/// <summary>Reads everything back through the public API and compares it with the ledger.</summary>
internal sealed class Verifier(World world, Ledger ledger)
{
    /// <param name="channel">A server that serves.</param>
    /// <param name="round">Compare the bytes of this round's documents alone; null for all.</param>
    /// <param name="cancellation">Ends the check.</param>
    public async Task<Findings> CheckAsync(RpcChannel channel, int? round, CancellationToken cancellation)
    {
        var expected = ledger.Documents.ToLookup(document => document.Patient);
        var found = new ConcurrentBag<Findings>();
        await Parallel.ForAsync(0, world.Patients.Count, World.Parallelism(cancellation), async (patient, token) =>
            found.Add(await OrAllLostAsync(
                () => CheckPatientAsync(channel, patient, [.. expected[patient]], round, token),
                lost => new Findings { Lost = lost },
                () => expected[patient].Count(document => document.Answer is not null))));
        await Parallel.ForAsync(0, world.Professionals.Count, World.Parallelism(cancellation), async (professional, token) =>
            found.Add(await OrAllLostAsync(
                () => CheckInboxAsync(channel, professional, round is null, token),
                untold => new Findings { Untold = untold },
                () => ledger.Documents.Count(document =>
                    document.Answer is not null && world.FollowerOf(document.Patient) == professional))));
        return found.Aggregate(new Findings(), (sum, part) => new Findings
        {
            Read = sum.Read + part.Read,
            Lost = sum.Lost + part.Lost,
            Altered = sum.Altered + part.Altered,
            Doubled = sum.Doubled + part.Doubled,
            Phantom = sum.Phantom + part.Phantom,
            Untold = sum.Untold + part.Untold,
            Mistold = sum.Mistold + part.Mistold,
        });
    }

    // A server that has forgotten its keys, the record or the right to it has lost all that was behind them. Any other
    // failure is the campaign's own, and is no finding.
    private static async Task<Findings> OrAllLostAsync(
        Func<Task<Findings>> check, Func<int, Findings> finding, Func<int> atStake)
    {
        try
        {
            return await check();
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.Unauthenticated or RpcStatusCode.PermissionDenied
            or RpcStatusCode.NotFound or RpcStatusCode.FailedPrecondition or RpcStatusCode.DataLoss or RpcStatusCode.Internal)
        {
            return finding(Math.Max(1, atStake()));
        }
    }

    // What one record says reaches each reader in the record's order: that of the positions in the receipts.
    private static int OutOfOrder(IEnumerable<Submitted> told) => told
        .GroupBy(document => document.Patient)
        .Sum(record => record.Zip(record.Skip(1), (a, b) => a.Answer!.Position >= b.Answer!.Position ? 1 : 0).Sum()); // ! told

    private async Task<Findings> CheckPatientAsync(
        RpcChannel channel, int patient, IReadOnlyList<Submitted> expected, int? round, CancellationToken cancellation)
    {
        var index = await IndexOfAsync(channel, patient, cancellation);
        var byUniqueId = index.ToLookup(document => document.UniqueId, StringComparer.Ordinal);
        var intended = expected.Select(document => document.UniqueId).ToHashSet(StringComparer.Ordinal);
        int read = 0, lost = 0, altered = 0;
        foreach (var document in expected)
        {
            if (document.Answer is not { } answer)
                continue;
            if (byUniqueId[document.UniqueId].FirstOrDefault() is not { } entry)
            {
                lost++;
                continue;
            }

            if (entry.DocumentId != answer.DocumentId || entry.Size != document.Size
                || !entry.Sha256.Span.SequenceEqual(document.Sha256.ToArray()))
            {
                altered++;
                continue;
            }

            if (round is null || document.Round == round)
            {
                if (await ContentOfAsync(channel, patient, answer.DocumentId, cancellation) != document.Sha256)
                {
                    altered++;
                    continue;
                }

                read++;
            }
        }

        var (untold, mistold) = await CheckChangesAsync(channel, patient, expected, cancellation);
        return new Findings
        {
            Read = read,
            Lost = lost,
            Altered = altered,
            Doubled = byUniqueId.Count(group => group.Count() > 1) + expected.Count(document => document.Contradicted),
            Phantom = index.Count(entry => !intended.Contains(entry.UniqueId)),
            Untold = untold,
            Mistold = mistold,
        };
    }

    private async Task<List<Document>> IndexOfAsync(RpcChannel channel, int patient, CancellationToken cancellation)
    {
        var index = new List<Document>();
        var page = "";
        do
        {
            var answer = await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                "/healthgrains.v1.PatientRecords/ListDocuments",
                new ListDocumentsRequest { Patient = world.Patients[patient], PageSize = 200, PageToken = page },
                world.AsPatient(patient),
                cancellation);
            index.AddRange(answer.Documents);
            page = answer.NextPageToken;
        }
        while (page.Length > 0);
        return index;
    }

    private async Task<Sha256> ContentOfAsync(
        RpcChannel channel, int patient, string documentId, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await foreach (var chunk in channel.ServerStreaming<ReadContentRequest, ContentChunk>(
                "/healthgrains.v1.PatientRecords/ReadContent",
                new ReadContentRequest { Patient = world.Patients[patient], DocumentId = documentId },
                world.AsPatient(patient),
                cancellation))
            {
                if (chunk.PartCase == ContentChunk.PartOneofCase.Data)
                    hash.AppendData(chunk.Data.Span);
            }
        }
        catch (RpcException missing) when (missing.Code is RpcStatusCode.NotFound or RpcStatusCode.DataLoss or RpcStatusCode.Internal)
        {
            return default;
        }

        return new Sha256(hash.GetHashAndReset());
    }

    private async Task<(int Untold, int Mistold)> CheckChangesAsync(
        RpcChannel channel, int patient, IReadOnlyList<Submitted> expected, CancellationToken cancellation)
    {
        var told = new Dictionary<string, int>(StringComparer.Ordinal);
        var answered = expected.Where(document => document.Answer is not null)
            .ToDictionary(document => document.Answer!.DocumentId, StringComparer.Ordinal); // ! filtered above
        var order = new List<Submitted>();
        long cursor = 0;
        var mistold = 0;
        while (true)
        {
            var page = await channel.UnaryAsync<ChangesSinceRequest, ChangesSinceResponse>(
                "/healthgrains.v1.PatientRecords/ChangesSince",
                new ChangesSinceRequest { Patient = world.Patients[patient], AfterSequence = cursor, PageSize = 200 },
                world.AsPatient(patient),
                cancellation);
            foreach (var change in page.Changes)
            {
                if (change.Sequence != ++cursor)
                    mistold++;
                if (change.Code != "AJOUT_DOCUMENT")
                    continue;
                if (answered.TryGetValue(change.DocumentId, out var document))
                    order.Add(document);
                told[change.DocumentId] = told.GetValueOrDefault(change.DocumentId) + 1;
            }

            if (!page.HasMore)
                break;
        }

        mistold += told.Values.Count(times => times > 1) + OutOfOrder(order);
        return (expected.Count(document => document.Answer is { } answer && !told.ContainsKey(answer.DocumentId)), mistold);
    }

    /// <param name="channel">A server that serves.</param>
    /// <param name="professional">Whose inbox.</param>
    /// <param name="allSettled">No outcome is unknown any more: whatever is told of must be in the ledger.</param>
    /// <param name="cancellation">Ends the check.</param>
    private async Task<Findings> CheckInboxAsync(
        RpcChannel channel, int professional, bool allSettled, CancellationToken cancellation)
    {
        var waited = ledger.Documents
            .Where(document => document.Answer is not null && world.FollowerOf(document.Patient) == professional)
            .ToDictionary(document => document.Answer!.DocumentId, StringComparer.Ordinal); // ! filtered above
        var told = new Dictionary<string, int>(StringComparer.Ordinal);
        long cursor = 0;
        var mistold = 0;

        var order = new List<Submitted>();

        // Routing follows the acknowledgement: a bounded wait, then what is not there is untold.
        var deadline = Environment.TickCount64 + 20_000;
        while (true)
        {
            var page = await channel.UnaryAsync<ReadInboxRequest, ReadInboxResponse>(
                "/healthgrains.v1.Inbox/ReadInbox",
                new ReadInboxRequest { AfterSequence = cursor, PageSize = 200 },
                world.AsProfessional(professional),
                cancellation);
            foreach (var item in page.Items)
            {
                if (item.Sequence != ++cursor)
                    mistold++;
                if (waited.TryGetValue(item.DocumentId, out var document))
                    order.Add(document);
                told[item.DocumentId] = told.GetValueOrDefault(item.DocumentId) + 1;
            }

            if (page.Items.Count > 0)
                continue;
            if (waited.Keys.All(told.ContainsKey) || Environment.TickCount64 > deadline)
                break;
            await Task.Delay(50, cancellation);
        }

        return new Findings
        {
            Untold = waited.Keys.Count(id => !told.ContainsKey(id)),
            Mistold = mistold + told.Values.Count(times => times > 1) + OutOfOrder(order),
            Phantom = allSettled ? told.Keys.Count(id => !waited.ContainsKey(id)) : 0,
        };
    }
}
