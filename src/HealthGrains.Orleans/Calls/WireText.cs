using System.Text.Json;
using System.Text.Json.Serialization;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;

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
