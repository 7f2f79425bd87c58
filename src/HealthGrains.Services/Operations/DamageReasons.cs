using HealthGrains.Grains.Journal;

namespace HealthGrains.Services.Operations;

/// <summary>From what a store says of a damage to the code that operators are told.</summary>
/// <remarks>A store's sentence may name a file of the server, so it goes to the server's log alone. Stores say what is wrong
/// in few and fixed sentences; what fits none of them is an entry that cannot be read.</remarks>
internal static class DamageReasons
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    public static string Of(JournalDamage damage)
    {
        var what = damage.What;
        if (what.Contains("hash chain", Exactly))
            return "HASH_CHAIN";
        if (what.Contains("content", Exactly))
            return what.Contains("SHA-256", Exactly) ? "CONTENT_HASH" : "CONTENT_MISSING";
        if (what.Contains("log is missing", Exactly) || what.Contains("ends at position", Exactly)
            || what.Contains("log holds", Exactly))
        {
            return "POSITION_GAP";
        }

        return what.Contains("missing", Exactly) ? "MISSING_ENTRY" : "UNREADABLE_ENTRY";
    }
}
