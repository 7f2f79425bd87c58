namespace HealthGrains.Testing.Clocks;

/// <summary>A named place where the code under test stops until the test lets it go on.</summary>
/// <remarks>The code calls <see cref="PassAsync"/>; the test awaits <see cref="ReachedAsync"/>, looks around, and calls
/// <see cref="Release"/>. Once released it stays open.</remarks>
public sealed class SyncPoint(string name)
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name { get; } = name;

    public bool IsReached => _reached.Task.IsCompleted;

    /// <summary>For the code under test.</summary>
    public Task PassAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }

    /// <summary>For the test.</summary>
    /// <exception cref="TimeoutException">Nobody came; the message names the point.</exception>
    public Task ReachedAsync() => _reached.Task.Within("waiting for somebody to reach a sync point", Name);

    public void Release() => _released.TrySetResult();
}
