using System.Text;

namespace HealthGrains.Host.CommandLine;

/// <summary>Where a command writes: results to one side, progress and errors to the other.</summary>
/// <remarks>Results go to the descriptor itself: the runtime's console stream keeps silent about a reader who left, and a
/// command would go on writing for nobody.</remarks>
internal sealed class CliConsole
{
    public CliConsole(TextWriter output, TextWriter error, bool outputIsTerminal = false, bool errorIsTerminal = false)
    {
        Output = output;
        Error = error;
        OutputIsTerminal = outputIsTerminal;
        ErrorIsTerminal = errorIsTerminal;
    }

    /// <summary>Results. Writing throws <see cref="OutputClosedException"/> when nobody reads any more.</summary>
    public TextWriter Output { get; }

    /// <summary>Progress and errors.</summary>
    public TextWriter Error { get; }

    public bool OutputIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public static CliConsole OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        TextWriter output = OperatingSystem.IsWindows() || !Console.IsOutputRedirected
            ? Console.Out
            : new OutputWriter(new StandardOutput(), utf8);
        return new CliConsole(output, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);
    }

    /// <summary>Writes one line of results, whole, at once.</summary>
    public async ValueTask WriteLineAsync(string line)
    {
        try
        {
            await Output.WriteLineAsync(line);
            await Output.FlushAsync();
        }
        catch (IOException e)
        {
            throw new OutputClosedException(e);
        }
    }

    /// <summary>Writes one line of progress or error; a closed error output is nobody's problem.</summary>
    public void Tell(string line)
    {
        try
        {
            Error.WriteLine(line);
            Error.Flush();
        }
        catch (IOException)
        {
            // There is nowhere left to say it.
        }
    }

    // Not flushed line by line by itself: WriteLineAsync does, so a line is one write.
    private sealed class OutputWriter(Stream stream, Encoding encoding) : StreamWriter(stream, encoding, bufferSize: 16 * 1024)
    {
        public override string NewLine => "\n";
    }
}

/// <summary>Nobody reads the results any more, or the disk under them is full.</summary>
internal sealed class OutputClosedException(IOException inner)
    : Exception($"The results cannot be written: {inner.Message}. It is safe to repeat the command.", inner)
{
    /// <summary>A reader who took what it wanted and left, as <c>head</c> does.</summary>
    public bool ReaderLeft { get; } = inner.HResult == StandardOutput.ReaderLeft;
}
