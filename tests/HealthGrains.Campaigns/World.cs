using System.Globalization;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Domain.Identity;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Campaigns;

/// <summary>Who takes part in a campaign: generated identities, and the tokens that speak for them.</summary>
internal sealed class World
{
    public const string InsOid = "1.2.250.1.213.1.4.10";
    public const string Organization = "1990000002";

    /// <summary>Where every professional acts.</summary>
    public const string ProfessionalsActIn = "1990000010";

    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);
    private readonly DevelopmentKey _key;

    /// <param name="dataDirectory">Of a server that has started once: it made the key that signs development tokens.</param>
    /// <param name="patients">1 to 9,999.</param>
    /// <param name="professionals">1 to 999; each follows its share of the patients.</param>
    public World(string dataDirectory, int patients, int professionals)
    {
        _key = DevelopmentKey.FromPem(File.ReadAllText(Path.Combine(dataDirectory, "development-key.pem")));
        Patients = [.. Enumerable.Range(0, patients).Select(index => new Patient { Ins = Ins(index), Oid = InsOid })];
        Professionals = [.. Enumerable.Range(0, professionals).Select(Professional)];
    }

    public IReadOnlyList<Patient> Patients { get; }

    /// <summary>IdNat_PS.</summary>
    public IReadOnlyList<string> Professionals { get; }

    public int FollowerOf(int patient) => patient % Professionals.Count;

    public RpcCallOptions AsProducer(TimeSpan? timeout = null) =>
        Options("producer", () => DevelopmentClaims.Producer(StructureId.Parse(Organization)), timeout);

    public RpcCallOptions AsPatient(int patient) =>
        Options(Patients[patient].Ins, () => DevelopmentClaims.Patient(PatientId.Parse($"{InsOid}^{Patients[patient].Ins}")));

    public RpcCallOptions AsProfessional(int professional) => Options(
        Professionals[professional],
        () => DevelopmentClaims.Professional(
            ProfessionalId.Parse(Professionals[professional]), "10", StructureId.Parse(ProfessionalsActIn)));

    public RpcCallOptions AsOperator() => Options("operator", () => DevelopmentClaims.Operator("campaign"));

    /// <summary>Every patient activates the record and authorises one professional, who follows.</summary>
    public async Task PrepareAsync(RpcChannel channel, CancellationToken cancellation) =>
        await Parallel.ForAsync(0, Patients.Count, Parallelism(cancellation), async (patient, token) =>
        {
            await channel.UnaryAsync<OpenRecordRequest, OpenRecordResponse>(
                "/healthgrains.v1.Consents/OpenRecord",
                new OpenRecordRequest { Patient = Patients[patient], TermsVersion = "2026" },
                AsPatient(patient),
                token);
            await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                "/healthgrains.v1.Consents/AuthorizeProfessional",
                new AuthorizeProfessionalRequest
                {
                    Patient = Patients[patient],
                    Holder = new Holder { ProfessionalId = Professionals[FollowerOf(patient)] },
                },
                AsPatient(patient),
                token);
            await channel.UnaryAsync<FollowRequest, FollowResponse>(
                "/healthgrains.v1.Inbox/Follow",
                new FollowRequest { Patient = Patients[patient] },
                AsProfessional(FollowerOf(patient)),
                token);
        });

    public static ParallelOptions Parallelism(CancellationToken cancellation) =>
        new() { MaxDegreeOfParallelism = 32, CancellationToken = cancellation };

    private RpcCallOptions Options(string who, Func<JsonObject> claims, TimeSpan? timeout = null)
    {
        string? token;
        lock (_tokens)
        {
            if (!_tokens.TryGetValue(who, out token))
            {
                token = _key.Issue(claims(), "healthgrains", TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(4));
                _tokens.Add(who, token);
            }
        }

        var headers = new RpcMetadata();
        headers.Add("authorization", $"Bearer {token}");
        return new RpcCallOptions { Headers = headers, Timeout = timeout ?? TimeSpan.FromSeconds(20) };
    }

    // Sex, year, month, department, commune, rank: a test identity with its right key.
    private static string Ins(int index)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"2{index % 100:00}{(index % 12) + 1:00}75{index % 990:000}{(index / 100) + 100:000}");
        return string.Create(CultureInfo.InvariantCulture, $"{number}{InsNumber.Key(number):00}");
    }

    // The bench range of RPPS numbers, with the Luhn digit.
    private static string Professional(int index)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"9970000{index:000}");
        for (var digit = 0; digit <= 9; digit++)
        {
            if (Rpps.TryParse(number + digit.ToString(CultureInfo.InvariantCulture), out var rpps))
                return ProfessionalId.Of(rpps).ToString();
        }

        throw new InvalidOperationException("One of ten digits fits.");
    }
}
