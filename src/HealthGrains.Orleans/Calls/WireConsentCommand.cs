using System.Text.Json;
using System.Text.Json.Serialization;
using HealthGrains.Domain.Consent;

namespace HealthGrains.Orleans.Calls;

/// <summary>One of the patient's words on consent inside another command, as what is tried before it is said: its name, then
/// itself.</summary>
internal sealed class WireConsentCommand : JsonConverter<ConsentCommand>
{
    public override ConsentCommand? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Read();
        var name = reader.GetString();
        reader.Read();
        ConsentCommand? command = name switch
        {
            nameof(AuthorizeProfessional) => JsonSerializer.Deserialize(ref reader, WireJson.Default.AuthorizeProfessional),
            nameof(RevokeAuthorization) => JsonSerializer.Deserialize(ref reader, WireJson.Default.RevokeAuthorization),
            nameof(BlockProfessional) => JsonSerializer.Deserialize(ref reader, WireJson.Default.BlockProfessional),
            nameof(UnblockProfessional) => JsonSerializer.Deserialize(ref reader, WireJson.Default.UnblockProfessional),
            nameof(SetEmergencyAccess) => JsonSerializer.Deserialize(ref reader, WireJson.Default.SetEmergencyAccess),
            nameof(SetPurposeConsent) => JsonSerializer.Deserialize(ref reader, WireJson.Default.SetPurposeConsent),
            nameof(SetAdministrator) => JsonSerializer.Deserialize(ref reader, WireJson.Default.SetAdministrator),
            _ => throw new FormatException("A call between silos tries a change that this version does not know."),
        };
        reader.Read();
        return command;
    }

    public override void Write(Utf8JsonWriter writer, ConsentCommand value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        writer.WriteStringValue(value.GetType().Name);
        switch (value)
        {
            case AuthorizeProfessional authorize:
                JsonSerializer.Serialize(writer, authorize, WireJson.Default.AuthorizeProfessional);
                break;
            case RevokeAuthorization revoke:
                JsonSerializer.Serialize(writer, revoke, WireJson.Default.RevokeAuthorization);
                break;
            case BlockProfessional block:
                JsonSerializer.Serialize(writer, block, WireJson.Default.BlockProfessional);
                break;
            case UnblockProfessional unblock:
                JsonSerializer.Serialize(writer, unblock, WireJson.Default.UnblockProfessional);
                break;
            case SetEmergencyAccess flags:
                JsonSerializer.Serialize(writer, flags, WireJson.Default.SetEmergencyAccess);
                break;
            case SetPurposeConsent purpose:
                JsonSerializer.Serialize(writer, purpose, WireJson.Default.SetPurposeConsent);
                break;
            case SetAdministrator administrator:
                JsonSerializer.Serialize(writer, administrator, WireJson.Default.SetAdministrator);
                break;
            default:
                throw new Grains.InvariantException("Each word on consent can be tried in a cluster.");
        }

        writer.WriteEndArray();
    }
}
