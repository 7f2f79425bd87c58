using System.Globalization;
using System.Net;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Files;
using HealthGrains.Services;
using HealthGrains.Services.Admission;
using HealthGrains.Services.Authentication;
using Microsoft.Extensions.Configuration;

namespace HealthGrains.Host.Serving;

/// <summary>Everything that a server is told, checked.</summary>
/// <remarks>Sources, the later winning: <c>appsettings.json</c> beside the program and in the working directory, variables
/// <c>HEALTHGRAINS__…</c> (two underscores between the parts of a name), options. The README has every name.</remarks>
internal sealed record ServerSettings
{
    public const string VariablePrefix = "HEALTHGRAINS__";

    public string Data { get; init; } = DataDirectory.DefaultName;

    /// <summary><c>sqlite</c>, <c>memory</c> or <c>postgresql</c>.</summary>
    public string Store { get; init; } = StoreChoice.Sqlite;

    /// <summary>Open a store that ends before its high-water marks: what is missing is gone. For one start, never for good.</summary>
    public bool AcceptLoss { get; init; }

    public string? PostgreSqlConnection { get; init; }

    /// <summary>Where new large contents go: <c>database</c> or <c>files</c>.</summary>
    public string Content { get; init; } = StoreChoice.ContentInDatabase;

    /// <summary>The folder of large contents; null for <c>contents</c> in the data directory. Several servers of one database
    /// that keep contents in files share it.</summary>
    public string? ContentDirectory { get; init; }

    /// <summary><c>standalone</c> or <c>orleans</c>.</summary>
    public string Engine { get; init; } = EngineChoice.Standalone;

    /// <summary>The engine orleans: where this server listens for the others of its cluster.</summary>
    public IPEndPoint Silo { get; init; } = new(IPAddress.Loopback, 11111);

    /// <summary>The engine orleans: servers of one name on one database are one cluster.</summary>
    public string Cluster { get; init; } = "healthgrains";

    /// <summary>The engine orleans: what this process is called among the others, unlike any before it.</summary>
    public string SiloName { get; } = $"silo-{Guid.NewGuid():N}";

    public IPEndPoint Grpc { get; init; } = new(IPAddress.Loopback, 8081);

    public IPEndPoint Web { get; init; } = new(IPAddress.Loopback, 8080);

    /// <summary>Real persons: no development key, no plaintext beyond loopback, no reflection, records opened by the
    /// national service.</summary>
    public bool IsProduction { get; init; }

    public TlsSettings? Tls { get; init; }

    /// <summary>Connections that one address may have open on the gRPC port. A proxy is one address, and nginx opens a connection for
    /// each call under way.</summary>
    public int ConnectionsPerAddress { get; init; } = Rpc.Limits.ConnectionsPerAddressMax;

    /// <summary>OpenID Connect issuers, and whom each of them may speak for.</summary>
    public IReadOnlyList<(string Issuer, CallerKinds Kinds)> Issuers { get; init; } = [];

    /// <summary>Where client certificates are asked for, a producer without one is refused.</summary>
    public bool ProducersNeedCertificate { get; init; } = true;

    /// <summary>File of who may deposit for whom; null: everybody for itself alone.</summary>
    public string? DepositorsPath { get; init; }

    public string Audience { get; init; } = TokenRules.DefaultAudience;

    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    public IReadOnlyList<string> RequiredAcr { get; init; } = [];

    public IdentityRules Identities { get; init; } = IdentityRules.Default;

    public DomainPolicy Policy { get; init; } = DomainPolicy.Default;

    /// <summary>File of the habilitation matrix; null for the shipped placeholder.</summary>
    public string? MatrixPath { get; init; }

    /// <summary>Do not start, and take no replacement, unless the matrix is the official one.</summary>
    public bool RequiresOfficialMatrix { get; init; }

    public AdmissionRules Admission { get; init; } = AdmissionRules.Bench;

    public bool Reflection { get; init; } = true;

    public bool LogJson { get; init; }

    public string LogLevel { get; init; } = "Information";

    public TimeSpan DrainTimeout { get; init; } = HostLimits.DrainTimeout;

    /// <summary>Files and variables, without options.</summary>
    public static IConfiguration ReadSources() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
        .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables(VariablePrefix)
        .Build();

    /// <summary>Settings of a configuration; what options say is laid over it before.</summary>
    /// <exception cref="CliException">A value cannot be one; the message names it.</exception>
    public static ServerSettings From(IConfiguration values)
    {
        var isProduction = Flag(values, "Production", false);
        return new ServerSettings
        {
            Data = values["Data"] ?? DataDirectory.DefaultName,
            Store = values["Store"] ?? StoreChoice.Sqlite,
            AcceptLoss = Flag(values, "Store:AcceptLoss", false),
            PostgreSqlConnection = values["PostgreSql:Connection"],
            Content = values["Content:Store"] ?? StoreChoice.ContentInDatabase,
            ContentDirectory = values["Content:Directory"],
            Engine = values["Engine"] ?? EngineChoice.Standalone,
            Silo = EndpointOf("Silo", values["Silo"] ?? "127.0.0.1:11111"),
            Cluster = values["Cluster"] ?? "healthgrains",
            Grpc = EndpointOf("Grpc", values["Grpc"] ?? "127.0.0.1:8081"),
            Web = EndpointOf("Web", values["Web"] ?? "127.0.0.1:8080"),
            IsProduction = isProduction,
            Tls = TlsSettings.From(values),
            ConnectionsPerAddress = Number(values, "Connections:PerAddressMax", Rpc.Limits.ConnectionsPerAddressMax, 1, Rpc.Limits.ConnectionsMax),
            Issuers = IssuerSettings.From(values, isProduction),
            ProducersNeedCertificate = Flag(values, "Auth:ProducersNeedCertificate", true),
            DepositorsPath = values["Depositors:File"],
            Audience = values["Auth:Audience"] ?? TokenRules.DefaultAudience,
            ClockSkew = Duration(values, "Auth:ClockSkew", TimeSpan.FromSeconds(30)),
            RequiredAcr = values["Auth:RequiredAcr"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            Identities = new IdentityRules
            {
                Ins = new InsRules
                {
                    Realm = RealmOf(values["Ins:Realm"], isProduction),
                    NiaFirstDigits = values["Ins:NiaFirstDigits"] ?? new InsRules().NiaFirstDigits,
                },
                LenientRpps = Flag(values, "Ids:LenientRpps", false),
                LenientFiness = Flag(values, "Ids:LenientFiness", false),
                AcceptAdeli = Flag(values, "Ids:AcceptAdeli", true),
            },
            Policy = DomainPolicy.Default with
            {
                OpenOnFirstDeposit = Flag(values, "Record:OpenOnFirstDeposit", !isProduction),
                DeliveryDeadline = Duration(values, "Delivery:Deadline", DomainPolicy.Default.DeliveryDeadline),
                SubmitMaxClockSkew = Duration(values, "Submit:MaxClockSkew", DomainPolicy.Default.SubmitMaxClockSkew),
                ReopenRestoresContent = Flag(values, "Record:ReopenRestoresContent", DomainPolicy.Default.ReopenRestoresContent),
                AuthorizationDefaultDuration = values["Authorization:DefaultDuration"] is null
                    ? DomainPolicy.Default.AuthorizationDefaultDuration
                    : Duration(values, "Authorization:DefaultDuration", default),
                AuthorizationExplicitDuration = Duration(
                    values, "Authorization:ExplicitDuration", DomainPolicy.Default.AuthorizationExplicitDuration),
                AllowMaskedAndInvisible = Flag(values, "Labels:AllowMaskedAndInvisible", DomainPolicy.Default.AllowMaskedAndInvisible),
                InvisiblePatientMax = values["Labels:InvisiblePatientMaxDays"] is null
                    ? null
                    : TimeSpan.FromDays(Number(values, "Labels:InvisiblePatientMaxDays", 0, 1, 36_500)),
                RetentionYears = Number(values, "Record:RetentionYears", DomainPolicy.Default.RetentionYears, 1, 100),
                OppositionWindow = TimeSpan.FromDays(Number(
                    values, "Record:OppositionWindowDays", (int)DomainPolicy.Default.OppositionWindow.TotalDays, 1, 3_650)),
                MajorityAge = Number(values, "Minor:MajorityAge", DomainPolicy.Default.MajorityAge, 1, 100),
                MajorityNotice = Duration(values, "Minor:MajorityNotice", DomainPolicy.Default.MajorityNotice),
                EmergencySession = Duration(values, "Emergency:SessionDuration", DomainPolicy.Default.EmergencySession),
                EmergencyDefaults = EmergencyOf(values["Emergency:Defaults"]),
                BlockOverridesEmergency = Flag(values, "Access:BlockOverridesEmergency", DomainPolicy.Default.BlockOverridesEmergency),
                EmergencyAppliesMatrix = Flag(values, "Access:EmergencyAppliesMatrix", DomainPolicy.Default.EmergencyAppliesMatrix),
                AttendingPhysicianSeesMasked =
                    Flag(values, "Access:MedecinTraitantSeesMasked", DomainPolicy.Default.AttendingPhysicianSeesMasked),
                AttendingPhysicianActsForPatient =
                    Flag(values, "Access:MedecinTraitantActsForPatient", DomainPolicy.Default.AttendingPhysicianActsForPatient),
                DelegateInvitation = Duration(values, "Delegation:InvitationLifetime", DomainPolicy.Default.DelegateInvitation),
                Matrix = new AccessMatrixHolder(AccessMatrix.Shipped),
            },
            MatrixPath = values["Matrix:File"],
            RequiresOfficialMatrix = Flag(values, "Matrix:RequireOfficial", isProduction),
            Admission = AdmissionSettings.From(values, isProduction),
            Reflection = Flag(values, "Reflection", !isProduction),
            LogJson = (values["Log:Format"] ?? "simple") switch
            {
                "json" => true,
                "simple" => false,
                var other => throw Wrong("Log:Format", other, "json or simple"),
            },
            LogLevel = values["Log:Level"] ?? "Information",
            DrainTimeout = Duration(values, "DrainTimeout", HostLimits.DrainTimeout),
        }.Checked();
    }

    /// <summary>The settings, if they may go together.</summary>
    /// <exception cref="CliException">They may not.</exception>
    public ServerSettings Checked()
    {
        if (!IsProduction)
        {
            // A development key is trusted here, so whoever can read one file is everybody: no place for real persons.
            return Identities.Ins.Realm == InsRealm.Test
                ? this
                : throw new CliException(ExitCode.Usage, "Ins:Realm is production only with --production: outside it there are no real persons.");
        }

        if (Issuers.Count == 0)
            throw new CliException(ExitCode.Usage, "In production tokens come from an issuer: set Auth:Issuer (HEALTHGRAINS__AUTH__ISSUER). The development key is not trusted.");
        if (Tls is null && !IPAddress.IsLoopback(Grpc.Address))
            throw new CliException(ExitCode.Usage, $"In production {Grpc} needs TLS: --tls-cert and --tls-key, or --tls-pfx. Plaintext stays on loopback.");
        if (Identities.Ins.Realm != InsRealm.Production)
            throw new CliException(ExitCode.Usage, "In production Ins:Realm is production.");
        if (Identities.LenientRpps || Identities.LenientFiness)
            throw new CliException(ExitCode.Usage, "In production check digits are checked: Ids:LenientRpps and Ids:LenientFiness are for the bench.");
        if (Store == StoreChoice.Memory)
            throw new CliException(ExitCode.Usage, "In production the store keeps what it is given: --store memory does not.");
        return this;
    }

    private static IPEndPoint EndpointOf(string name, string text)
    {
        var known = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..]
            : text.StartsWith("*:", StringComparison.Ordinal) ? "0.0.0.0" + text[1..]
            : text;
        return IPEndPoint.TryParse(known, out var endpoint) && known.LastIndexOf(':') > known.LastIndexOf(']')
            ? endpoint
            : throw Wrong(name, text, "an address and a port, such as 127.0.0.1:8081 or 0.0.0.0:8081");
    }

    private static InsRealm RealmOf(string? text, bool isProduction) => text?.ToLowerInvariant() switch
    {
        null => isProduction ? InsRealm.Production : InsRealm.Test,
        "production" => InsRealm.Production,
        "test" => InsRealm.Test,
        _ => throw Wrong("Ins:Realm", text, "production or test"),
    };

    // ETREAT, BTG, MASKED, in this order.
    private static EmergencyFlags EmergencyOf(string? text)
    {
        if (text is null) return DomainPolicy.Default.EmergencyDefaults;
        var words = text.Split(',', StringSplitOptions.TrimEntries);
        return words.Length == 3 && words.All(word => word is "permit" or "deny")
            ? new EmergencyFlags(words[0] == "permit", words[1] == "permit", words[2] == "permit")
            : throw Wrong("Emergency:Defaults", text, "three of permit and deny with commas: call centre, break the glass, masked documents");
    }

    private static bool Flag(IConfiguration values, string name, bool otherwise) => values[name]?.ToLowerInvariant() switch
    {
        null => otherwise,
        "true" or "1" or "yes" => true,
        "false" or "0" or "no" => false,
        var other => throw Wrong(name, other, "true or false"),
    };

    private static int Number(IConfiguration values, string name, int otherwise, int min, int max)
    {
        if (values[name] is not { } text) return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Wrong(name, text, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
    }

    private static TimeSpan Duration(IConfiguration values, string name, TimeSpan otherwise)
    {
        if (values[name] is not { } text) return otherwise;
        return HumanValues.TryDuration(text, out var duration) ? duration : throw Wrong(name, text, "a duration, such as 30s or 10m");
    }

    internal static CliException Wrong(string name, string value, string expected) => new(
        ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"The setting {name} is '{value}'; it must be {expected}."));
}
