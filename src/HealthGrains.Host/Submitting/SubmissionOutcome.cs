using System.Text.Json.Nodes;
using HealthGrains.Contracts.V1;
using HealthGrains.Host.Client;
using HealthGrains.Host.CommandLine;

namespace HealthGrains.Host.Submitting;

/// <summary>What became of one file: a receipt, a refusal of the server, or a file that could not be sent.</summary>
internal sealed record SubmissionOutcome(string File, Receipt? Receipt, Refusal? Refusal)
{
    /// <summary>The file never left this machine.</summary>
    public bool IsLocal { get; init; }

    public static SubmissionOutcome Of(string file, FileProblem problem) =>
        new(file, null, new Refusal { Code = problem.Code, Message = problem.Message }) { IsLocal = true };

    public string ToJson()
    {
        var line = new JsonObject { ["file"] = File };
        if (Receipt is not null) line["receipt"] = MessageJson.Of(Receipt);
        else line["refusal"] = MessageJson.Of(Refusal!);
        return JsonLine.Of(line);
    }

    public string ToText()
    {
        if (Receipt is { } receipt)
        {
            var what = receipt.DocumentId.Length == 0 ? "valid   " : receipt.AlreadyKnown ? "known   " : "accepted";
            return $"{what} {File}  {receipt.DocumentId}  {HumanValues.Size(receipt.Size)}, told to {receipt.Recipients}";
        }

        var refusal = Refusal!;
        var field = refusal.Field.Length == 0 ? "" : $" ({refusal.Field})";
        return $"refused  {File}  {refusal.Code}{field}: {refusal.Message}";
    }
}
