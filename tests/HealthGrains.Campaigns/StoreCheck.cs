using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace HealthGrains.Campaigns;

/// <summary><c>verify</c> on the store that a campaign leaves: it passes, and after one flipped bit in an entry it names the
/// place.</summary>
internal static class StoreCheck
{
    private const int Flips = 5;

    // A row names its journal before its body, in whose first half the unique id stands.
    private const int RowHeadMax = 600;

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
        var bytes = await File.ReadAllBytesAsync(file, cancellation);
        var found = 0;
        foreach (var document in ledger.Documents.OrderBy(_ => random.Next()))
        {
            if (found == Flips)
                break;

            // The unique id stands in the entry's body; one of its bits is flipped in the file.
            if (Find(bytes, Encoding.ASCII.GetBytes(document.UniqueId)) is not { } place)
                continue;
            found++;
            var (at, mask) = (place + random.Next(document.UniqueId.Length), (byte)(1 << random.Next(7)));
            Flip(file, at, mask);
            (exit, said) = await VerifyAsync(server, data, cancellation);
            Flip(file, at, mask);
            var named = exit != 0 && said.Contains("\"first_bad\"", StringComparison.Ordinal)
                && JsonDocument.Parse(said).RootElement.GetProperty("first_bad").GetProperty("reason").GetString() is { Length: > 0 };
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

    /// <summary>Where a text stands in the row of a patient's entry. It stands elsewhere too: in snapshots, in the sender's
    /// ledger, and in pages that snapshots have left, where a flipped bit harms nobody and nobody notices.</summary>
    private static int? Find(ReadOnlySpan<byte> file, ReadOnlySpan<byte> text)
    {
        for (var from = 0; file[from..].IndexOf(text) is var next and >= 0; from += next + 1)
        {
            var at = from + next;
            if (file[Math.Max(0, at - RowHeadMax)..at].IndexOf("patient/"u8) >= 0)
                return at;
        }

        return null;
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
