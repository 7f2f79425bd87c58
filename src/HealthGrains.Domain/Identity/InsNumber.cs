namespace HealthGrains.Domain.Identity;

/// <summary>Shape and key of the 15-character number of an INS.</summary>
/// <remarks>Sex, year (2), month (2), department (2), commune (3), rank (3), key (2). Months 20 to 99 mean unknown;
/// department 2A and 2B are Corsica, 97 and 98 overseas, 99 abroad. Key = 97 − (N mod 97) with N the first thirteen
/// characters as a number, 2A counted as 19 and 2B as 18. Source: INSEE, NIR; ANS, <c>Référentiel INS</c>. Lower case is
/// refused and a missing key is never added: a number that needs repair is the sender's to repair.</remarks>
public static class InsNumber
{
    /// <summary>Length with the key, in characters.</summary>
    public const int Length = 15;

    private const int BodyLength = 13;

    /// <summary>Whether the text has the shape and the key of a permanent number (first digit 1 or 2).</summary>
    public static bool IsNir(ReadOnlySpan<char> text) => IsNumber(text, "12");

    /// <summary>Whether the text has the shape and the key of a waiting number, whose first digit is one of those given.</summary>
    public static bool IsNia(ReadOnlySpan<char> text, ReadOnlySpan<char> firstDigits) => IsNumber(text, firstDigits);

    /// <summary>The two digits of the key of a number's first thirteen characters: 1 to 97, or 0 if they are not shaped
    /// like a number.</summary>
    public static int Key(ReadOnlySpan<char> body)
    {
        if (body.Length != BodyLength) return 0;
        long n = 0;
        for (var i = 0; i < BodyLength; i++)
        {
            int digit;
            if (char.IsAsciiDigit(body[i])) digit = body[i] - '0';
            else if (i == 6 && body[5] == '2' && body[6] is 'A' or 'B') digit = 0;
            else return 0;
            n = (n * 10) + digit;
        }

        // 2A counts as 19 and 2B as 18; with the letter read as 0 the department is 20, one or two too much.
        n -= body[6] switch { 'A' => 1_000_000, 'B' => 2_000_000, _ => 0 };
        return 97 - (int)(n % 97);
    }

    private static bool IsNumber(ReadOnlySpan<char> text, ReadOnlySpan<char> firstDigits)
    {
        if (text.Length != Length || !firstDigits.Contains(text[0])) return false;
        if (!Luhn.AllDigits(text[BodyLength..])) return false;

        // Months 01 to 12, and 20 to 99 for unknown; 00 and 13 to 19 do not exist.
        if (!Luhn.AllDigits(text[3..5])) return false;
        var month = ((text[3] - '0') * 10) + (text[4] - '0');
        if (month is 0 or (> 12 and < 20)) return false;

        var key = ((text[13] - '0') * 10) + (text[14] - '0');
        return key is >= 1 and <= 97 && key == Key(text[..BodyLength]);
    }
}
