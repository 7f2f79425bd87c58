using System.Text.Json;
using System.Text.Json.Serialization;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;

namespace HealthGrains.Orleans.Calls;

/// <summary>An identity as its text; one that is none as <c>null</c>.</summary>
/// <remarks>Read with the rules for what is stored: what this cluster once accepted is not doubted between two silos.</remarks>
internal abstract class WireText<T>(Func<string, T> parse) : JsonConverter<T>
    where T : struct, IEquatable<T>
{
    public override bool HandleNull => true;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? default : parse(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (value.Equals(default))
            writer.WriteNullValue();
        else
            writer.WriteStringValue(value.ToString());
    }

    // As the key of a dictionary, where there is no null.
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? parse(text) : default;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.Equals(default) ? "" : value.ToString() ?? "");
}

internal sealed class PatientIdText() : WireText<PatientId>(PatientId.Parse);

internal sealed class ProfessionalIdText() : WireText<ProfessionalId>(ProfessionalId.Parse);

internal sealed class StructureIdText() : WireText<StructureId>(StructureId.Parse);

internal sealed class ProfessionCodeText() : WireText<ProfessionCode>(ProfessionCode.Parse);

internal sealed class DocumentIdText() : WireText<DocumentId>(DocumentId.Parse);

internal sealed class UniqueIdText() : WireText<UniqueId>(UniqueId.Parse);

internal sealed class Sha256Text() : WireText<Sha256>(Sha256.Parse);

internal sealed class UploadIdText() : WireText<UploadId>(text =>
    UploadId.TryParse(text, out var id) ? id : throw new FormatException("A call between silos names an upload."));

/// <summary>Whom a patient blocked, and when: two elements, since the pair's own properties cannot be set.</summary>
internal sealed class BlockText : JsonConverter<KeyValuePair<string, DateTimeOffset>>
{
    public override KeyValuePair<string, DateTimeOffset> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Read();
        var whom = reader.GetString() ?? "";
        reader.Read();
        var since = reader.GetDateTimeOffset();
        reader.Read();
        return new(whom, since);
    }

    public override void Write(
        Utf8JsonWriter writer, KeyValuePair<string, DateTimeOffset> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.Key);
        writer.WriteStringValue(value.Value);
        writer.WriteEndArray();
    }
}

/// <summary>Whom a patient side blocked, and who did: two elements, like <see cref="BlockText"/>.</summary>
internal sealed class BlockerText : JsonConverter<KeyValuePair<string, Actor>>
{
    public override KeyValuePair<string, Actor> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Read();
        var whom = reader.GetString() ?? "";
        reader.Read();
        var by = JsonSerializer.Deserialize(ref reader, WireJson.Default.Actor)
            ?? throw new FormatException("An answer between silos names who blocked somebody.");
        reader.Read();
        return new(whom, by);
    }

    public override void Write(Utf8JsonWriter writer, KeyValuePair<string, Actor> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.Key);
        JsonSerializer.Serialize(writer, value.Value, WireJson.Default.Actor);
        writer.WriteEndArray();
    }
}

/// <summary>A delegation and how far it is: two elements, since the members of a tuple are fields, which are not written.</summary>
internal sealed class DelegationText : JsonConverter<(Delegation Delegation, DelegationStatus Status)>
{
    public override (Delegation Delegation, DelegationStatus Status) Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Read();
        var delegation = JsonSerializer.Deserialize(ref reader, WireJson.Default.Delegation)
            ?? throw new FormatException("An answer between silos names a delegation.");
        reader.Read();
        var status = (DelegationStatus)reader.GetInt32();
        reader.Read();
        return (delegation, status);
    }

    public override void Write(
        Utf8JsonWriter writer, (Delegation Delegation, DelegationStatus Status) value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        JsonSerializer.Serialize(writer, value.Delegation, WireJson.Default.Delegation);
        writer.WriteNumberValue((int)value.Status);
        writer.WriteEndArray();
    }
}

/// <summary>What a patient does not want to be told, as numbers: the type makes itself from them alone.</summary>
internal sealed class PreferencesText : JsonConverter<NotificationPreferences>
{
    public override NotificationPreferences Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var muted = new List<NotificationCategory>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            muted.Add((NotificationCategory)reader.GetInt32());
        return NotificationPreferences.Muting(muted);
    }

    public override void Write(Utf8JsonWriter writer, NotificationPreferences value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var category in value.Muted)
            writer.WriteNumberValue((int)category);
        writer.WriteEndArray();
    }
}
