using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Several organisations that submit documents of their own.</summary>
internal sealed class SharesWorld : IDisposable
{
    private readonly DevelopmentKey _key;
    private readonly World _world;
    private readonly Load _load;
    private readonly List<(string Id, RpcCallOptions As)> _organizations = [];

    public SharesWorld(string data, int organizations, int patients, int seed)
    {
        _key = DevelopmentKey.FromPem(File.ReadAllText(Path.Combine(data, "development-key.pem")));
        _world = new World(data, patients, 6);
        _load = new Load(_world, null!, seed, 1024); // ! no ledger is kept of these
        for (var number = 100; _organizations.Count < organizations; number++)
        {
            for (var digit = 0; digit <= 9; digit++)
            {
                if (!StructureId.TryParse(string.Create(CultureInfo.InvariantCulture, $"199000{number:000}{digit}"), IdentityRules.Default, out var id))
                    continue;
                _organizations.Add((id.ToString(), As(_key, id)));
                break;
            }
        }
    }

    public World People => _world;

    public RpcCallOptions AsOrganization(int organization) => _organizations[organization].As;

    public SubmitRequest Document(int organization)
    {
        var request = _load.NextRequest();
        foreach (var author in request.Metadata.Authors)
            author.OrganizationId = _organizations[organization].Id;
        request.Metadata.LegalAuthenticator.OrganizationId = _organizations[organization].Id;
        return request;
    }

    public void Dispose() => _key.Dispose();

    private static RpcCallOptions As(DevelopmentKey key, StructureId id)
    {
        var headers = new RpcMetadata();
        headers.Add(
            "authorization",
            "Bearer " + key.Issue(DevelopmentClaims.Producer(id), "healthgrains", TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(4)));
        return new RpcCallOptions { Headers = headers, Timeout = TimeSpan.FromSeconds(10) };
    }
}
