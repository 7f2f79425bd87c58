using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.CommandLine;
using Spectre.Console;
using Step = HealthGrains.Contracts.V1.ExplainAccessResponse.Types.Step;
using Viewer = HealthGrains.Contracts.V1.ExplainAccessResponse.Types.Viewer;

namespace HealthGrains.Host.Client;

/// <summary>An explanation for a person, and for a script.</summary>
internal static class ExplanationText
{
    public static async ValueTask WriteAsync(CliConsole console, ExplainAccessResponse answer, bool json)
    {
        if (json)
        {
            await console.WriteLineAsync(JsonLine.Of(Of(answer)));
            return;
        }

        foreach (var step in answer.Steps)
            await console.WriteLineAsync(TextOf(step));
        if (answer.Outcome.Length > 0)
            await console.WriteLineAsync(answer.OutcomeAfter.Length > 0 ? $"{answer.Outcome}, then {answer.OutcomeAfter}" : answer.Outcome);
        if (answer.AskFor.Count > 0)
            await console.WriteLineAsync($"Ask for: {string.Join(", ", answer.AskFor)}");
        if (answer.Viewers.Count == 0) return;

        var foretells = answer.Viewers.Any(viewer => viewer.OutcomeAfter.Length > 0);
        var table = foretells ? CliTable.Create("who", "now", "then", "because") : CliTable.Create("who", "now", "because");
        foreach (var viewer in answer.Viewers)
        {
            // Of who keeps what he or she had, and of who loses it, the reason is that of the time after.
            string[] cells = foretells
                ? [WhoOf(viewer), viewer.Outcome, viewer.OutcomeAfter == viewer.Outcome ? "same" : viewer.OutcomeAfter, viewer.BecauseAfter]
                : [WhoOf(viewer), viewer.Outcome, viewer.Because];
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }

        await CliTable.WriteAsync(console, table);
        if (answer.ViewersLeftOut > 0) console.Tell($"and {answer.ViewersLeftOut} more");
    }

    private static JsonObject Of(ExplainAccessResponse answer)
    {
        var json = new JsonObject { ["outcome"] = answer.Outcome, ["steps"] = Of(answer.Steps) };
        if (answer.OutcomeAfter.Length > 0)
        {
            json["outcome_after"] = answer.OutcomeAfter;
            json["steps_after"] = Of(answer.StepsAfter);
        }

        json["authorization_id"] = answer.AuthorizationId;
        json["matrix_version"] = answer.MatrixVersion;
        json["at"] = MessageJson.Time(answer.At);
        json["consent_version"] = answer.ConsentVersion;
        json["ask_for"] = new JsonArray([.. answer.AskFor.Select(word => (JsonNode)word)]);
        json["viewers"] = new JsonArray([.. answer.Viewers.Select(viewer => (JsonNode)Of(viewer))]);
        json["viewers_left_out"] = answer.ViewersLeftOut;
        return json;
    }

    private static JsonObject Of(Viewer viewer)
    {
        var json = new JsonObject
        {
            ["who"] = viewer.WhoCase switch
            {
                Viewer.WhoOneofCase.ProfessionalId => viewer.ProfessionalId,
                Viewer.WhoOneofCase.OrganizationId => viewer.OrganizationId,
                _ => MessageJson.Name(viewer.Emergency),
            },
            ["kind"] = viewer.WhoCase switch
            {
                Viewer.WhoOneofCase.ProfessionalId => "professional",
                Viewer.WhoOneofCase.OrganizationId => "organization",
                _ => "emergency",
            },
            ["name"] = viewer.Name,
            ["profession"] = viewer.Profession,
            ["profession_assumed"] = viewer.ProfessionAssumed,
            ["outcome"] = viewer.Outcome,
            ["because"] = viewer.Because,
            ["authorization_id"] = viewer.AuthorizationId,
            ["steps"] = Of(viewer.Steps),
        };
        if (viewer.OutcomeAfter.Length == 0) return json;
        json["outcome_after"] = viewer.OutcomeAfter;
        json["because_after"] = viewer.BecauseAfter;
        json["steps_after"] = Of(viewer.StepsAfter);
        return json;
    }

    private static JsonArray Of(IEnumerable<Step> steps) => new([.. steps.Select(step => (JsonNode)new JsonObject
    {
        ["step"] = step.Step_, ["rule"] = step.Rule, ["passed"] = step.Passed, ["explanation"] = step.Explanation,
    })]);

    private static string TextOf(Step step) => $"{step.Step_,3}  {(step.Passed ? "passes " : "decides")}  {step.Rule}: {step.Explanation}";

    private static string WhoOf(Viewer viewer)
    {
        var named = viewer.Name.Length > 0 ? $" {viewer.Name}" : "";
        return viewer.WhoCase switch
        {
            Viewer.WhoOneofCase.ProfessionalId =>
                $"{viewer.ProfessionalId}{named}{(viewer.ProfessionAssumed ? ", if a physician" : "")}",
            Viewer.WhoOneofCase.OrganizationId => $"a physician in {viewer.OrganizationId}{named}",
            _ => viewer.Emergency == AccessContext.Types.Mode.Emergency
                ? "a physician who breaks the glass"
                : "a physician of the emergency call centre",
        };
    }
}
