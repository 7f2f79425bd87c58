namespace HealthGrains.Grains.Journal;

/// <summary>Names one journal: a kind and the key of the grain that owns it, as in <c>inbox/899700218896</c>.</summary>
/// <remarks>1 to 200 printable ASCII characters. A store uses it as an opaque key. It can hold a patient's number,
/// so it is never logged and never part of a message: <see cref="ToString"/> gives the kind alone.</remarks>
public readonly record struct JournalId
{
    public const int LengthMax = 200;

    public JournalId(JournalKind kind, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        Kind = kind;
        Value = Prefix(kind) + key;
        if (Value.Length > LengthMax || Value.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException("A journal id is 1 to 200 printable ASCII characters.", nameof(key));
    }

    public JournalKind Kind { get; }

    /// <summary>Kind and key: <c>patient/…</c>, <c>inbox/…</c>, <c>sender/…</c>, <c>agenda/…</c>, <c>caregiver/…</c>.</summary>
    public string Value { get; }

    public string Key => Value[Prefix(Kind).Length..];

    /// <summary>Reads what <see cref="Value"/> gave.</summary>
    /// <exception cref="FormatException">The text names no known kind.</exception>
    public static JournalId Parse(string value)
    {
        foreach (var kind in (ReadOnlySpan<JournalKind>)
            [JournalKind.Patient, JournalKind.Inbox, JournalKind.Sender, JournalKind.Agenda, JournalKind.Caregiver])
        {
            if (value.StartsWith(Prefix(kind), StringComparison.Ordinal))
                return new JournalId(kind, value[Prefix(kind).Length..]);
        }

        throw new FormatException("The text is no journal id.");
    }

    /// <summary>The shard that this journal belongs to, from 0: FNV-1a over the text, mixed, modulo the count.</summary>
    /// <remarks>The same on every machine and for ever: the count is fixed when a store is created.</remarks>
    public int ShardOf(int shards)
    {
        var hash = 14695981039346656037UL;
        foreach (var character in Value)
            hash = (hash ^ character) * 1099511628211UL;
        hash ^= hash >> 32;
        hash *= 0x9E3779B97F4A7C15UL;
        hash ^= hash >> 29;
        return (int)(hash % (uint)shards);
    }

    public override string ToString() => Kind.ToString();

    private static string Prefix(JournalKind kind) => kind switch
    {
        JournalKind.Patient => "patient/",
        JournalKind.Inbox => "inbox/",
        JournalKind.Sender => "sender/",
        JournalKind.Agenda => "agenda/",
        JournalKind.Caregiver => "caregiver/",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

/// <summary>Who owns a journal. The numbers are stored: never changed, never reused.</summary>
public enum JournalKind
{
    /// <summary>A patient's record.</summary>
    Patient = 1,

    /// <summary>What one professional is told.</summary>
    Inbox = 2,

    /// <summary>What one producer's organisation submitted.</summary>
    Sender = 3,

    /// <summary>What the records of one shard owe to time.</summary>
    Agenda = 4,

    /// <summary>Whom one caregiver helps.</summary>
    Caregiver = 5,
}
