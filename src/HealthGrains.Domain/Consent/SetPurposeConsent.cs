using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Consent;

/// <summary>One row of the consents that are keyed by purpose.</summary>
/// <param name="Purpose">See <see cref="Purposes"/>.</param>
/// <param name="TermsVersion">Of the terms that the person saw; may be empty for a denial.</param>
/// <param name="Perimeter">What a service of a third party asked for: perimeter, action and category; else empty.</param>
public sealed record PurposeConsent(
    string Purpose, bool Permit, DateTimeOffset DecidedAt, string TermsVersion, string Perimeter);

/// <summary>The names of purposes.</summary>
/// <remarks>Extraction of measures from documents (<c>TRAITEMENT_AUTO_DOCS</c>, <c>DOCS</c>); the opt-out of Regulation (EU)
/// 2025/327, article 71 (<c>SECONDARY_USE</c>); and <c>service:&lt;id&gt;:&lt;finality&gt;</c> for each third-party service and
/// finality. The three emergency flags are purposes too and have a command of their own.</remarks>
public static class Purposes
{
    public const int NameCharsMax = 128;

    /// <summary>Rows of one record. One more is refused with <c>OVERLOADED</c>.</summary>
    public const int RowsMax = 1_000;

    public const string SecondaryUse = "SECONDARY_USE";

    private const string ServicePrefix = "service:";

    private static readonly string[] Fixed = ["TRAITEMENT_AUTO_DOCS", "DOCS", SecondaryUse];

    /// <summary>True for <c>service:&lt;id&gt;:&lt;finality&gt;</c>, both parts letters, digits, dots, dashes and underscores.</summary>
    public static bool IsService(string purpose)
    {
        if (!purpose.StartsWith(ServicePrefix, StringComparison.Ordinal))
            return false;
        var parts = purpose[ServicePrefix.Length..].Split(':');
        return parts is [{ Length: > 0 }, { Length: > 0 }]
            && Array.TrueForAll(parts, part => part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }

    public static bool IsKnown(string purpose) =>
        purpose.Length <= NameCharsMax && (Fixed.Contains(purpose, StringComparer.Ordinal) || IsService(purpose));
}

/// <summary>The person decided of one purpose: the whole row, as it is from now on.</summary>
public sealed record PurposeConsentSet(DateTimeOffset At, Actor By, PurposeConsent Consent) : PatientEvent(At, By);

/// <summary>Permits or denies one purpose. No reason is asked, and it can be changed at any time.</summary>
/// <param name="Permit">Null: not stated, which is refused.</param>
/// <remarks>A service that asks for more, or shows other terms, is decided anew: that is another row than the one before, not a
/// repetition.</remarks>
public sealed record SetPurposeConsent(string Purpose, bool? Permit, string TermsVersion, string Perimeter) : ConsentCommand
{
    protected override Decision<PatientState, PatientEvent, ConsentChange> DecideOpen(PatientState state, TurnContext turn)
    {
        if (!Purposes.IsKnown(Purpose))
            return Refuse(RefusalCode.MetadataInvalid, "Not the name of a purpose.", "consent.purpose");
        if (Permit is not { } permit)
            return Refuse(RefusalCode.MetadataInvalid, "PERMIT or DENY must be stated.", "consent.decision");
        if (permit && TermsVersion.Length == 0)
        {
            return Refuse(
                RefusalCode.MetadataInvalid, "The version of the terms that the person saw is required.", "consent.terms_version");
        }

        var isService = Purposes.IsService(Purpose);
        if (isService ? permit && Perimeter.Length == 0 : Perimeter.Length > 0)
        {
            return Refuse(
                RefusalCode.MetadataInvalid,
                "What a service of a third party asks for must be stated, and nothing else has a perimeter.",
                "consent.perimeter");
        }

        var row = new PurposeConsent(Purpose, permit, turn.Now, TermsVersion, Perimeter);
        if (state.Consent.Purposes.TryGetValue(Purpose, out var known))
        {
            if (known == row with { DecidedAt = known.DecidedAt })
                return Reply(new ConsentChange(turn.Now, state.Consent.Version, true) { Purpose = known });
        }
        else if (state.Consent.Purposes.Count >= Purposes.RowsMax)
        {
            return Refuse(RefusalCode.Overloaded, "The record holds the most purposes that it can.", "consent.purpose");
        }

        return Emit(
            [new PurposeConsentSet(turn.Now, By, row)],
            after => new ConsentChange(turn.Now, after.Consent.Version, false) { Purpose = row });
    }
}
