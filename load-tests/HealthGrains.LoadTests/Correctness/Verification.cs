using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Correctness;

/// <summary>Asks the server for what it acknowledged: index and bytes of a sample, as the patients see them.</summary>
/// <param name="channel">To the server that was measured.</param>
/// <param name="world">Who can be asked for.</param>
/// <param name="caller">Sends again what cannot be read.</param>
/// <param name="findings">Is added to.</param>
/// <param name="prefix">How the unique ids of this run begin: whatever else is in a record is not of this run.</param>
internal sealed class Verification(RpcChannel channel, World world, Caller caller, Findings findings, string prefix)
{
    private const int Parallel = 16;

    /// <param name="ledger">Everything acknowledged.</param>
    /// <param name="sample">How many documents are read back, and how many patients' indexes are compared.</param>
    /// <param name="cancellation">Ends the check.</param>
    public async Task RunAsync(Ledger ledger, int sample, CancellationToken cancellation)
    {
        foreach (var entry in ledger.Entries)
        {
            Count(entry.Contradicted, () => findings.Doubled++, $"document {entry.Number} was acknowledged with two identities");
            Count(entry.WrongReceipt, () => findings.Altered++, $"the receipt of document {entry.Number} names other bytes");
        }

        if (!world.SpeaksForAll)
        {
            await SendAgainAsync(ledger, sample, cancellation);
            return;
        }

        var records = ledger.Acknowledged.ToLookup(entry => entry.Patient);
        var chosen = records
            .OrderByDescending(record => record.Any(entry => entry.MustRead))
            .ThenBy(record => unchecked((uint)(record.Key + 1) * 2_654_435_761u))
            .Take(sample)
            .ToList();
        var contentOfEach = Math.Max(1, sample / Math.Max(1, chosen.Count));
        var unknown = ledger.Unknown.Select(entry => entry.UniqueId).ToHashSet(StringComparer.Ordinal);
        await System.Threading.Tasks.Parallel.ForEachAsync(
            chosen,
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation },
            async (record, token) => await CheckRecordAsync(record.Key, [.. record], contentOfEach, unknown, token));
    }

    private async Task CheckRecordAsync(
        int patient, List<Entry> entries, int contents, HashSet<string> unknown, CancellationToken token)
    {
        await Reading.OpenAsync(channel, world, patient, token);
        var index = (await Reading.IndexAsync(channel, world, patient, token))
            .Where(document => document.UniqueId.StartsWith(prefix, StringComparison.Ordinal))
            .ToLookup(document => document.UniqueId, StringComparer.Ordinal);
        var known = entries.Select(entry => entry.UniqueId).ToHashSet(StringComparer.Ordinal);
        foreach (var group in index)
        {
            Count(group.Count() > 1, () => findings.Doubled++, "a document is twice in an index");
            Count(
                !known.Contains(group.Key) && !unknown.Contains(group.Key), () => findings.Phantom++,
                "an index has a document that was refused or never sent");
        }

        // Spread over the record: its begin, its end and what lies between.
        var step = Math.Max(1, entries.Count / contents);
        for (var number = 0; number < entries.Count; number++)
        {
            var entry = entries[number];
            var answer = entry.Answer ?? throw new InvalidOperationException("Only acknowledged documents are checked.");
            if (index[entry.UniqueId].FirstOrDefault() is not { } found)
            {
                Count(true, () => findings.Lost++, $"document {entry.Number} was acknowledged and is not in the index");
                continue;
            }

            var same = found.DocumentId == answer.DocumentId && found.Size == entry.Size
                && found.Sha256.Span.SequenceEqual(entry.Sha256.ToArray());
            Count(!same, () => findings.Altered++, $"the index has other facts of document {entry.Number} than its receipt");
            Count(same, () => findings.Indexed++, null);
            if (number % step != 0)
                continue;
            var read = await Reading.ContentAsync(channel, world, patient, answer.DocumentId, token) == entry.Sha256;
            Count(!read, () => findings.Altered++, $"the bytes of document {entry.Number} are not those sent");
            Count(read, () => findings.ReadBack++, null);
        }
    }

    // A producer alone may not read. Submitted again, a document must be known under the identity of its receipt.
    private async Task SendAgainAsync(Ledger ledger, int sample, CancellationToken cancellation)
    {
        foreach (var entry in ledger.Acknowledged.OrderByDescending(entry => entry.MustRead).Take(sample))
        {
            if (entry.MustRead)
            {
                Count(true, () => findings.Lost++, "a document of the ledger was never sent");
                continue;
            }

            var settled = await caller.SettleAsync(entry, cancellation);
            Count(settled && !entry.Contradicted, () => findings.Indexed++, null);
            Count(entry.Contradicted, () => findings.Doubled++, $"document {entry.Number} was not known when it was sent again");
        }
    }

    private void Count(bool holds, Action count, string? example)
    {
        if (!holds)
            return;
        lock (findings)
            count();
        if (example is not null)
            findings.Example(example);
    }
}
