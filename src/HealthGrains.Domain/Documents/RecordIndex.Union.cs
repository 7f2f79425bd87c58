using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents;

/// <remarks>Two indexes that become one. I1 of a record that was made of two: a unique id means one content for each of them; where
/// the bytes are equal the two are one document, and either id leads to it. I2: each of the two may have a head of a chain
/// that they share.</remarks>
public sealed partial class RecordIndex
{
    // Further documents of a unique id. Null in records that were not made of two.
    private Dictionary<string, List<int>>? _apart;

    /// <summary>Every document that an id means: one, unless two records became one.</summary>
    public IEnumerable<DocumentEntry> FindAll(UniqueId id)
    {
        if (!_byUniqueId.TryGetValue(id.ToString(), out var first))
            yield break;
        yield return _entries[first];
        if (_apart is null || !_apart.TryGetValue(id.ToString(), out var further))
            yield break;
        foreach (var at in further)
            yield return _entries[at];
    }

    /// <summary>The document that an id means to somebody: the head that is theirs, if there is one.</summary>
    public DocumentEntry? FindOwn(UniqueId id, Actor by) => _apart is null
        ? Find(id)
        : FindAll(id).FirstOrDefault(one =>
            one is { Sealed: false, Status: DocumentStatus.Approved, ReplacedBy: null } && one.IsManagedBy(by)) ?? Find(id);

    /// <summary>Takes in another index: its documents come after those of this one.</summary>
    /// <param name="other">Not used afterwards.</param>
    /// <param name="origin">The number of its record.</param>
    /// <returns>How the documents of the other one are called from now on, where they are one with a document of this one.</returns>
    internal IndexUnion Absorb(RecordIndex other, PatientId origin)
    {
        var same = new Dictionary<DocumentId, DocumentId>();
        foreach (var theirs in other._entries)
        {
            if (SameAs(theirs) is { } mine)
                same.Add(theirs.Id, mine.Id);
        }

        var union = new IndexUnion(same);
        var apart = 0;
        foreach (var theirs in other._entries)
        {
            if (!same.ContainsKey(theirs.Id) && Append(theirs, union, origin))
                apart++;
        }

        // Ids that led to another one there lead to it here.
        foreach (var (id, at) in other._byId)
            _byId.TryAdd(id, _byId[union.Here(other._entries[at].Id)]);
        foreach (var theirs in other._entries)
        {
            if (same.TryGetValue(theirs.Id, out var mine))
                Unite(mine, theirs, union);
        }

        TieTwins(other, union);
        return union with { Documents = other._entries.Count, Apart = apart };
    }

    // What a closing sealed is not brought back by a copy of it.
    private DocumentEntry? SameAs(DocumentEntry theirs) => theirs.Sealed
        ? null
        : FindAll(theirs.Metadata.UniqueId).FirstOrDefault(mine => !mine.Sealed && mine.Sha256 == theirs.Sha256);

    /// <returns>Whether its unique id means another document as well.</returns>
    private bool Append(DocumentEntry theirs, IndexUnion union, PatientId origin)
    {
        var at = _entries.Count;
        _entries.Add(theirs with
        {
            Ordinal = at + 1,
            LineageId = union.Here(theirs.LineageId),
            Replaces = union.Here(theirs.Replaces),
            ReplacedBy = union.Here(theirs.ReplacedBy),
            Origin = theirs.Origin ?? origin,
        });
        _byId.Add(theirs.Id, at);
        var unique = theirs.Metadata.UniqueId.ToString();
        if (_byUniqueId.TryAdd(unique, at))
            return false;
        _apart ??= new Dictionary<string, List<int>>(StringComparer.Ordinal);
        if (!_apart.TryGetValue(unique, out var further))
            _apart.Add(unique, further = []);
        further.Add(at);
        return true;
    }

    // The stricter of both: every label of either, and withdrawn if either is. A chain that would close on itself is not tied.
    private void Unite(DocumentId id, DocumentEntry theirs, IndexUnion union)
    {
        var mine = Find(id)!; // ! it was found by its unique id
        var replacedBy = mine.ReplacedBy;
        if (replacedBy is null && union.Here(theirs.ReplacedBy) is { } newer && !Leads(newer, id, entry => entry.ReplacedBy))
            replacedBy = newer;
        var replaces = mine.Replaces;
        if (replaces is null && union.Here(theirs.Replaces) is { } older && !Leads(older, id, entry => entry.Replaces))
            replaces = older;
        var status = mine.Status == DocumentStatus.Deleted || theirs.Status == DocumentStatus.Deleted ? DocumentStatus.Deleted
            : replacedBy is not null ? DocumentStatus.Deprecated
            : mine.Status;
        Change(id, entry => entry with
        {
            Metadata = entry.Metadata with { Confidentiality = entry.Metadata.Confidentiality | theirs.Metadata.Confidentiality },
            EntryVersion = Math.Max(entry.EntryVersion, theirs.EntryVersion) + 1,
            Status = status,
            ReplacedBy = replacedBy,
            Replaces = replaces,
            WithdrawnAt = entry.WithdrawnAt ?? theirs.WithdrawnAt,
            Secret = entry.Secret || theirs.Secret,
            Twin = entry.Twin ?? theirs.Twin,
            OtherDeposits =
            [
                .. entry.OtherDeposits,
                new OtherDeposit(theirs.Id, theirs.Depositor, theirs.SubmittedAt, theirs.Stamp, theirs.Told),
                .. theirs.OtherDeposits,
            ],
        });
    }

    private bool Leads(DocumentId from, DocumentId to, Func<DocumentEntry, DocumentId?> next)
    {
        for (DocumentId? at = from; at is { } id; at = Find(id) is { } entry ? next(entry) : null)
        {
            if (id == to)
                return true;
        }

        return false;
    }

    // A twin that was awaited in one record may have come in the other.
    private void TieTwins(RecordIndex other, IndexUnion union)
    {
        foreach (var (twin, by) in other._awaitedTwins)
            _awaitedTwins.TryAdd(twin, union.Here(by));
        foreach (var (twin, by) in _awaitedTwins.ToList())
        {
            if (!_byUniqueId.TryGetValue(twin, out var at))
                continue;
            _awaitedTwins.Remove(twin);
            if (Find(by) is { } first && _entries[at] is { Twin: null } come && first.Twin == come.Metadata.UniqueId
                && first.IsManagedBy(come.Depositor))
            {
                _entries[at] = come with { Twin = first.Metadata.UniqueId };
            }
        }
    }
}

/// <summary>How the documents of an index are called that became part of another one.</summary>
/// <param name="Same">Their id there → the id of the one document here.</param>
internal sealed record IndexUnion(IReadOnlyDictionary<DocumentId, DocumentId> Same)
{
    /// <summary>Of the other index, all.</summary>
    public int Documents { get; init; }

    /// <summary>Of the other index: their unique ids mean other bytes here.</summary>
    public int Apart { get; init; }

    public DocumentId Here(DocumentId there) => Same.TryGetValue(there, out var here) ? here : there;

    public DocumentId? Here(DocumentId? there) => there is { } id ? Here(id) : null;

    public AccessTrace Rename(AccessTrace trace) => Same.Count > 0 && trace.Documents.Any(Same.ContainsKey)
        ? trace with { Documents = [.. trace.Documents.Select(id => Here(id)).Distinct()] }
        : trace;
}
