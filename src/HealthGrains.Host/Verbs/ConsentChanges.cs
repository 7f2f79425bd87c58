using System.CommandLine;
using System.Text.Json.Nodes;
using Google.Protobuf;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace HealthGrains.Host.Verbs;

/// <summary>The changes of <c>consent</c>: each is done, or with <c>--preview</c> only tried.</summary>
internal static class ConsentChanges
{
    private static readonly Option<string> Professional = new("--professional") { Description = "IdNat_PS: 8 and an RPPS number", HelpName = "ID" };

    private static readonly Option<string> Organization = new("--organization")
    {
        Description = "Struct_IdNat: whoever acts in that structure", HelpName = "ID",
    };

    private static readonly Option<string> Number = new("--authorization") { Description = "One authorisation, by its number in show", HelpName = "N" };

    private static readonly Option<bool> Deny = new("--deny") { Description = "Also refuse the organisation from now on" };

    private static readonly Option<string> For = new("--for") { Description = "How long, such as 1d (default: until revoked)", HelpName = "DURATION" };

    private static readonly Option<string> Name = new("--name") { Description = "The holder's name, for display" };

    private static readonly Option<string> Reason = new("--reason") { Description = "Why, in the person's words" };

    private static readonly Option<string> CallCentre = Flag("--call-centre", "The emergency call centre (SAMU) may read");
    private static readonly Option<string> Glass = Flag("--glass", "Other professionals may break the glass");
    private static readonly Option<string> Masked = Flag("--masked", "Masked documents may be read in an emergency");

    private static readonly Option<string> Document = new("--document") { Description = "document_id", HelpName = "ID", Required = true };

    private static readonly Option<string> Terms = new("--terms") { Description = "Version of the terms that the person accepts", Required = true };

    private static readonly Option<bool> Delete = new("--delete") { Description = "Also ask for the content to be destroyed; needs --yes" };

    private static readonly Option<bool> Yes = new("--yes") { Description = "Yes, this is meant" };

    private static readonly Option<bool> Preview = new("--preview") { Description = "Change nothing; say who would lose or gain access, and why" };

    private static readonly Option<string> About = new("--about") { Description = "The document_id that the preview is about (default: the record as such)", HelpName = "ID" };

    public static IEnumerable<Command> Commands() =>
    [
        Change("authorize", "Let a professional, or whoever acts in an organisation, read", AuthorizeAsync, Professional, Organization, For, Name),
        Change("revoke", "End authorisations, or refuse an organisation", RevokeAsync, Professional, Organization, Number, Deny),
        Change("block", "Stop all reading of a professional, in every mode", BlockAsync, Professional, Reason),
        Change("unblock", "Remove a block, and nothing else", UnblockAsync, Professional),
        Change("emergency", "Set the three emergency flags; what is not named stays", EmergencyAsync, CallCentre, Glass, Masked),
        Change("mask", "Hide one document from professionals", act => LabelsAsync(act, masked: true), Document),
        Change("unmask", "Show one document to professionals again", act => LabelsAsync(act, masked: false), Document),
        new VerbCommand("open", "Activate the record, or open it again", OpenAsync) { Terms },
        Change("close", "Close the record: no deposits and no reading by professionals", CloseAsync, Reason, Delete, Yes),
    ];

    private static Option<string> Flag(string name, string description)
    {
        var option = new Option<string>(name) { Description = $"{description}: permit or deny" };
        option.AcceptOnlyFromAmong("permit", "deny");
        return option;
    }

    private static VerbCommand Change(string name, string description, Func<Act, Task<ExitCode>> run, params Option[] options)
    {
        var command = new VerbCommand(name, description, async context =>
        {
            await using var server = ServerConnection.Open(context);
            var patient = RecordPatient.Of(context.Get(ConsentVerb.Patient), context.Get(ConsentVerb.Oid), server.Token);
            return await run(new Act(name, context, server, patient));
        });
        foreach (var option in options)
            command.Options.Add(option);
        command.Options.Add(Preview);
        command.Options.Add(About);
        return command;
    }

    private static async Task<ExitCode> AuthorizeAsync(Act act)
    {
        var request = new AuthorizeProfessionalRequest
        {
            Patient = act.Patient, Holder = act.Holder(), HolderName = act.Get(Name) ?? "",
        };
        if (act.Get(For) is { } text)
            request.End = Timestamp.FromDateTimeOffset(act.Context.Time.GetUtcNow() + CommonOptions.DurationOf("--for", text));
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Authorize = request);
        var answer = await act.AskAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(Methods.AuthorizeProfessional, request);
        return await act.TellAsync(answer.Receipt, [answer.Authorization], "authorizations");
    }

    private static async Task<ExitCode> RevokeAsync(Act act)
    {
        var request = new RevokeAuthorizationRequest { Patient = act.Patient, Deny = act.Context.Get(Deny) };
        if (act.Get(Number) is { } number) request.AuthorizationId = number;
        else request.Holder = act.Holder();
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Revoke = request);
        var answer = await act.AskAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(Methods.RevokeAuthorization, request);
        return await act.TellAsync(answer.Receipt, answer.Ended, "ended");
    }

    private static async Task<ExitCode> BlockAsync(Act act)
    {
        var request = new BlockProfessionalRequest
        {
            Patient = act.Patient, ProfessionalId = act.ProfessionalId(), Reason = act.Get(Reason) ?? "",
        };
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Block = request);
        var answer = await act.AskAsync<BlockProfessionalRequest, BlockProfessionalResponse>(Methods.BlockProfessional, request);
        return await act.TellAsync(answer.Receipt, answer.Ended, "ended");
    }

    private static async Task<ExitCode> UnblockAsync(Act act)
    {
        var request = new UnblockProfessionalRequest { Patient = act.Patient, ProfessionalId = act.ProfessionalId() };
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Unblock = request);
        var answer = await act.AskAsync<UnblockProfessionalRequest, UnblockProfessionalResponse>(Methods.UnblockProfessional, request);
        return await act.TellAsync(answer.Receipt, [], "ended");
    }

    private static async Task<ExitCode> EmergencyAsync(Act act)
    {
        var request = new SetEmergencyAccessRequest
        {
            Patient = act.Patient,
            Emergency = new EmergencyAccess
            {
                RegulationCentre = DecisionOf(act.Get(CallCentre)),
                BreakTheGlass = DecisionOf(act.Get(Glass)),
                MaskedDocuments = DecisionOf(act.Get(Masked)),
            },
        };
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Emergency = request);
        var answer = await act.AskAsync<SetEmergencyAccessRequest, SetEmergencyAccessResponse>(Methods.SetEmergencyAccess, request);
        return await act.TellAsync(
            answer.Receipt, [], "ended", ConsentVerb.TextOf(answer.Emergency), ("emergency", ConsentVerb.Of(answer.Emergency)));
    }

    private static async Task<ExitCode> LabelsAsync(Act act, bool masked)
    {
        var id = act.Get(Document) ?? "";
        var entry = await act.AskAsync<GetDocumentRequest, Document>(
            Methods.GetDocument, new GetDocumentRequest { Patient = act.Patient, DocumentId = id });

        // The other labels stay: they are a professional's.
        var labels = entry.Metadata.Confidentiality
            .Where(label => label is not (Confidentiality.MaskedFromProfessionals or Confidentiality.Normal)).ToList();
        if (masked) labels.Add(Confidentiality.MaskedFromProfessionals);
        if (labels.Count == 0) labels.Add(Confidentiality.Normal);
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Labels = new TriedLabels { DocumentId = id, Confidentiality = { labels } }, id);

        var answer = await act.AskAsync<SetConfidentialityRequest, SetConfidentialityResponse>(
            Methods.SetConfidentiality,
            new SetConfidentialityRequest
            {
                Patient = act.Patient, DocumentId = id, EntryVersion = entry.EntryVersion, Confidentiality = { labels },
            });
        var isSame = answer.Document.EntryVersion == entry.EntryVersion;
        await act.Context.Console.WriteLineAsync(act.Context.Json
            ? JsonLine.Of(new JsonObject
            {
                ["change"] = act.Change,
                ["document_id"] = answer.Document.DocumentId,
                ["entry_version"] = answer.Document.EntryVersion,
                ["already_so"] = isSame,
                ["confidentiality"] = new JsonArray([.. answer.Document.Metadata.Confidentiality.Select(label => (JsonNode)MessageJson.Name(label))]),
            })
            : isSame ? "It was so already." : masked ? "Masked: no professional reads it any more." : "Unmasked.");
        return ExitCode.Ok;
    }

    private static async Task<ExitCode> OpenAsync(VerbContext context)
    {
        await using var server = ServerConnection.Open(context);
        var patient = RecordPatient.Of(context.Get(ConsentVerb.Patient), context.Get(ConsentVerb.Oid), server.Token);
        var act = new Act("open", context, server, patient);
        var answer = await act.AskAsync<OpenRecordRequest, OpenRecordResponse>(
            Methods.OpenRecord, new OpenRecordRequest { Patient = patient, TermsVersion = context.Get(Terms) ?? "" });
        return await act.TellAsync(answer.Receipt, [], "ended");
    }

    private static async Task<ExitCode> CloseAsync(Act act)
    {
        var request = new CloseRecordRequest
        {
            Patient = act.Patient, Reason = act.Get(Reason) ?? "", DeletionRequested = act.Context.Get(Delete),
        };
        if (act.IsPreview)
            return await act.TryAsync(tried => tried.Close = request);
        if (request.DeletionRequested && !act.Context.Get(Yes))
            throw new CliException(ExitCode.Usage, "--delete asks for the content to be destroyed: say --yes, too.");
        var answer = await act.AskAsync<CloseRecordRequest, CloseRecordResponse>(Methods.CloseRecord, request);
        return await act.TellAsync(answer.Receipt, [], "ended");
    }

    private static Decision DecisionOf(string? word) => word switch
    {
        null => Decision.Unspecified,
        "permit" => Decision.Permit,
        _ => Decision.Deny,
    };

    /// <summary>One change on its way.</summary>
    private sealed record Act(string Change, VerbContext Context, ServerConnection Server, Patient Patient)
    {
        public bool IsPreview => Context.Get(Preview);

        public string? Get(Option<string> option) => Context.Get(option);

        public string ProfessionalId() =>
            Get(Professional) ?? throw new CliException(ExitCode.Usage, "Whom? Name the professional with --professional.");

        public Holder Holder() => (Get(Professional), Get(Organization)) switch
        {
            ({ } professional, null) => new Holder { ProfessionalId = professional },
            (null, { } organization) => new Holder { OrganizationId = organization },
            _ => throw new CliException(ExitCode.Usage, "Whom? Name one of --professional and --organization."),
        };

        public Task<TReply> AskAsync<TRequest, TReply>(string method, TRequest request)
            where TRequest : class, IMessage<TRequest>
            where TReply : class, IMessage<TReply>, new() =>
            Server.AskAsync<TRequest, TReply>(method, request, Context.Stopping);

        public async Task<ExitCode> TryAsync(Action<ExplainAccessRequest> change, string? document = null)
        {
            var request = new ExplainAccessRequest { Patient = Patient, DocumentId = Get(About) ?? document ?? "" };
            change(request);
            var answer = await AskAsync<ExplainAccessRequest, ExplainAccessResponse>(Methods.ExplainAccess, request);
            await ExplanationText.WriteAsync(Context.Console, answer, Context.Json);
            return ExitCode.Ok;
        }

        public async Task<ExitCode> TellAsync(
            ConsentReceipt receipt,
            IReadOnlyCollection<Authorization> words,
            string what,
            string? line = null,
            (string Name, JsonNode Value)? more = null)
        {
            if (!Context.Json)
            {
                foreach (var word in words.Where(word => word is not null))
                    await Context.Console.WriteLineAsync(ConsentVerb.TextOf(word));
                if (line is not null) await Context.Console.WriteLineAsync(line);
                await Context.Console.WriteLineAsync(receipt.AlreadySo
                    ? "It was so already."
                    : $"In force from {MessageJson.Time(receipt.At)}; consent version {receipt.ConsentVersion}.");
                return ExitCode.Ok;
            }

            var json = new JsonObject
            {
                ["change"] = Change,
                ["at"] = MessageJson.Time(receipt.At),
                ["consent_version"] = receipt.ConsentVersion,
                ["already_so"] = receipt.AlreadySo,
                [what] = new JsonArray([.. words.Where(word => word is not null).Select(word => (JsonNode)ConsentVerb.Of(word))]),
            };
            if (more is { } member) json[member.Name] = member.Value;
            await Context.Console.WriteLineAsync(JsonLine.Of(json));
            return ExitCode.Ok;
        }
    }
}
