using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Verbs;

/// <summary><c>explain</c>: which rule allows or refuses whom.</summary>
internal static class ExplainVerb
{
    private static readonly Option<string> Patient = RecordPatient.Ins();
    private static readonly Option<string> Oid = RecordPatient.Oid();

    private static readonly Option<string> Professional = new("--professional")
    {
        Description = "IdNat_PS of the professional; a professional may leave it out", HelpName = "ID",
    };

    private static readonly Option<string> Role = new("--role") { Description = "His or her profession, such as 10", HelpName = "CODE" };

    private static readonly Option<string> Organization = new("--organization")
    {
        Description = "Struct_IdNat of the structure in which he or she acts", HelpName = "ID",
    };

    private static readonly Option<string> Document = new("--document")
    {
        Description = "document_id; without it, reading the record as such", HelpName = "ID",
    };

    public static Command Command() =>
        new VerbCommand("explain", "Which rule allows or refuses whom", RunAsync) { Patient, Oid, Professional, Role, Organization, Document };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var request = new ExplainAccessRequest
        {
            Patient = RecordPatient.Of(context.Get(Patient), context.Get(Oid), server.Token),
            DocumentId = context.Get(Document) ?? "",
        };
        if (context.Get(Professional) is { } id)
        {
            request.Professional = new Professional
            {
                Id = id, Profession = context.Get(Role) ?? "", OrganizationId = context.Get(Organization) ?? "",
            };
        }

        var answer = await server.AskAsync<ExplainAccessRequest, ExplainAccessResponse>(Methods.ExplainAccess, request, context.Stopping);
        if (context.Json)
        {
            await context.Console.WriteLineAsync(JsonLine.Of(new JsonObject
            {
                ["outcome"] = answer.Outcome,
                ["steps"] = new JsonArray([.. answer.Steps.Select(step => (JsonNode)new JsonObject
                {
                    ["step"] = step.Step_, ["rule"] = step.Rule, ["passed"] = step.Passed, ["explanation"] = step.Explanation,
                })]),
            }));
            return ExitCode.Ok;
        }

        foreach (var step in answer.Steps)
            await context.Console.WriteLineAsync($"{step.Step_,3}  {(step.Passed ? "passes " : "decides")}  {step.Rule}: {step.Explanation}");
        await context.Console.WriteLineAsync(answer.Outcome);
        return ExitCode.Ok;
    }
}
