using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

/// <summary><c>consent</c>: who may read a record, as the person says it. The changes are in <see cref="ConsentChanges"/>.</summary>
internal static class ConsentVerb
{
    public static readonly Option<string> Patient = RecordPatient.Ins();
    public static readonly Option<string> Oid = RecordPatient.Oid();

    private static readonly Option<bool> Ended = new("--all") { Description = "Also authorisations that have ended" };

    public static Command Command()
    {
        Patient.Recursive = true;
        Oid.Recursive = true;
        var consent = new Command("consent", "Who may read a record: see it, change it, or try a change with --preview")
        {
            new VerbCommand("show", "The authorisations, the blocks and the emergency flags", ShowAsync) { Ended },
        };
        foreach (var change in ConsentChanges.Commands())
            consent.Subcommands.Add(change);
        consent.Options.Add(Patient);
        consent.Options.Add(Oid);
        return consent;
    }

    private static async Task<ExitCode> ShowAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var consents = await server.AskAsync<GetConsentsRequest, GetConsentsResponse>(
            Methods.GetConsents,
            new GetConsentsRequest
            {
                Patient = RecordPatient.Of(context.Get(Patient), context.Get(Oid), server.Token),
                IncludeEnded = context.Get(Ended),
            },
            context.Stopping);
        if (context.Json)
        {
            await context.Console.WriteLineAsync(JsonLine.Of(Of(consents)));
            return ExitCode.Ok;
        }

        foreach (var word in consents.Authorizations)
            await context.Console.WriteLineAsync(TextOf(word));
        foreach (var block in consents.Blocks)
            await context.Console.WriteLineAsync($"     blocked  {block.ProfessionalId} since {MessageJson.Time(block.Since)}");
        foreach (var follower in consents.Followers)
            await context.Console.WriteLineAsync($"     follows  {follower.ProfessionalId} since {MessageJson.Time(follower.Since)}");
        await context.Console.WriteLineAsync(TextOf(consents.Emergency));
        context.Console.Tell($"Consent version {consents.ConsentVersion}.");
        return ExitCode.Ok;
    }

    public static string TextOf(EmergencyAccess flags) =>
        $"     emergency: call centre {Word(flags.RegulationCentre)}, break the glass {Word(flags.BreakTheGlass)}, masked documents {Word(flags.MaskedDocuments)}";

    public static string TextOf(Authorization word)
    {
        var until = word.End is null ? "" : $" until {MessageJson.Time(word.End)}";
        var name = word.HolderName.Length > 0 ? $" {word.HolderName}" : "";
        return $"{word.AuthorizationId,4} {Word(word.Decision),-7}  {HolderOf(word)}{name} since {MessageJson.Time(word.Start)}{until}{(word.IsActive ? "" : " (not in force)")}";
    }

    public static JsonObject Of(Authorization word) => new()
    {
        ["authorization_id"] = word.AuthorizationId,
        ["holder"] = HolderOf(word),
        ["holder_kind"] = word.Holder.HolderCase == Holder.HolderOneofCase.ProfessionalId ? "professional" : "organization",
        ["holder_name"] = word.HolderName,
        ["decision"] = MessageJson.Name(word.Decision),
        ["basis"] = MessageJson.Name(word.Basis),
        ["start"] = MessageJson.Time(word.Start),
        ["end"] = MessageJson.Time(word.End),
        ["is_active"] = word.IsActive,
        ["is_admin"] = word.IsAdmin,
    };

    public static JsonObject Of(EmergencyAccess flags) => new()
    {
        ["regulation_centre"] = MessageJson.Name(flags.RegulationCentre),
        ["break_the_glass"] = MessageJson.Name(flags.BreakTheGlass),
        ["masked_documents"] = MessageJson.Name(flags.MaskedDocuments),
    };

    private static JsonObject Of(GetConsentsResponse consents) => new()
    {
        ["authorizations"] = new JsonArray([.. consents.Authorizations.Select(word => (JsonNode)Of(word))]),
        ["blocks"] = new JsonArray([.. consents.Blocks.Select(block => (JsonNode)new JsonObject
        {
            ["professional_id"] = block.ProfessionalId, ["since"] = MessageJson.Time(block.Since),
        })]),
        ["followers"] = new JsonArray([.. consents.Followers.Select(follower => (JsonNode)new JsonObject
        {
            ["professional_id"] = follower.ProfessionalId, ["since"] = MessageJson.Time(follower.Since),
        })]),
        ["emergency"] = Of(consents.Emergency),
        ["consent_version"] = consents.ConsentVersion,
    };

    private static string HolderOf(Authorization word) => word.Holder.HolderCase == Holder.HolderOneofCase.ProfessionalId
        ? word.Holder.ProfessionalId
        : word.Holder.OrganizationId;

    private static string Word(Decision decision) => decision.ToString().ToLower(CultureInfo.InvariantCulture);
}
