using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Documents;

/// <summary>The index of one record: every document ever accepted, by its ids and in order of submission.</summary>
/// <remarks>I1. A uniqueId and a document id each mean one document for ever, also after its withdrawal. I2. Exactly one
/// member of a chain of replacements is its head.</remarks>
public sealed class RecordIndex
{
    private readonly List<DocumentEntry> _entries = [];
    private readonly Dictionary<DocumentId, int> _byId = [];
    private readonly Dictionary<string, int> _byUniqueId = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    /// <summary>In order of submission.</summary>
    public IReadOnlyList<DocumentEntry> Entries => _entries;

    public DocumentEntry? Find(DocumentId id) => _byId.TryGetValue(id, out var at) ? _entries[at] : null;

    public DocumentEntry? Find(UniqueId id) => _byUniqueId.TryGetValue(id.ToString(), out var at) ? _entries[at] : null;

    /// <summary>The head of the chain that a document belongs to.</summary>
    public DocumentEntry HeadOf(DocumentEntry entry)
    {
        while (entry.ReplacedBy is { } next && Find(next) is { } newer)
            entry = newer;
        return entry;
    }

    /// <summary>The other rendering of the same report, if it is here.</summary>
    public DocumentEntry? Twin(DocumentEntry entry) => entry.Twin is { } twin ? Find(twin) : null;

    internal void Add(DocumentEntry entry)
    {
        _byId.Add(entry.Id, _entries.Count);
        _byUniqueId.Add(entry.Metadata.UniqueId.ToString(), _entries.Count);
        _entries.Add(entry);
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
