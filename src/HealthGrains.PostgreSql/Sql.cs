using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace HealthGrains.PostgreSql;

/// <summary>Builds batches: statements with positional parameters, sent together, answered together.</summary>
internal static class Sql
{
    /// <summary>Adds a statement; the values are its <c>$1</c>, <c>$2</c>, …</summary>
    public static NpgsqlBatch With(this NpgsqlBatch batch, string sql, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value);
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>A batch that reads one state of the database.</summary>
    public static NpgsqlBatch Reading(this NpgsqlConnection connection) =>
        new NpgsqlBatch(connection).With(Database.BeginRead).With(Database.ByKeyOnly);

    public static NpgsqlParameter Text(string value) => Of(value, NpgsqlDbType.Text);

    public static NpgsqlParameter TextOrNull(string? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Texts(string[] values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Text);

    public static NpgsqlParameter Integer(int value) => Of(value, NpgsqlDbType.Integer);

    public static NpgsqlParameter Integers(int[] values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Integer);

    public static NpgsqlParameter Long(long value) => Of(value, NpgsqlDbType.Bigint);

    public static NpgsqlParameter Longs(long[] values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlParameter Longs(long?[] values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Bigint);

    public static NpgsqlParameter Uuid(Guid value) => Of(value, NpgsqlDbType.Uuid);

    public static NpgsqlParameter Interval(TimeSpan value) => Of(value, NpgsqlDbType.Interval);

    public static NpgsqlParameter Blob(ReadOnlyMemory<byte> value) => Of(value, NpgsqlDbType.Bytea);

    public static NpgsqlParameter Blobs(ReadOnlyMemory<byte>[] values) => Of(values, NpgsqlDbType.Array | NpgsqlDbType.Bytea);

    // Npgsql writes no arrays of nullable memory, so these are arrays of arrays.
    public static NpgsqlParameter BlobsOrNull(ReadOnlyMemory<byte>?[] values) => new()
    {
        Value = Array.ConvertAll(values, static value => value is { } bytes ? AsArray(bytes) : null),
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea,
    };

    private static byte[] AsArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var whole) && whole.Offset == 0 && whole.Array!.Length == whole.Count // ! it has one
            ? whole.Array
            : bytes.ToArray();

    private static NpgsqlParameter Of<T>(T value, NpgsqlDbType type) =>
        new NpgsqlParameter<T> { TypedValue = value, NpgsqlDbType = type };
}
