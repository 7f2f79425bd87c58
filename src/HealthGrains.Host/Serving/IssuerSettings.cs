using HealthGrains.Host.CommandLine;
using HealthGrains.Services;
using Microsoft.Extensions.Configuration;

namespace HealthGrains.Host.Serving;

/// <summary>Whose tokens are taken, and for whom: <c>Auth:Issuer</c> with <c>Auth:Kinds</c>, or several as
/// <c>Auth:Issuers:0:Issuer</c> with <c>Auth:Issuers:0:Kinds</c>.</summary>
/// <remarks>An issuer that knows professionals has no business to name a producer. Where several are trusted, each says whom it
/// speaks for; in production an operator is somebody only where that is written.</remarks>
internal static class IssuerSettings
{
    private const CallerKinds All = CallerKinds.Readers | CallerKinds.Producer | CallerKinds.Operator;

    /// <exception cref="CliException">A value cannot be one.</exception>
    public static IReadOnlyList<(string Issuer, CallerKinds Kinds)> From(IConfiguration values, bool isProduction)
    {
        var issuers = new List<(string Issuer, CallerKinds Kinds)>();
        var otherwise = isProduction ? All & ~CallerKinds.Operator : All;
        if (values["Auth:Issuer"] is { } one) issuers.Add((one, KindsOf("Auth:Kinds", values["Auth:Kinds"]) ?? otherwise));
        foreach (var entry in values.GetSection("Auth:Issuers").GetChildren())
        {
            var issuer = entry["Issuer"] ?? throw new CliException(ExitCode.Usage, $"{entry.Path} has no Issuer.");
            issuers.Add((issuer, KindsOf($"{entry.Path}:Kinds", entry["Kinds"])
                ?? throw new CliException(ExitCode.Usage, $"{entry.Path}:Kinds says for whom {issuer} speaks: some of patient, professional, producer, delegate, operator.")));
        }

        if (issuers.Count > HostLimits.IssuersMax) throw new CliException(ExitCode.Usage, $"At most {HostLimits.IssuersMax} issuers are trusted.");
        return issuers.DistinctBy(entry => entry.Issuer).Count() == issuers.Count
            ? issuers
            : throw new CliException(ExitCode.Usage, "One issuer is named twice.");
    }

    private static CallerKinds? KindsOf(string name, string? text)
    {
        if (text is null) return null;
        var kinds = CallerKinds.None;
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            kinds |= word switch
            {
                "patient" => CallerKinds.Patient,
                "professional" => CallerKinds.Professional,
                "producer" => CallerKinds.Producer,
                "delegate" => CallerKinds.Delegate,
                "operator" => CallerKinds.Operator,
                _ => throw ServerSettings.Wrong(name, text, "some of patient, professional, producer, delegate, operator, with commas"),
            };
        }

        return kinds;
    }
}
