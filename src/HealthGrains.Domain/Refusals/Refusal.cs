namespace HealthGrains.Domain.Refusals;

/// <summary>An expected "no": a value, not an exception.</summary>
/// <param name="Code">The contract; see <see cref="RefusalCode"/>.</param>
/// <param name="Message">For people: a sentence without patient data and without the values that were sent.</param>
/// <param name="Field">Path of the field at fault, as in <c>metadata.authors[0].id</c>, or null.</param>
public sealed record Refusal(RefusalCode Code, string Message, string? Field = null)
{
    /// <summary>Further facts that a program needs, such as the ids of the present head; never patient data.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }
}
