using System.Collections.Concurrent;
using HealthGrains.Domain.Access;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>The file of the habilitation matrix: taken at the start, taken again when it changes, never a bad one.</summary>
public sealed class MatrixFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Lines _log = new();

    public void Dispose() => _directory.Dispose();

    private string Path => System.IO.Path.Combine(_directory.Path, "matrix.json");

    [Fact]
    public async Task A_changed_file_is_in_force_at_the_next_look_and_a_bad_one_leaves_the_last_good_one()
    {
        Write("one");
        var settings = Settings();
        await using var file = MatrixFile.Open(settings, TimeProvider.System, _log)!;
        var holder = settings.Policy.Matrix;
        Assert.Equal("one", holder.Current.Version);

        Write("two");
        file.Look();
        Assert.Equal("two", holder.Current.Version);

        File.WriteAllText(Path, "{ not a matrix");
        file.Look();
        file.Look();
        File.Delete(Path);
        file.Look();
        Assert.Equal("two", holder.Current.Version);
        Assert.Equal(2, _log.Names.Count(name => name == "MatrixNotTaken"));

        Write("three");
        file.Look();
        Assert.Equal("three", holder.Current.Version);
        Assert.Equal("one", _log.Texts.First(line => line.Contains("placeholder", StringComparison.Ordinal)).Split(' ')[3]);
        Assert.NotSame(holder, Settings().Policy.Matrix);
    }

    [Fact]
    public async Task Where_an_official_one_is_required_a_placeholder_neither_starts_nor_replaces()
    {
        var shipped = Assert.Throws<CliException>(() => MatrixFile.Open(Settings(named: false, official: true), TimeProvider.System, _log));
        Assert.Equal(ExitCode.Usage, shipped.Exit);
        Write("guess");
        Assert.Throws<CliException>(() => MatrixFile.Open(Settings(official: true), TimeProvider.System, _log));

        Write("annex", "official");
        var settings = Settings(official: true);
        await using var file = MatrixFile.Open(settings, TimeProvider.System, _log)!;
        Assert.True(settings.Policy.Matrix.Current.IsOfficial);
        Write("guess");
        file.Look();
        Assert.Equal("annex", settings.Policy.Matrix.Current.Version);
        Assert.DoesNotContain("MatrixIsPlaceholder", _log.Names);
    }

    [Fact]
    public void A_server_does_not_start_with_a_file_that_is_not_good()
    {
        Assert.Throws<CliException>(() => MatrixFile.Open(Settings(), TimeProvider.System, _log));
        File.WriteAllText(Path, new string('x', 3 * 1024 * 1024));
        Assert.Throws<CliException>(() => MatrixFile.Open(Settings(), TimeProvider.System, _log));
    }

    [Fact]
    public void Production_requires_the_official_one_unless_told_otherwise()
    {
        Assert.True(Production(null).RequiresOfficialMatrix);
        Assert.False(Production("false").RequiresOfficialMatrix);

        static ServerSettings Production(string? required) => ServerSettings.From(new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Production"] = "true", ["Auth:Issuer"] = "https://issuer.example", ["Matrix:RequireOfficial"] = required,
            }).Build());
    }

    private ServerSettings Settings(bool named = true, bool official = false) => ServerSettings.From(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Matrix:File"] = named ? Path : null, ["Matrix:RequireOfficial"] = official ? "true" : "false",
        }).Build());

    private void Write(string version, string status = "placeholder") => File.WriteAllText(Path, AccessMatrixFile.ReadShipped()
        .Replace(AccessMatrix.Shipped.Version, version, StringComparison.Ordinal)
        .Replace("\"status\": \"placeholder\"", $"\"status\": \"{status}\"", StringComparison.Ordinal));

    private sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<(string? Name, string Text)> _lines = new();

        public IEnumerable<string?> Names => _lines.Select(line => line.Name);

        public IEnumerable<string> Texts => _lines.Select(line => line.Text);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((eventId.Name, formatter(state, exception)));
    }
}
