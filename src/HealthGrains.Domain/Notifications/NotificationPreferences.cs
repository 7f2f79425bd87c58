using System.Collections.Frozen;
using HealthGrains.Domain.Codes;

namespace HealthGrains.Domain.Notifications;

/// <summary>What a person may switch off, each with all of its codes. Stored: never renumbered.</summary>
public enum NotificationCategory
{
    Message = 1,
    Document = 2,
    Appointment = 3,
    Screening = 4,
    SynchronisedService = 5,
}

/// <summary>What a person does not want to be alerted of.</summary>
/// <remarks>It silences and withholds nothing: what is muted keeps its place in the person's sequence of changes, which
/// applications read to stay complete, and in the record of accesses. An access in an emergency cannot be muted.</remarks>
public sealed record NotificationPreferences
{
    public static readonly NotificationPreferences Everything = new();

    private static readonly FrozenDictionary<ChangeCode, NotificationCategory?> Categories = Enum.GetValues<ChangeCode>()
        .ToFrozenDictionary(code => code, code => ChangeCodes.Described(code).Category);

    /// <summary>In the order of their numbers, each once.</summary>
    public IReadOnlyList<NotificationCategory> Muted { get; private init; } = [];

    public static NotificationPreferences Muting(IEnumerable<NotificationCategory> categories) =>
        new() { Muted = [.. categories.Distinct().Order()] };

    public bool Mutes(NotificationCategory category) => Muted.Contains(category);

    /// <summary>True if the person is not to be alerted of this.</summary>
    public bool Mutes(ChangeCode code) => Muted.Count > 0 && Categories[code] is { } category && Mutes(category);
}
