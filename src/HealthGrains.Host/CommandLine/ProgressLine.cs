using System.Globalization;

namespace HealthGrains.Host.CommandLine;

/// <summary>How far a long command is: a bar on a terminal, else one line a second; always on the error output.</summary>
/// <remarks>The state is asked for when it is shown, so counting costs the work nothing.</remarks>
internal sealed class ProgressLine : IAsyncDisposable
{
    private const int BarCells = 24;
    private static readonly TimeSpan TerminalPace = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LinePace = TimeSpan.FromSeconds(1);

    private readonly CliConsole _console;
    private readonly Func<ProgressState> _state;
    private readonly PeriodicTimer _timer;
    private readonly Task _showing;
    private readonly Lock _writing = new();
    private bool _onScreen;

    private ProgressLine(CliConsole console, TimeProvider time, Func<ProgressState> state)
    {
        _console = console;
        _state = state;
        _timer = new PeriodicTimer(console.ErrorIsTerminal ? TerminalPace : LinePace, time);
        _showing = ShowAsync();
    }

    public static ProgressLine Start(CliConsole console, TimeProvider time, Func<ProgressState> state) => new(console, time, state);

    /// <summary>Writes a line above the bar.</summary>
    public void Tell(string line)
    {
        lock (_writing)
        {
            Clear();
            _console.Tell(line);
        }
    }

    /// <summary>Takes the bar away, so that a line of results can be written where both outputs are one terminal.</summary>
    public void StepAside()
    {
        lock (_writing) Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _showing;
        StepAside();
    }

    internal static string BarOf(ProgressState state)
    {
        if (state.Total is not > 0) return state.Text;
        var part = Math.Clamp((double)state.Done / state.Total.Value, 0, 1);
        var full = (int)(part * BarCells);
        return string.Create(CultureInfo.InvariantCulture,
            $"[{new string('#', full)}{new string('.', BarCells - full)}] {part * 100,5:0.0} %  {state.Text}");
    }

    private async Task ShowAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            lock (_writing)
            {
                if (_console.ErrorIsTerminal)
                {
                    Put("\r" + BarOf(_state()) + "\u001b[K");
                    _onScreen = true;
                }
                else
                {
                    _console.Tell(_state().Text);
                }
            }
        }
    }

    private void Clear()
    {
        if (!_onScreen) return;
        Put("\r\u001b[K");
        _onScreen = false;
    }

    private void Put(string text)
    {
        try
        {
            _console.Error.Write(text);
            _console.Error.Flush();
        }
        catch (IOException)
        {
            // Nobody looks.
        }
    }
}

/// <summary>How far it is.</summary>
/// <param name="Done">Items finished.</param>
/// <param name="Total">Items in all, or null while that is not known.</param>
/// <param name="Text">What to say, such as <c>120 of 400, 118 accepted, 85/s</c>.</param>
internal readonly record struct ProgressState(long Done, long? Total, string Text);
