using global::Orleans;

namespace HealthGrains.Orleans.Feed;

/// <summary>Journals that grew. It travels between silos only, and is kept nowhere.</summary>
[GenerateSerializer]
[Immutable]
[Alias("healthgrains.wake.v1")]
internal sealed class FeedWake
{
    [Id(0)]
    public string[] Journals { get; init; } = [];

    public override string ToString() => $"{nameof(FeedWake)} of {Journals.Length}";
}
