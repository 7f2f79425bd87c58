using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Aliases;

/// <summary>A number in a page token, with the merges that the record was made of when the page was shown: places in a list that was
/// begun before two records became one mean others afterwards.</summary>
/// <remarks>A record that is made of none marks nothing: its numbers stay what they were.</remarks>
internal static class PageMark
{
    // 67 million places, and 16 times as many as there may be merges.
    private const int PlaceBits = 26;

    public static readonly Refusal Expired = new(
        RefusalCode.CursorExpired, "Two records became one since this list was begun: begin again.", "page_token");

    public static int Make(PatientState state, int place) => (state.Merges.Count << PlaceBits) | place;

    /// <returns>The place, or null if it is one of another record than this is now.</returns>
    public static int? Read(PatientState state, int mark) =>
        mark >> PlaceBits == state.Merges.Count ? mark & ((1 << PlaceBits) - 1) : null;
}
