using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Synthetic;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>Who takes part: generated people, and the tokens that speak for them.</summary>
/// <remarks>With a development key this program speaks for everybody. With a producer's token alone it can submit, and
/// checks by submitting a sample again; it watches nobody and reads nothing.</remarks>
internal sealed class World : IDisposable
{
    /// <summary>IdNat of the structure that submits: 1 and a FINESS number of the bench range.</summary>
    public const string Organization = "1990000002";

    private readonly ConcurrentDictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly DevelopmentKey? _key;
    private readonly string? _producerToken;
    private readonly string _audience;
    private readonly TimeProvider _time;
    private readonly SyntheticPopulation _population;
    private readonly int _firstProfessional;

    /// <param name="seed">Other seeds are other people, so that runs on one server do not meet.</param>
    /// <param name="patients">Of whom documents are drawn, 1 to 68,000,000.</param>
    /// <param name="key">The development key, or null.</param>
    /// <param name="producerToken">Used instead of a minted one.</param>
    /// <param name="audience">The server's.</param>
    /// <param name="time">When tokens begin.</param>
    public World(ulong seed, int patients, DevelopmentKey? key, string? producerToken, string audience, TimeProvider time)
    {
        if (key is null && producerToken is null)
            throw new ArgumentException("A development key or a producer's token is needed.", nameof(key));
        _key = key;
        _producerToken = producerToken;
        _audience = audience;
        _time = time;
        Options = new SyntheticOptions
        {
            Seed = seed,
            Patients = patients,
            Organizations = 2_000,
            FirstOrganization = Finess.Parse(Organization[1..]),
        };
        _population = new SyntheticPopulation(Options);
        _firstProfessional = (int)(seed % 90) * 100;
    }

    public SyntheticOptions Options { get; }

    /// <summary>Whether patients and professionals can be spoken for.</summary>
    public bool SpeaksForAll => _key is not null;

    public Patient Patient(int index)
    {
        var id = _population.Person(index).Id;
        return new Patient { Ins = id.Number, Oid = id.Oid.Text() };
    }

    /// <param name="index">0 to 99.</param>
    /// <returns>IdNat_PS: 8 and an RPPS number.</returns>
    public string Professional(int index) => _population.Professional(_firstProfessional + index).Id.ToString();

    public RpcCallOptions AsProducer() => Bearer(_producerToken ?? Token("producer", () => DevelopmentClaims.Producer(StructureId.Parse(Organization))));

    public RpcCallOptions AsPatient(int index, bool stream = false) =>
        Bearer(Token($"p{index}", () => DevelopmentClaims.Patient(_population.Person(index).Id)), stream);

    public RpcCallOptions AsProfessional(int index, bool stream = false) => Bearer(
        Token($"d{index}", () => DevelopmentClaims.Professional(
            ProfessionalId.Parse(Professional(index)), "10", StructureId.Parse("1990000010"))),
        stream);

    public void Dispose() => _key?.Dispose();

    private string Token(string who, Func<JsonObject> claims) => _tokens.GetOrAdd(
        who,
        (_, key) => (key ?? throw new InvalidOperationException("Only the producer can be spoken for."))
            .Issue(claims(), _audience, _time.GetUtcNow(), Limits.DurationMax + TimeSpan.FromHours(1)),
        _key);

    private static RpcCallOptions Bearer(string token, bool stream = false)
    {
        var headers = new RpcMetadata();
        headers.Add(RpcAuthentication.AuthorizationKey, "Bearer " + token);
        return new RpcCallOptions { Headers = headers, Timeout = stream ? null : Limits.CallTimeout };
    }
}
