namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>A directory that goes with its test.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = HostProcess.NewDirectory();

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
