using HealthGrains.Host.CommandLine;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Host.Serving;

/// <summary>A server's log: one line each on the standard output, as text or as JSON, in UTC.</summary>
internal static class ServerLogging
{
    private const string Time = "yyyy-MM-ddTHH:mm:ss.fffZ ";

    /// <exception cref="CliException">The level is none.</exception>
    public static ILoggerFactory Create(ServerSettings settings)
    {
        if (!Enum.TryParse<LogLevel>(settings.LogLevel, ignoreCase: true, out var level))
            throw new CliException(ExitCode.Usage, $"Log:Level '{settings.LogLevel}' is no level, such as Information or Warning.");
        return LoggerFactory.Create(logging =>
        {
            // The server's own parts speak; the web stack only when something is wrong.
            logging.SetMinimumLevel(level);
            logging.AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning);
            if (settings.LogJson)
            {
                logging.AddJsonConsole(console =>
                {
                    console.UseUtcTimestamp = true;
                    console.TimestampFormat = Time.TrimEnd();
                });
            }
            else
            {
                logging.AddSimpleConsole(console =>
                {
                    console.SingleLine = true;
                    console.UseUtcTimestamp = true;
                    console.TimestampFormat = Time;
                });
            }
        });
    }
}
