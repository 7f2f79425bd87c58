using System.Globalization;
using System.Text;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Sqlite.Keeping;

/// <summary>How far one shard's log is known to have come.</summary>
/// <param name="Position">0 for a log without entries.</param>
/// <param name="Hash">The chain hash of the entry there.</param>
internal readonly record struct HighWaterMark(long Position, Sha256 Hash);

/// <summary>The high-water marks of a store, kept in a file outside the database.</summary>
/// <remarks>
/// <para>One flipped byte in a write-ahead log makes SQLite drop the rest of it without a word, and its own integrity check
/// is content afterwards. Only something outside the database can tell that a log was once longer.</para>
/// <para>The marks are written at most once a second and when the store is closed, so they may be up to a second older than
/// the newest commits. <see cref="RecentMarks"/> closes that gap for whatever does not also lose the page cache.</para>
/// </remarks>
internal sealed record HighWaterMarks(Guid StoreId, IReadOnlyList<HighWaterMark> Shards)
{
    public const string FileName = "healthgrains.marks";

    private const string Title = "healthgrains-marks 1";

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is not as it was written.</exception>
    public static HighWaterMarks Parse(string text)
    {
        var end = text.LastIndexOf("sha256 ", StringComparison.Ordinal);
        if (end < 0 || text[end..] != SealOf(text[..end]))
            throw new FormatException("The high-water marks are not as they were written.");

        var lines = text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != Title || !Guid.TryParse(lines[1].AsSpan("store ".Length), out var storeId))
            throw new FormatException("The high-water marks are of a format that this version does not know.");
        var marks = new HighWaterMark[lines.Length - 2];
        for (var shard = 0; shard < marks.Length; shard++)
        {
            var fields = lines[shard + 2].Split(' ');
            _ = Sha256.TryParse(fields[3], out var hash);
            marks[shard] = new HighWaterMark(long.Parse(fields[2], CultureInfo.InvariantCulture), hash);
        }

        return new HighWaterMarks(storeId, marks);
    }

    /// <summary>Replaces the file; returns after everything is synced.</summary>
    /// <exception cref="PosixFailure">It could not be written.</exception>
    public void Write(string directory)
    {
        var text = new StringBuilder($"{Title}\nstore {StoreId:D}\n");
        for (var shard = 0; shard < Shards.Count; shard++)
            text.Append(CultureInfo.InvariantCulture, $"shard {shard} {Shards[shard].Position} {Shards[shard].Hash}\n");
        text.Append(SealOf(text.ToString()));
        Posix.ReplaceFile(Path.Combine(directory, FileName), Encoding.Latin1.GetBytes(text.ToString()));
    }

    private static string SealOf(string text) => $"sha256 {Sha256.Of(Encoding.Latin1.GetBytes(text))}\n";
}

/// <summary>The file of high-water marks as found.</summary>
/// <param name="Marks">Null if there are none that can be trusted.</param>
/// <param name="Problem">Why not; empty if there are.</param>
/// <param name="IsMissing">There is no such file.</param>
internal readonly record struct MarksFile(HighWaterMarks? Marks, string Problem, bool IsMissing = false)
{
    /// <summary>Reads both files of marks. They are read before the database is looked at, since marks move on.</summary>
    public static MarksFile Read(string directory)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(directory, HighWaterMarks.FileName), Encoding.Latin1);
            return new MarksFile(RecentMarks.Merge(directory, HighWaterMarks.Parse(text)), "");
        }
        catch (FileNotFoundException)
        {
            return new MarksFile(null, "The file of high-water marks is missing.", IsMissing: true);
        }
        catch (FormatException damaged)
        {
            return new MarksFile(null, damaged.Message);
        }
    }
}
