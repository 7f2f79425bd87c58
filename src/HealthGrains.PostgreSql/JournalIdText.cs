using HealthGrains.Grains.Journal;

namespace HealthGrains.PostgreSql;

/// <summary>Journal ids as the database gives them.</summary>
internal static class JournalIdText
{
    /// <summary>The id, or null if damage made it unreadable.</summary>
    public static JournalId? TryParse(string text)
    {
        try
        {
            return JournalId.Parse(text);
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException)
        {
            return null;
        }
    }
}
