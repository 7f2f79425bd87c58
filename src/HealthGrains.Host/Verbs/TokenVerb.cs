using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Domain.Identity;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using HealthGrains.Services.Authentication;

namespace HealthGrains.Host.Verbs;

/// <summary><c>token KIND</c>: signs a token with the development key of a data directory and prints it alone.</summary>
internal static class TokenVerb
{
    private const string DefaultLifetime = "8h";

    private static readonly Option<string> Data = CommonOptions.Data();

    private static readonly Option<string> Lifetime = new("--lifetime")
    {
        Description = $"How long it holds, such as 30s, 15m, 8h, 7d (default {DefaultLifetime})",
        HelpName = "DURATION",
        Recursive = true,
    };

    private static readonly Option<string> Audience = new("--audience")
    {
        Description = $"The server's audience (default {TokenRules.DefaultAudience})",
        Recursive = true,
    };

    private static readonly Option<string> Organization = new("--organization")
    {
        Description = "Struct_IdNat, such as 1 and a FINESS number", HelpName = "ID", Required = true,
    };

    private static readonly Option<string> OnBehalfOf = new("--on-behalf-of")
    {
        Description = "Struct_IdNat of the structure that it deposits for", HelpName = "ID",
    };

    private static readonly Option<string> Ins = new("--ins") { Description = "INS, 15 characters", Required = true };

    private static readonly Option<string> InsOidOption = new("--ins-oid")
    {
        Description = "OID of the INS (default the test OID 1.2.250.1.213.1.4.10)", HelpName = "OID",
    };

    private static readonly Option<string> Id = new("--id")
    {
        Description = "IdNat_PS: 8 and an RPPS number", Required = true,
    };

    private static readonly Option<string> Role = new("--role")
    {
        Description = "Profession, such as 10 (physician), 21 (pharmacist), 60 (nurse)", HelpName = "CODE", Required = true,
    };

    private static readonly Option<string> ActsIn = new("--organization")
    {
        Description = "Struct_IdNat of the structure in which he or she acts", HelpName = "ID",
    };

    private static readonly Option<bool> Regulation = new("--regulation")
    {
        Description = "A session of an emergency call centre (SAMU)",
    };

    private static readonly Option<string> Name = new("--name") { Description = "Name for traces" };

    private static readonly Option<string> Sub = new("--sub") { Description = "The subject", HelpName = "ID" };

    public static Command Command()
    {
        var token = new Command("token", "Sign a token for development with the key of a data directory")
        {
            new VerbCommand("producer", "For a care structure's system", ProducerAsync) { Organization, OnBehalfOf },
            new VerbCommand("patient", "For the person whose record it is", PatientAsync) { Ins, InsOidOption },
            new VerbCommand("professional", "For a health professional", ProfessionalAsync) { Id, Role, ActsIn, Regulation, Name },
            new VerbCommand("delegate", "For a representative or caregiver", DelegateAsync) { Sub, Name },
            new VerbCommand("operator", "For who runs the server", OperatorAsync) { Sub, Name },
        };
        Data.Recursive = true;
        token.Options.Add(Data);
        token.Options.Add(Lifetime);
        token.Options.Add(Audience);
        return token;
    }

    private static Task<ExitCode> ProducerAsync(VerbContext context)
    {
        StructureId other = default;
        if (context.Get(OnBehalfOf) is { } text) other = StructureOf("--on-behalf-of", text);
        return PrintAsync(context, DevelopmentClaims.Producer(StructureOf("--organization", context.Get(Organization)!), other));
    }

    private static Task<ExitCode> PatientAsync(VerbContext context)
    {
        var oid = context.Get(InsOidOption) ?? InsOid.NirTest.Text();
        var problem = PatientId.TryCreate(oid, context.Get(Ins), IdentityRules.Default.Ins, out var patient);
        return problem switch
        {
            InsProblem.None => PrintAsync(context, DevelopmentClaims.Patient(patient)),
            InsProblem.RealmMismatch => throw Usage(
                "--ins-oid is that of real persons; development tokens speak of invented ones only (…4.10 or …4.11)."),
            _ => throw Usage("--ins is no INS: 15 characters, of which the last two are the key."),
        };
    }

    private static Task<ExitCode> ProfessionalAsync(VerbContext context)
    {
        if (!ProfessionalId.TryParse(context.Get(Id), out var id) || id.Kind != ProfessionalIdKind.Rpps)
            throw Usage("--id is no IdNat_PS of a person: 8 and the eleven digits of an RPPS number.");
        var role = context.Get(Role)!;
        if (!ProfessionCode.TryCreate(role, ProfessionCode.ValueSet, out _)) throw Usage($"--role '{role}' is no profession code.");
        StructureId structure = default;
        if (context.Get(ActsIn) is { } text) structure = StructureOf("--organization", text);
        return PrintAsync(context, DevelopmentClaims.Professional(id, role, structure, context.Get(Regulation), context.Get(Name)));
    }

    private static Task<ExitCode> DelegateAsync(VerbContext context) =>
        PrintAsync(context, DevelopmentClaims.Delegate(
            SubjectOf(context.Get(Sub) ?? throw Usage("--sub names the delegate.")), context.Get(Name)));

    private static Task<ExitCode> OperatorAsync(VerbContext context) =>
        PrintAsync(context, DevelopmentClaims.Operator(SubjectOf(context.Get(Sub) ?? "operator"), context.Get(Name)));

    private static async Task<ExitCode> PrintAsync(VerbContext context, JsonObject claims)
    {
        var lifetime = CommonOptions.DurationOf("--lifetime", context.Get(Lifetime) ?? DefaultLifetime);
        if (lifetime <= TimeSpan.Zero || lifetime > AuthenticationLimits.DevelopmentTokenLifetimeMax)
            throw Usage($"--lifetime is more than zero and at most {AuthenticationLimits.DevelopmentTokenLifetimeMax.TotalDays:0} days.");

        using var key = DataDirectory.Open(context.Get(Data) ?? DataDirectory.DefaultName).DevelopmentKey();
        var now = context.Time.GetUtcNow();
        var token = key.Issue(claims, context.Get(Audience) ?? TokenRules.DefaultAudience, now, lifetime);
        await context.Console.WriteLineAsync(context.Json
            ? JsonLine.Of(new JsonObject { ["token"] = token, ["expires_at"] = (now + lifetime).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") })
            : token);
        return ExitCode.Ok;
    }

    private static StructureId StructureOf(string option, string text) => StructureId.TryParse(text, out var structure)
        ? structure
        : throw Usage($"{option} '{text}' is no Struct_IdNat, such as 1750100125: prefix 1 and a FINESS number with its check digit.");

    private static string SubjectOf(string text) =>
        text.Length is > 0 and <= AuthenticationLimits.SubjectLengthMax && text.All(c => c is > ' ' and <= '~')
            ? text
            : throw Usage($"--sub is 1 to {AuthenticationLimits.SubjectLengthMax} visible ASCII characters.");

    private static CliException Usage(string message) => new(ExitCode.Usage, message, "healthgrains token --help");
}
