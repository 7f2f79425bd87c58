using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents;

/// <summary>The index of one record: every document ever accepted, by its ids and in order of submission.</summary>
/// <remarks>I1. A uniqueId and a document id each mean one document for ever, also after its withdrawal. I2. Exactly one
/// member of a chain of replacements is its head.</remarks>
public sealed partial class RecordIndex
{
    private readonly List<DocumentEntry> _entries = [];
    private readonly Dictionary<DocumentId, int> _byId = [];
    private readonly Dictionary<string, int> _byUniqueId = new(StringComparer.Ordinal);

    // Twins that were named before they came: uniqueId → who named it.
    private readonly Dictionary<string, DocumentId> _awaitedTwins = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    /// <summary>In order of submission.</summary>
    public IReadOnlyList<DocumentEntry> Entries => _entries;

    public DocumentEntry? Find(DocumentId id) => _byId.TryGetValue(id, out var at) ? _entries[at] : null;

    /// <summary>Where a document stands in <see cref="Entries"/>; null when it is not there.</summary>
    public int? OrderOf(DocumentId id) => _byId.TryGetValue(id, out var at) ? at : null;

    /// <summary>The document that an id means. In a record that was made of two the one that is in force, of this record's own
    /// first.</summary>
    public DocumentEntry? Find(UniqueId id)
    {
        if (!_byUniqueId.TryGetValue(id.ToString(), out var at))
            return null;
        return _apart is null ? _entries[at]
            : FindAll(id).FirstOrDefault(one => one is { Sealed: false, Status: not DocumentStatus.Deleted }) ?? _entries[at];
    }

    /// <summary>The head of the chain that a document belongs to.</summary>
    public DocumentEntry HeadOf(DocumentEntry entry)
    {
        while (entry.ReplacedBy is { } next && Find(next) is { } newer)
            entry = newer;
        return entry;
    }

    /// <summary>The other rendering of the same report, if it is here, not sealed, and each is the twin of the other.</summary>
    public DocumentEntry? Twin(DocumentEntry entry) =>
        entry.Twin is { } twin && Find(twin) is { Sealed: false } other && other.Twin == entry.Metadata.UniqueId
            ? other
            : null;

    /// <summary>Adds an entry and ties it to its twin, whichever of the two named the other and whichever came first.</summary>
    internal void Add(DocumentEntry entry)
    {
        var uniqueId = entry.Metadata.UniqueId;
        if (_awaitedTwins.Remove(uniqueId.ToString(), out var awaitedBy)
            && entry.Twin is null
            && Find(awaitedBy) is { } first
            && first.Twin == uniqueId
            && first.IsManagedBy(entry.Depositor))
        {
            entry = entry with { Twin = first.Metadata.UniqueId };
        }

        _byId.Add(entry.Id, _entries.Count);
        _byUniqueId.Add(uniqueId.ToString(), _entries.Count);
        _entries.Add(entry);
        if (entry.Twin is not { } twin)
            return;
        if (Find(twin) is not { } other)
            _awaitedTwins[twin.ToString()] = entry.Id;
        else if (other.IsManagedBy(entry.Depositor))
            Change(other.Id, known => known with { Twin = uniqueId });
    }

    internal void Change(DocumentId id, Func<DocumentEntry, DocumentEntry> change)
    {
        if (_byId.TryGetValue(id, out var at))
            _entries[at] = change(_entries[at]);
    }

    internal void SealAll()
    {
        for (var i = 0; i < _entries.Count; i++)
            _entries[i] = _entries[i] with { Sealed = true };
    }
}
