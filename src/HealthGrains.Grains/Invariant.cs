using System.Diagnostics.CodeAnalysis;

namespace HealthGrains.Grains;

/// <summary>What cannot happen unless there is a bug. It stays on in Release: it ends the turn and acknowledges nothing.</summary>
public static class Invariant
{
    /// <param name="condition">What must be true.</param>
    /// <param name="sentence">What it means, without data of a patient.</param>
    /// <exception cref="InvariantException">It was not.</exception>
    public static void Hold([DoesNotReturnIf(false)] bool condition, string sentence)
    {
        if (!condition)
            throw new InvariantException(sentence);
    }
}

/// <summary>A bug: something that cannot happen did.</summary>
public sealed class InvariantException(string sentence) : Exception(sentence);
