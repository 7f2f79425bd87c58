using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Orleans.Placement;

/// <summary>What a grain is called in the cluster: its shard, two hexadecimal digits, and for all but a router a keyed hash of
/// its journal.</summary>
/// <remarks>Orleans writes the keys of grains into its directory, its logs and its traces, where no patient may be named
/// (RFC 2104, HMAC-SHA-256, 128 bits of it, under the store's id: the same on every silo, and of no use to who reads a log).
/// The journal itself travels with each call.</remarks>
internal sealed class GrainKeys(int shards, Guid storeId)
{
    private const int HashBytes = 16;

    private readonly byte[] _key = storeId.ToByteArray();

    public int Shards => shards;

    /// <summary>The key of the grain that owns a journal.</summary>
    public string Of(JournalId journal)
    {
        Span<byte> id = stackalloc byte[JournalId.LengthMax];
        var length = Encoding.ASCII.GetBytes(journal.Value, id);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, id[..length], hash);
        return $"{OfShard(journal.ShardOf(shards))}-{Convert.ToHexStringLower(hash[..HashBytes])}";
    }

    /// <summary>The key of a shard's router.</summary>
    public static string OfShard(int shard) => shard.ToString("x2", CultureInfo.InvariantCulture);

    /// <summary>The shard that stands at the beginning of a key.</summary>
    public static bool TryReadShard(ReadOnlySpan<byte> key, out int shard)
    {
        shard = 0;
        return key.Length >= 2
            && int.TryParse(key[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out shard);
    }
}
