using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Duties;

/// <summary>What a record owes to time: work that must happen with nobody looking. Stored: never renumbered.</summary>
public enum DutyKind
{
    /// <summary>A document that waits for an announcement becomes visible to its patient by itself.</summary>
    Reveal = 1,

    /// <summary>A closed record is destroyed: its index, its consents, its contents.</summary>
    Destroy = 2,

    /// <summary>The traces of a destroyed record are destroyed.</summary>
    DestroyTraces = 3,

    /// <summary>The person comes of age and is reminded of the consents that others gave.</summary>
    Majority = 4,

    /// <summary>The representatives of a minor are reminded, in time, that the person comes of age.</summary>
    MajorityNotice = 5,

    /// <summary>A record that was announced opens: the person did not oppose.</summary>
    OpenAnnounced = 6,

    /// <summary>The record is to become part of another one: whoever sees to it finishes that.</summary>
    Merge = 61,
}

/// <summary>One duty of a record.</summary>
/// <param name="Document">The document concerned, if one is.</param>
public readonly record struct Duty(DutyKind Kind, DateTimeOffset Due, DocumentId? Document);

/// <summary>What a record still owes to time.</summary>
/// <remarks>D1. A duty is here until its effect is, and goes with it: asked twice, or by two processes, it happens once. D2. One of
/// each kind and document: a later word about its time replaces the earlier one.</remarks>
public sealed class DutyList
{
    private readonly Dictionary<(DutyKind Kind, DocumentId? Document), DateTimeOffset> _due = [];

    public int Count => _due.Count;

    /// <summary>When the next one is due, done or not; null for none.</summary>
    public DateTimeOffset? Next => _due.Count == 0 ? null : _due.Values.Min();

    public DateTimeOffset? DueOf(DutyKind kind, DocumentId? document = null) =>
        _due.TryGetValue((kind, document), out var due) ? due : null;

    /// <summary>What is due, earliest first.</summary>
    public IReadOnlyList<Duty> DueAt(DateTimeOffset now, int max) =>
    [
        .. _due.Where(duty => duty.Value <= now)
            .Select(duty => new Duty(duty.Key.Kind, duty.Value, duty.Key.Document))
            .OrderBy(duty => duty.Due).ThenBy(duty => duty.Kind).ThenBy(duty => duty.Document?.ToString(), StringComparer.Ordinal)
            .Take(max),
    ];

    internal void Set(DutyKind kind, DocumentId? document, DateTimeOffset due) => _due[(kind, document)] = due;

    internal void Remove(DutyKind kind, DocumentId? document = null) => _due.Remove((kind, document));

    /// <summary>In no order.</summary>
    internal IEnumerable<Duty> All => _due.Select(duty => new Duty(duty.Key.Kind, duty.Value, duty.Key.Document));

    /// <summary>Removes those of a kind whose document has nothing to wait for.</summary>
    internal void Drop(DutyKind kind, Func<DocumentId, bool> isDone)
    {
        foreach (var key in _due.Keys.Where(key => key.Kind == kind && key.Document is { } id && isDone(id)).ToList())
            _due.Remove(key);
    }

    internal void Clear() => _due.Clear();
}
