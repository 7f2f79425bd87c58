using System.Buffers;
using System.Globalization;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>What a text sent by a stranger may hold.</summary>
/// <remarks>No control character, since texts end up in logs, tables and terminals; nothing that turns the direction of
/// writing, which makes a text look like another one (Unicode Technical Report 36, section 2.1); no replacement character,
/// which stands for bytes that were no UTF-8.</remarks>
public static class TextRules
{
    private static readonly SearchValues<char> Forbidden = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(c => (char)c))
        + "\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\uFEFF\uFFFD\uFFFE\uFFFF");

    private static readonly SearchValues<char> ForbiddenInLines = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(c => (char)c)
            .Where(c => c is not ('\t' or '\n' or '\r')))
        + "\u061C\u200E\u200F\u2028\u2029\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069\uFEFF\uFFFD\uFFFE\uFFFF");

    /// <summary>One line of text.</summary>
    /// <returns>Null when it may be kept.</returns>
    public static Refusal? CheckLine(string text, int charsMax, string field) =>
        text.Length > charsMax ? TooLong(charsMax, field)
        : text.AsSpan().ContainsAny(Forbidden) || HasLoneSurrogate(text) ? Unclean(field)
        : null;

    /// <summary>A text of several lines.</summary>
    /// <returns>Null when it may be kept.</returns>
    public static Refusal? CheckLines(string text, int charsMax, string field) =>
        text.Length > charsMax ? TooLong(charsMax, field)
        : text.AsSpan().ContainsAny(ForbiddenInLines) || HasLoneSurrogate(text) ? Unclean(field)
        : null;

    /// <summary>A code: visible ASCII without spaces.</summary>
    /// <returns>Null when it may be kept.</returns>
    public static Refusal? CheckCode(string text, string field) =>
        text.Length > IntakeLimits.CodeCharsMax ? TooLong(IntakeLimits.CodeCharsMax, field)
        : text.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? new Refusal(RefusalCode.MetadataInvalid, "A code is visible ASCII without spaces.", field)
            : null;

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (CharUnicodeInfo.GetUnicodeCategory(text, i) == UnicodeCategory.Surrogate)
                return true;
            i++;
        }

        return false;
    }

    private static Refusal TooLong(int charsMax, string field) =>
        new(RefusalCode.MetadataInvalid, $"The text is longer than {charsMax} characters.", field);

    private static Refusal Unclean(string field) => new(
        RefusalCode.MetadataInvalid, "The text holds control characters, marks of direction or broken characters.", field);
}
