using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HealthGrains.Synthetic;

/// <summary>A small random generator whose numbers are the same on every machine and every version of .NET.</summary>
/// <remarks>SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014). Good for
/// test data, not for secrets. Integers only: no result depends on floating point.</remarks>
public struct SplitMix64(ulong state)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = state;

    /// <summary>The generator of one thing: the same three numbers always give the same sequence.</summary>
    public static SplitMix64 For(ulong seed, ulong kind, ulong index) =>
        new(Mix(Mix(Mix(seed) + kind) + index));

    public ulong Next()
    {
        _state += Gamma;
        return Mix(_state);
    }

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>A number from <paramref name="first"/> to <paramref name="last"/>.</summary>
    public int Between(int first, int last) => first + Next(last - first + 1);

    /// <summary>True so many times in a thousand.</summary>
    public bool InThousand(int times) => Next(1000) < times;

    public T Pick<T>(ReadOnlySpan<T> items) => items[Next(items.Length)];

    public void Fill(Span<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        for (var i = 0; i < words.Length; i++)
        {
            var word = Next();
            words[i] = BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
        }

        for (var i = words.Length * sizeof(ulong); i < bytes.Length; i++) bytes[i] = (byte)Next();
    }

    internal static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
