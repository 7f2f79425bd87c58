using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Contracts.V1;

namespace HealthGrains.Host.Client;

/// <summary>Answers of the server as JSON: the names of the protos, SHA-256 in hexadecimal, times in UTC.</summary>
/// <remarks>Written by hand where scripts rely on it, so that a renamed C# member does not change what they read.</remarks>
internal static class MessageJson
{
    public static JsonObject Of(Receipt receipt)
    {
        var json = new JsonObject
        {
            ["document_id"] = receipt.DocumentId,
            ["unique_id"] = receipt.UniqueId,
            ["sha256"] = Hex(receipt.Sha256),
            ["size"] = receipt.Size,
            ["accepted_at"] = Time(receipt.AcceptedAt),
            ["already_known"] = receipt.AlreadyKnown,
            ["class_code"] = receipt.ClassCode,
            ["recipients"] = receipt.Recipients,
            ["shard"] = receipt.Shard,
            ["position"] = receipt.Position,
        };
        if (receipt.Warnings.Count > 0) json["warnings"] = new JsonArray([.. receipt.Warnings.Select(w => (JsonNode)w)]);
        return json;
    }

    public static JsonObject Of(Refusal refusal)
    {
        var json = new JsonObject
        {
            ["code"] = refusal.Code,
            ["message"] = refusal.Message,
            ["field"] = refusal.Field,
            ["retryable"] = refusal.Retryable,
        };
        if (refusal.OtherFields.Count > 0) json["other_fields"] = new JsonArray([.. refusal.OtherFields.Select(f => (JsonNode)f)]);
        return json;
    }

    public static JsonObject Of(RecordChange change)
    {
        var json = new JsonObject
        {
            ["sequence"] = change.Sequence,
            ["at"] = Time(change.At),
            ["code"] = change.Code,
            ["label"] = change.Label,
            ["document_id"] = change.DocumentId,
        };
        if (change.Document is { } document) json["document"] = Of(document);
        if (change.Actor is { } actor)
        {
            json["actor"] = new JsonObject
            {
                ["kind"] = Name(actor.Kind),
                ["id"] = actor.Id,
                ["name"] = actor.Name,
                ["profession"] = actor.Profession,
                ["organization_id"] = actor.OrganizationId,
            };
        }

        return json;
    }

    public static JsonObject Of(Document document) => new()
    {
        ["document_id"] = document.DocumentId,
        ["unique_id"] = document.UniqueId,
        ["entry_version"] = document.EntryVersion,
        ["title"] = document.Metadata?.Title ?? "",
        ["type_code"] = document.Metadata?.TypeCode ?? "",
        ["class_code"] = document.ClassCode,
        ["status"] = Name(document.Status),
        ["size"] = document.Size,
        ["sha256"] = Hex(document.Sha256),
        ["submitted_at"] = Time(document.SubmittedAt),
    };

    public static JsonObject Of(InboxItem item)
    {
        var json = new JsonObject
        {
            ["sequence"] = item.Sequence,
            ["at"] = Time(item.At),
            ["code"] = item.Code,
            ["document_id"] = item.DocumentId,
        };
        if (item.Patient is { } patient) json["patient"] = new JsonObject { ["ins"] = patient.Ins, ["oid"] = patient.Oid };
        return json;
    }

    public static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    /// <summary>RFC 3339 in UTC with milliseconds; null where there is none.</summary>
    public static string? Time(Timestamp? time) =>
        time?.ToDateTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>The value's name as the proto writes it, such as OPEN_ACTIVATED.</summary>
    public static string Name<T>(T value)
        where T : struct, System.Enum
    {
        var name = value.ToString();
        var field = typeof(T).GetField(name);
        return field?.GetCustomAttributes(typeof(Google.Protobuf.Reflection.OriginalNameAttribute), inherit: false)
            is [Google.Protobuf.Reflection.OriginalNameAttribute original]
                ? original.Name
                : name;
    }
}
