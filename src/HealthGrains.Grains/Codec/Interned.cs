using System.Collections.Concurrent;

namespace HealthGrains.Grains.Codec;

/// <summary>One string each for texts that recur in many entries. Bounded, because senders choose some of them.</summary>
internal static class Interned
{
    public const int TextsMax = 4096;

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    public static string Text(string text)
    {
        if (text.Length == 0)
            return "";
        if (Texts.TryGetValue(text, out var known))
            return known;
        return Texts.Count < TextsMax ? Texts.GetOrAdd(text, text) : text;
    }
}
