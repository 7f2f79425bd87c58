using System.Collections.Concurrent;

namespace HealthGrains.Host.Demo;

/// <summary>When each document was sent, answered, and told to whom.</summary>
internal sealed class DemoClock(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, long> _sent = new();
    private readonly ConcurrentDictionary<string, string> _documentIds = new();
    private readonly ConcurrentBag<TimeSpan> _acknowledged = [];
    private readonly ConcurrentBag<(string DocumentId, long At)> _told = [];

    /// <summary>Notifications seen, also those of documents whose answer has not come yet.</summary>
    public int Told => _told.Count;

    public int Acknowledged => _acknowledged.Count;

    /// <summary>document_id by unique_id, of everything accepted.</summary>
    public IReadOnlyDictionary<string, string> DocumentIds => _documentIds;

    public IReadOnlyCollection<TimeSpan> ToAcknowledgement => _acknowledged;

    public void Sent(string uniqueId) => _sent[uniqueId] = time.GetTimestamp();

    public void Answered(string uniqueId, string documentId)
    {
        _acknowledged.Add(time.GetElapsedTime(_sent[uniqueId]));
        _documentIds[uniqueId] = documentId;
    }

    public void ToldOf(string documentId) => _told.Add((documentId, time.GetTimestamp()));

    /// <summary>From sending to each notification; once every answer is there.</summary>
    public IReadOnlyList<TimeSpan> ToNotification()
    {
        var sentByDocument = _documentIds.ToDictionary(pair => pair.Value, pair => _sent[pair.Key]);
        return [.. _told.Where(t => sentByDocument.ContainsKey(t.DocumentId)).Select(t => time.GetElapsedTime(sentByDocument[t.DocumentId], t.At))];
    }
}
