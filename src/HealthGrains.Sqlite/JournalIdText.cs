using System.Text;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Sqlite;

/// <summary>Journal ids as the database holds them: their ASCII bytes.</summary>
internal static class JournalIdText
{
    public static byte[] Bytes(JournalId journal) => Encoding.ASCII.GetBytes(journal.Value);

    /// <summary>The id, or null if damage made it unreadable.</summary>
    public static JournalId? TryParse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JournalId.Parse(Encoding.Latin1.GetString(text));
        }
        catch (Exception unreadable) when (unreadable is FormatException or ArgumentException)
        {
            return null;
        }
    }
}
