using HealthGrains.Domain.Agendas;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains.Routing;

/// <summary>One recipient that is set aside: what is noted of it, and until where it has to come.</summary>
internal sealed class AsideLane(JournalId recipient, long required)
{
    private volatile TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JournalId Recipient { get; } = recipient;

    /// <summary>Its lines in the agenda: several when several routers set it aside.</summary>
    public List<long> Numbers { get; } = [];

    /// <summary>As it was noted last.</summary>
    public required HeldDelivery Held { get; set; }

    public int Attempts { get; set; }

    public DateTimeOffset OverdueAt { get; set; }

    public bool IsOverdue { get; set; }

    /// <summary>The shard's own loop has left it out up to here. Under the lock of the shard's deliveries.</summary>
    public long Required { get; set; } = required;

    public Task Running { get; set; } = Task.CompletedTask;

    /// <summary>Tries again at once.</summary>
    public void Wake() => _woken.TrySetResult();

    public async Task PauseAsync(TimeSpan pause, TimeProvider time, CancellationToken ending)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ending);
        await Task.WhenAny(Task.Delay(RetryPause.Jittered(pause), time, over.Token), _woken.Task);
        await over.CancelAsync();
        if (_woken.Task.IsCompleted)
            _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ending.ThrowIfCancellationRequested();
    }
}
