using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;

namespace HealthGrains.Host.Demo;

/// <summary>What reading everything back has shown.</summary>
/// <param name="Expected">Deliveries that must be there: each document to its patient and to each follower.</param>
/// <param name="Proven">Those that are there exactly once.</param>
/// <param name="Missing">Those that are not there.</param>
/// <param name="Repeated">Those that are there more than once.</param>
/// <param name="Unexpected">News of documents that this reader must not be told of.</param>
internal sealed record DemoProof(int Expected, int Proven, int Missing, int Repeated, int Unexpected)
{
    private const string NewDocument = "AJOUT_DOCUMENT";
    private const int PageSize = 200;

    public bool IsComplete => Proven == Expected && Missing == 0 && Repeated == 0 && Unexpected == 0;

    /// <summary>Reads every record and every inbox from the beginning, and counts.</summary>
    /// <remarks>What the streams showed counts for nothing here: only what the server has kept does.</remarks>
    public static async Task<DemoProof> ReadBackAsync(
        DemoPlan plan, DemoCallers callers, IReadOnlyDictionary<string, string> documentIds, CancellationToken stopping)
    {
        var proof = new DemoProof(plan.Deliveries, 0, 0, 0, 0);
        var byPatient = plan.Documents.ToLookup(d => d.Person.Index, d => documentIds.GetValueOrDefault(d.UniqueId.ToString(), d.UniqueId.ToString()));
        foreach (var person in plan.Patients)
        {
            var told = await RecordAsync(callers.Patients[person.Index], DemoCallers.Wire(person), stopping);
            proof = proof.With(byPatient[person.Index], told);
        }

        for (var i = 0; i < plan.Professionals.Count; i++)
        {
            var followed = plan.Patients.Where(p => plan.Followers[p.Index].Contains(i));
            var told = await InboxAsync(callers.Professionals[i], stopping);
            proof = proof.With(followed.SelectMany(p => byPatient[p.Index]), told);
        }

        return proof;
    }

    private DemoProof With(IEnumerable<string> expected, IReadOnlyList<string> told)
    {
        var times = told.CountBy(id => id).ToDictionary();
        int proven = 0, missing = 0, repeated = 0;
        foreach (var id in expected)
        {
            if (!times.Remove(id, out var count)) missing++;
            else if (count == 1) proven++;
            else repeated++;
        }

        return this with
        {
            Proven = Proven + proven, Missing = Missing + missing, Repeated = Repeated + repeated, Unexpected = Unexpected + times.Count,
        };
    }

    private static async Task<IReadOnlyList<string>> RecordAsync(ServerConnection server, Patient patient, CancellationToken stopping)
    {
        var told = new List<string>();
        var request = new ChangesSinceRequest { Patient = patient, PageSize = PageSize };
        ChangesSinceResponse page;
        do
        {
            page = await server.AskAsync<ChangesSinceRequest, ChangesSinceResponse>(Methods.ChangesSince, request, stopping);
            told.AddRange(page.Changes.Where(c => c.Code == NewDocument).Select(c => c.DocumentId));
            request.AfterSequence = page.NextSequence;
        }
        while (page.HasMore);
        return told;
    }

    // Acknowledged page by page: an item is delivered when its reader says so.
    private static async Task<IReadOnlyList<string>> InboxAsync(ServerConnection server, CancellationToken stopping)
    {
        var told = new List<string>();
        var request = new ReadInboxRequest { PageSize = PageSize };
        ReadInboxResponse page;
        do
        {
            page = await server.AskAsync<ReadInboxRequest, ReadInboxResponse>(Methods.ReadInbox, request, stopping);
            told.AddRange(page.Items.Where(i => i.Code == NewDocument).Select(i => i.DocumentId));
            if (page.NextSequence > request.AfterSequence)
            {
                await server.AskAsync<AcknowledgeRequest, AcknowledgeResponse>(
                    Methods.Acknowledge, new AcknowledgeRequest { UpToSequence = page.NextSequence }, stopping);
            }

            request.AfterSequence = page.NextSequence;
        }
        while (page.HasMore);
        return told;
    }
}
