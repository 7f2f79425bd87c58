using System.Buffers.Text;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Client;

/// <summary>Whose record a command is about: what its options say, or whom its own token speaks of.</summary>
internal static class RecordPatient
{
    public static Option<string> Ins(string name = "--patient") => new(name)
    {
        Description = "INS of the patient, 15 characters (default the one of a patient's own token)", HelpName = "INS",
    };

    public static Option<string> Oid() => new("--oid")
    {
        Description = "OID of the INS (default the test OID 1.2.250.1.213.1.4.10)", HelpName = "OID",
    };

    /// <exception cref="CliException">Neither options nor token name anybody.</exception>
    public static Patient Of(string? ins, string? oid, string? token)
    {
        if (ins is not null) return new Patient { Ins = ins, Oid = oid ?? InsOid.NirTest.Text() };
        return OfToken(token) ?? throw new CliException(ExitCode.Usage, "Whose record? Name the patient with --patient, or use a patient's token.");
    }

    // Only to spare typing: the server believes the token by its signature, we do not need to.
    private static Patient? OfToken(string? token)
    {
        if (token?.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims)) return null;
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(claims)));
            return document.RootElement.TryGetProperty("ins", out var ins) && document.RootElement.TryGetProperty("ins_oid", out var oid)
                ? new Patient { Ins = ins.GetString() ?? "", Oid = oid.GetString() ?? "" }
                : null;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }
}
