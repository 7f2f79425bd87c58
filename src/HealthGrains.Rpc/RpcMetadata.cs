using System.Collections;
using HealthGrains.Rpc.GrpcWire;

namespace HealthGrains.Rpc;

/// <summary>Names and values beside the messages of a call; a name may come more than once, and order is kept.</summary>
/// <remarks>Names are lower-case letters, digits, '_', '-' and '.'; those that end with "-bin" carry bytes. Names that
/// begin with "grpc-" belong to the protocol. Not thread-safe. Source: gRPC over HTTP2, Custom-Metadata.</remarks>
public sealed class RpcMetadata : IEnumerable<KeyValuePair<string, string>>
{
    private readonly List<KeyValuePair<string, string>> _entries = [];

    /// <summary>Values, not names.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds a text of printable ASCII.</summary>
    /// <exception cref="ArgumentException">The name or the value cannot travel.</exception>
    public void Add(string name, string value)
    {
        CheckName(name, binary: false);
        ArgumentNullException.ThrowIfNull(value);
        if (!IsPrintableAscii(value))
        {
            throw new ArgumentException(
                $"The value of metadata '{name}' is not printable ASCII; use a name that ends with -bin.", nameof(value));
        }
        _entries.Add(new(name, value));
    }

    /// <summary>Adds bytes; the name ends with "-bin".</summary>
    /// <exception cref="ArgumentException">The name cannot travel or does not end with "-bin".</exception>
    public void AddBinary(string name, ReadOnlyMemory<byte> value)
    {
        CheckName(name, binary: true);
        _entries.Add(new(name, BinaryMetadata.Encode(value.Span)));
    }

    /// <summary>The first value of this name, or null. Of a binary name: its base64 text.</summary>
    public string? Get(string name)
    {
        foreach (KeyValuePair<string, string> entry in _entries)
        {
            if (entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return entry.Value;
        }
        return null;
    }

    /// <summary>The first value of this binary name, or null.</summary>
    public byte[]? GetBinary(string name) =>
        Get(name) is { } text && BinaryMetadata.TryDecode(text, out byte[]? value) ? value : null;

    /// <summary>All values of this name, in order.</summary>
    public IEnumerable<string> GetAll(string name) =>
        _entries.Where(e => e.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(e => e.Value);

    /// <summary>True, with the value, if the name comes exactly once: what a credential must do.</summary>
    public bool TryGetSingle(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
    {
        value = null;
        foreach (KeyValuePair<string, string> entry in _entries)
        {
            if (!entry.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;
            if (value is not null)
            {
                value = null;
                return false;
            }
            value = entry.Value;
        }
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        foreach (KeyValuePair<string, string> entry in _entries)
            yield return new(entry.Key.ToLowerInvariant(), entry.Value);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // For the writers of headers, which care neither for case nor for an enumerator's allocation.
    internal List<KeyValuePair<string, string>> Entries => _entries;

    /// <summary>Takes in what a peer sent, without the rules for senders.</summary>
    /// <returns>False for a binary value that is not base64.</returns>
    internal bool AddReceived(string name, string value)
    {
        if (!name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase))
        {
            // A text that may not be sent again is dropped, so that a handler can echo what it got (gRPC over HTTP2, ASCII-Value).
            if (IsPrintableAscii(value))
                _entries.Add(new(name, value));
            return true;
        }
        foreach (Range part in value.AsSpan().Split(','))
        {
            ReadOnlySpan<char> text = value.AsSpan(part).Trim();
            if (!BinaryMetadata.IsValid(text))
                return false;
            _entries.Add(new(name, text.Length == value.Length ? value : text.ToString()));
        }
        return true;
    }

    private static void CheckName(string name, bool binary)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        foreach (char c in name)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.'))
                throw new ArgumentException($"'{name}' is not a metadata name: lower-case letters, digits, '_', '-', '.'.", nameof(name));
        }
        if (name.StartsWith("grpc-", StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' belongs to the protocol.", nameof(name));
        if (name.EndsWith("-bin", StringComparison.Ordinal) != binary)
            throw new ArgumentException($"'{name}': names that end with -bin carry bytes, and only they.", nameof(name));
    }

    private static bool IsPrintableAscii(string value) => value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0;
}
