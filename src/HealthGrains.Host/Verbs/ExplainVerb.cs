using System.CommandLine;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using Mode = HealthGrains.Contracts.V1.AccessContext.Types.Mode;

namespace HealthGrains.Host.Verbs;

/// <summary><c>explain</c>: which rule allows or refuses whom.</summary>
internal static class ExplainVerb
{
    private static readonly Option<string> Patient = RecordPatient.Ins();
    private static readonly Option<string> Oid = RecordPatient.Oid();

    private static readonly Option<string> Professional = new("--professional")
    {
        Description = "IdNat_PS of the professional (default for a patient: everybody whom the record knows)", HelpName = "ID",
    };

    private static readonly Option<string> Role = new("--role")
    {
        Description = "His or her profession, such as 60 (default 10, physician)", HelpName = "CODE",
    };

    private static readonly Option<string> Organization = new("--organization")
    {
        Description = "Struct_IdNat of the structure in which he or she acts", HelpName = "ID",
    };

    private static readonly Option<string> Document = new("--document")
    {
        Description = "document_id; without it, reading the record as such", HelpName = "ID",
    };

    private static readonly Option<string> Emergency = new("--emergency")
    {
        Description = "Try an emergency: glass (with --reason, for a professional) or call-centre", HelpName = "MODE",
    };

    private static readonly Option<string> Reason = new("--reason") { Description = "The reason that would be given" };

    public static Command Command()
    {
        Emergency.AcceptOnlyFromAmong("glass", "call-centre");
        return new VerbCommand("explain", "Which rule allows or refuses whom; nothing is read", RunAsync)
        {
            Patient, Oid, Professional, Role, Organization, Document, Emergency, Reason,
        };
    }

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

        if (context.Get(Emergency) is { } mode)
        {
            request.Access = new AccessContext
            {
                Mode = mode == "glass" ? Mode.Emergency : Mode.RegulationCentre, Reason = context.Get(Reason) ?? "",
            };
        }

        var answer = await server.AskAsync<ExplainAccessRequest, ExplainAccessResponse>(Methods.ExplainAccess, request, context.Stopping);
        await ExplanationText.WriteAsync(context.Console, answer, context.Json);
        return ExitCode.Ok;
    }
}
