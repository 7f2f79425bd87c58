using Microsoft.Extensions.Logging;

namespace HealthGrains.Services.Authentication;

/// <summary>What authentication logs: never a token, never an identifier of a person.</summary>
internal static partial class AuthenticationLog
{
    [LoggerMessage(2100, LogLevel.Information, "Issuer keys renewed: {Keys} usable of {Published} published",
        EventName = "IssuerKeysRenewed")]
    public static partial void IssuerKeysRenewed(this ILogger log, int keys, int published);

    [LoggerMessage(2101, LogLevel.Warning, "Issuer keys could not be had ({Reason}); tokens are refused once the known keys are {AgeMax} old",
        EventName = "IssuerKeysUnreachable")]
    public static partial void IssuerKeysUnreachable(this ILogger log, string reason, TimeSpan ageMax);
}
