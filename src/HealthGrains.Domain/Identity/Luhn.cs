namespace HealthGrains.Domain.Identity;

/// <summary>The Luhn check digit (ISO/IEC 7812-1 annex B), which RPPS, FINESS, SIREN and SIRET end with.</summary>
public static class Luhn
{
    /// <summary>Whether the last digit is the check digit of those before it; false for anything but digits.</summary>
    public static bool IsValid(ReadOnlySpan<char> digits) =>
        digits.Length >= 2 && AllDigits(digits) && Sum(digits, doubleLast: false) % 10 == 0;

    /// <summary>The check digit, '0' to '9', to append to a text of digits.</summary>
    /// <exception cref="ArgumentException">The text is not digits alone.</exception>
    public static char CheckDigit(ReadOnlySpan<char> digits)
    {
        if (!AllDigits(digits)) throw new ArgumentException("Digits only.", nameof(digits));
        return (char)('0' + ((10 - (Sum(digits, doubleLast: true) % 10)) % 10));
    }

    internal static bool AllDigits(ReadOnlySpan<char> text) =>
        !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    private static int Sum(ReadOnlySpan<char> digits, bool doubleLast)
    {
        var sum = 0;
        var doubling = doubleLast;
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            var digit = digits[i] - '0';
            if (doubling) digit = digit > 4 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
            doubling = !doubling;
        }

        return sum;
    }
}
