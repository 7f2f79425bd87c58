using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace HealthGrains.Campaigns;

/// <summary><c>verify</c> on the store that a campaign leaves: it passes, and after one flipped bit in an entry it names the
/// place.</summary>
internal static class StoreCheck
{
    private const int Flips = 5;

    /// <returns>How many of the checks failed.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> server, string data, Ledger ledger, Random random, CancellationToken cancellation)
    {
        var failed = 0;
        var clock = Stopwatch.StartNew();
        var (exit, said) = await VerifyAsync(server, data, cancellation);
        Console.WriteLine($"verify: exit {exit}, {said}, {clock.Elapsed.TotalSeconds:0.0} s");
        if (exit != 0)
            return 1;

        var file = Path.Combine(data, "healthgrains.db");
        var found = 0;
        foreach (var document in ledger.Documents.OrderBy(_ => random.Next()))
        {
            if (found == Flips)
                break;

            // The unique id stands in the bodies of entries and nowhere else; one of its bits is flipped in the file.
            if (await FindAsync(file, Encoding.ASCII.GetBytes(document.UniqueId), cancellation) is not { } place)
                continue;
            found++;
            var (at, mask) = (place + random.Next(document.UniqueId.Length), (byte)(1 << random.Next(7)));
            Flip(file, at, mask);
            (exit, said) = await VerifyAsync(server, data, cancellation);
            Flip(file, at, mask);
            var named = exit != 0 && said.Contains("\"first_bad\"", StringComparison.Ordinal)
                && JsonDocument.Parse(said).RootElement.GetProperty("first_bad").GetProperty("version").GetInt64() > 0;
            Console.WriteLine($"flip {found}: {(named ? "named" : "NOT named")}, {said}");
            failed += named ? 0 : 1;
        }

        (exit, _) = await VerifyAsync(server, data, cancellation);
        return failed + (exit == 0 && found == Flips ? 0 : 1);
    }

    /// <summary>Flips bits of one byte; the same again flips them back.</summary>
    private static void Flip(string file, long place, byte mask)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = place;
        var value = stream.ReadByte();
        stream.Position = place;
        stream.WriteByte((byte)(value ^ mask));
    }

    private static async Task<long?> FindAsync(string file, byte[] text, CancellationToken cancellation)
    {
        const int block = 1 << 20;
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read);
        var buffer = new byte[block + text.Length];
        long start = 0;
        var kept = 0;
        while (true)
        {
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(kept, block), block, throwOnEndOfStream: false, cancellation);
            var at = buffer.AsSpan(0, kept + read).IndexOf(text);
            if (at >= 0)
                return start + at;
            if (read < block)
                return null;
            start += kept + read - text.Length;
            buffer.AsSpan(kept + read - text.Length, text.Length).CopyTo(buffer);
            kept = text.Length;
        }
    }

    private static async Task<(int Exit, string Said)> VerifyAsync(
        IReadOnlyList<string> server, string data, CancellationToken cancellation)
    {
        using var process = Process.Start(new ProcessStartInfo(server[0], [server[1], "verify", "--data", data, "--json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        }) ?? throw new InvalidOperationException("verify did not start.");
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        var said = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, said.Length > 0 ? said.Trim() : (await errors).Trim());
    }
}
