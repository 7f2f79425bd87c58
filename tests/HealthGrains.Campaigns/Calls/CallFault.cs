namespace HealthGrains.Campaigns.Calls;

/// <summary>When a call is made to fail.</summary>
internal enum Phase
{
    /// <summary>The very first start, in an empty directory.</summary>
    FirstStart,

    /// <summary>A start that recovers what a kill -9 left.</summary>
    Restart,

    /// <summary>Under load.</summary>
    Load,
}

/// <summary>One call that fails once.</summary>
/// <param name="N">Which call of that kind within the phase, counted from 1.</param>
internal sealed record CallFault(Phase Phase, Call Call, string Error, int N)
{
    public const int ShortWrite = -1;

    private static readonly Dictionary<string, int> Errors = new(StringComparer.Ordinal)
    {
        ["EIO"] = 5, ["ENOSPC"] = 28, ["EINTR"] = 4, ["short"] = ShortWrite,
    };

    public int Outcome => Errors[Error];

    /// <summary>After it nothing is known of what the disk holds: the server must end.</summary>
    public bool IsSync => Call is Call.FSync or Call.FDataSync;

    /// <summary>The faults of a run.</summary>
    /// <param name="seen">How many calls of each kind one phase has.</param>
    /// <param name="perKind">So many of each phase, call and error.</param>
    /// <param name="most">The largest n.</param>
    /// <param name="random">Chooses n where there are more.</param>
    public static IEnumerable<CallFault> Choose(IReadOnlyDictionary<(Phase, Call), long> seen, int perKind, int most, Random random)
    {
        // In turns over phases, so that a run that is cut short has seen each of them.
        foreach (var call in Enum.GetValues<Call>())
        {
            foreach (var error in Errors.Keys.Where(error => error != "short" || call == Call.Write))
            {
                foreach (var phase in Enum.GetValues<Phase>())
                {
                    var there = (int)Math.Min(most, seen.GetValueOrDefault((phase, call)));
                    var numbers = Enumerable.Range(1, there).ToArray();
                    random.Shuffle(numbers);
                    foreach (var n in numbers.Take(perKind).Order())
                        yield return new CallFault(phase, call, error, n);
                }
            }
        }
    }
}
