using System.Text;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Refusals;

/// <summary>An expected "no": a value, not an exception.</summary>
/// <param name="Code">The contract; see <see cref="RefusalCode"/>.</param>
/// <param name="Message">For people: a sentence without patient data and without the values that were sent.</param>
/// <param name="Field">Path of the field at fault, as in <c>metadata.authors[0].id</c>, or null.</param>
public sealed record Refusal(RefusalCode Code, string Message, string? Field = null)
{
    /// <summary>Further facts that a program needs, such as the ids of the present head; never patient data.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }

    /// <summary>The number under which the record answers: whoever asked asks there, and this goes no further. A patient's
    /// identifier, so it is in no text, log or status.</summary>
    public PatientId? MovedTo { get; init; }

    /// <summary>The stable upper-snake text of the code.</summary>
    public string Name => RefusalCodes.Name(Code);

    /// <summary>The same request may succeed later, unchanged.</summary>
    public bool Retryable => RefusalVocabulary.Of(Code).Retryable;

    /// <summary>The same refusal with one more detail. Keys are lower snake case.</summary>
    public Refusal With(string key, string value) =>
        this with { Details = new Dictionary<string, string>(Details ?? new Dictionary<string, string>()) { [key] = value } };

    /// <summary>Two refusals are equal when code, text, field and each detail are; no details are as good as none.</summary>
    public bool Equals(Refusal? other) =>
        other is not null && Code == other.Code && Message == other.Message && Field == other.Field && MovedTo == other.MovedTo &&
        (Details?.Count ?? 0) == (other.Details?.Count ?? 0) &&
        (Details ?? new Dictionary<string, string>()).All(pair =>
            other.Details is not null && other.Details.TryGetValue(pair.Key, out var value) && value == pair.Value);

    public override int GetHashCode() => (Code, Message, Field).GetHashCode();

    // The text of a refusal may be logged, and MovedTo may not.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append("Code = ").Append(Code).Append(", Message = ").Append(Message).Append(", Field = ").Append(Field);
        return true;
    }
}
