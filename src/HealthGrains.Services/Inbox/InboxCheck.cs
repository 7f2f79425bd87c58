using HealthGrains.Domain.Access;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Routing;
using HealthGrains.Grains;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Inbox;

/// <summary>From lines of an inbox to what may be sent of them now: each patient's grain is asked once more.</summary>
/// <remarks>A line was allowed when it was routed; a right may have been lost since. The answer is used for the items about to
/// be sent and is not kept.</remarks>
/// <param name="context">Engine and clock.</param>
/// <param name="reader">Whose inbox it is.</param>
/// <param name="patiently">True for an open stream, which waits for a busy grain.</param>
internal sealed class InboxCheck(ServiceContext context, Reader reader, bool patiently)
{
    private const string NotificationWithdrawn = "NOTIFICATION_WITHDRAWN";

    /// <summary>Items for the lines from <paramref name="start"/>, in their order and with their sequences.</summary>
    public async ValueTask<Wire.InboxItem[]> ToItemsAsync(
        IReadOnlyList<InboxLine> lines, int start, int count, CancellationToken waiting)
    {
        var byPatient = new Dictionary<PatientId, List<int>>();
        for (var i = 0; i < count; i++)
        {
            var patient = lines[start + i].Delivery.Patient;
            if (!byPatient.TryGetValue(patient, out var places))
                byPatient.Add(patient, places = []);
            places.Add(i);
        }

        var may = new bool[count];
        var asking = new Task[byPatient.Count];
        var next = 0;
        foreach (var (patient, places) in byPatient)
            asking[next++] = AskAsync(patient, places, lines, start, may, waiting);
        await Task.WhenAll(asking);

        var items = new Wire.InboxItem[count];
        for (var i = 0; i < count; i++)
            items[i] = ToItem(lines[start + i], may[i]);
        return items;
    }

    private async Task AskAsync(
        PatientId patient,
        List<int> places,
        IReadOnlyList<InboxLine> lines,
        int start,
        bool[] may,
        CancellationToken waiting)
    {
        var documents = new DocumentId[places.Count];
        for (var i = 0; i < documents.Length; i++)
            documents[i] = lines[start + places[i]].Delivery.Document;
        var question = new MayKnow(reader, documents);
        var result = patiently
            ? await context.AskPatientlyAsync(GrainIds.Of(patient), question, waiting)
            : await context.TryAskAsync(GrainIds.Of(patient), question, waiting);
        var answers = result.Refusal is { } refusal ? throw RefusalStatus.Of(refusal) : result.Value;
        for (var i = 0; i < documents.Length; i++)
            may[places[i]] = answers[i];
    }

    private static Wire.InboxItem ToItem(InboxLine line, bool mayKnow) => mayKnow
        ? new Wire.InboxItem
        {
            Sequence = line.Sequence,
            At = WireTimes.Of(line.Delivery.At),
            Code = ChangeCodes.Name(line.Delivery.Code),
            Patient = ActorMapping.ToWire(line.Delivery.Patient),
            DocumentId = line.Delivery.Document.ToString(),
        }
        : new Wire.InboxItem
        {
            Sequence = line.Sequence,
            At = WireTimes.Of(line.Delivery.At),
            Code = NotificationWithdrawn,
        };
}
