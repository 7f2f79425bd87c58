using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthGrains.Host.CommandLine;

/// <summary>One result as one line of JSON. Members are only ever added; <c>v</c> counts what is not an addition.</summary>
internal static class JsonLine
{
    public const int Version = 1;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The object with its version first.</summary>
    public static string Of(JsonObject members)
    {
        var line = new JsonObject { ["v"] = Version };
        foreach (var (name, value) in members.ToArray())
        {
            members.Remove(name);
            line[name] = value;
        }

        return line.ToJsonString(Plain);
    }
}
