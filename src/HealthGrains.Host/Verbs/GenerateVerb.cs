using System.CommandLine;
using System.Text.Json.Nodes;
using HealthGrains.Domain.Identity;
using HealthGrains.Host.CommandLine;
using HealthGrains.Synthetic;

namespace HealthGrains.Host.Verbs;

/// <summary><c>generate</c>: writes invented CDA documents; the same options write the same bytes.</summary>
internal static class GenerateVerb
{
    /// <summary>The structure that sends what is generated, unless told otherwise: the one of the examples.</summary>
    private const string DefaultOrganization = "1750100125";

    private static readonly Option<ulong> Seed = new("--seed") { Description = "What everything is drawn from", HelpName = "N", Required = true };

    private static readonly Option<int> Count = new("--count") { Description = "How many documents", HelpName = "N", Required = true };

    private static readonly Option<string> Out = new("--out") { Description = "Directory for the files", HelpName = "DIR", Required = true };

    private static readonly Option<int?> Patients = new("--patients") { Description = "How many persons they are about (default 1000)", HelpName = "N" };

    private static readonly Option<int?> Organizations = new("--organizations")
    {
        Description = "How many structures send them (default 1)", HelpName = "N",
    };

    private static readonly Option<string> Organization = new("--organization")
    {
        Description = $"Struct_IdNat of the first of them: 1 and a FINESS number (default {DefaultOrganization})", HelpName = "ID",
    };

    private static readonly Option<int?> Replacements = new("--replacements")
    {
        Description = "How many in a thousand replace an earlier one (default 0)", HelpName = "N",
    };

    private static readonly Option<long> Start = new("--start") { Description = "Index of the first document (default 0)", HelpName = "N" };

    public static Command Command() =>
        new VerbCommand("generate", "Write invented documents, the same for the same options", RunAsync)
        {
            Seed, Count, Out, Patients, Organizations, Organization, Replacements, Start,
        };

    private static async Task<ExitCode> RunAsync(VerbContext context)
    {
        var count = context.Get(Count);
        var start = context.Get(Start);
        if (count is < 1 or > HostLimits.GeneratedMax)
            throw Usage($"--count is 1 to {HostLimits.GeneratedMax}.");
        if (start < 0) throw Usage("--start is an index, from 0.");
        var documents = DocumentsOf(context, out var organization);
        var directory = context.Get(Out)!;
        Directory.CreateDirectory(directory);

        long done = 0, bytes = 0;
        await using (ProgressLine.Start(context.Console, context.Time, () =>
            new ProgressState(Interlocked.Read(ref done), count, $"{HumanValues.Count(Interlocked.Read(ref done))} of {HumanValues.Count(count)} documents")))
        {
            for (; done < count; Interlocked.Increment(ref done))
            {
                if (context.Stopping.IsCancellationRequested)
                {
                    context.Console.Tell(ErrorLine.Of(
                        $"Stopped as asked after {done} documents, each of them whole.",
                        $"the same command with --start {start + done} --count {count - done}"));
                    return ExitCode.Partial;
                }

                var document = documents.Generate(start + done);
                var path = Path.Combine(directory, document.FileName);
                await WriteAsync(path, document.Cda);
                bytes += document.Cda.Length;
                if (context.Json) await context.Console.WriteLineAsync(LineOf(path, document));
            }
        }

        context.Console.Tell($"{HumanValues.Count(count)} documents, {HumanValues.Size(bytes)}, in {directory}. Next: "
            + $"healthgrains submit {directory} --token \"$(healthgrains token producer --organization {organization})\"");
        return ExitCode.Ok;
    }

    private static SyntheticDocuments DocumentsOf(VerbContext context, out string organization)
    {
        organization = context.Get(Organization) ?? DefaultOrganization;
        if (!StructureId.TryParse(organization, out var structure) || structure.Kind != StructureIdKind.Finess)
            throw Usage($"--organization '{organization}' is not 1 and a FINESS number.");
        try
        {
            return new SyntheticDocuments(new SyntheticOptions
            {
                Seed = context.Get(Seed),
                Patients = context.Get(Patients) ?? 1_000,
                Organizations = context.Get(Organizations) ?? 1,
                FirstOrganization = Finess.Parse(structure.Number),
                ReplacementsInThousand = context.Get(Replacements) ?? 0,
            });
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw Usage($"{e.ParamName} is out of its range.");
        }
    }

    // Whole or not at all, so that a submission beside it never meets half a document.
    private static async Task WriteAsync(string path, byte[] content)
    {
        var partial = path + ".partial";
        await File.WriteAllBytesAsync(partial, content);
        File.Move(partial, path, overwrite: true);
    }

    private static string LineOf(string path, SyntheticDocument document) => JsonLine.Of(new JsonObject
    {
        ["file"] = path,
        ["unique_id"] = document.UniqueId.ToString(),
        ["type_code"] = document.TypeCode,
        ["organization"] = document.StructureId.ToString(),
        ["patient"] = new JsonObject { ["ins"] = document.PatientId.Number, ["oid"] = document.PatientId.Oid.Text() },
        ["size"] = document.Cda.Length,
    });

    private static CliException Usage(string message) => new(ExitCode.Usage, message, "healthgrains generate --help");
}
