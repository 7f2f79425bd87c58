using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Host.Client;
using HealthGrains.Services.Authentication;
using HealthGrains.Synthetic;

namespace HealthGrains.Host.Demo;

/// <summary>Connections of everybody in a demonstration, each with a token of its own.</summary>
internal sealed class DemoCallers : IAsyncDisposable
{
    // Who follows is a physician: what others may read is narrower, and the demonstration proves every delivery.
    private const string Physician = "10";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly Uri _server;
    private readonly DevelopmentKey _key;
    private readonly TimeProvider _time;
    private readonly List<ServerConnection> _open = [];

    public DemoCallers(Uri server, DevelopmentKey key, TimeProvider time, DemoPlan plan)
    {
        _server = server;
        _key = key;
        _time = time;
        Patients = [.. plan.Patients.Select(p => Connect(DevelopmentClaims.Patient(p.Id)))];
        Professionals = [.. plan.Professionals.Select(p => Connect(DevelopmentClaims.Professional(
            p.Id, Physician, p.Organization.Id, name: NameOf(p))))];
        Producers = plan.Documents.Select(d => d.StructureId).Distinct()
            .ToDictionary(id => id, id => Connect(DevelopmentClaims.Producer(id)));
    }

    /// <summary>By the index of the person.</summary>
    public IReadOnlyList<ServerConnection> Patients { get; }

    public IReadOnlyList<ServerConnection> Professionals { get; }

    public IReadOnlyDictionary<StructureId, ServerConnection> Producers { get; }

    public static Patient Wire(SyntheticPerson person) => new() { Ins = person.Id.Number, Oid = person.Id.Oid.Text() };

    public static string NameOf(SyntheticProfessional professional) => $"{professional.FirstName} {professional.FamilyName}";

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _open) await connection.DisposeAsync();
    }

    private ServerConnection Connect(JsonObject claims)
    {
        var token = _key.Issue(claims, TokenRules.DefaultAudience, _time.GetUtcNow(), Lifetime);
        var connection = new ServerConnection(_server, token);
        _open.Add(connection);
        return connection;
    }
}
