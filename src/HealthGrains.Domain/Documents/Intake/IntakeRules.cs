using System.Collections.Frozen;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>The parameters and value sets that a submission is judged by. Made once for each change of configuration.</summary>
public sealed class IntakeRules
{
    // A FHIR document has no template: its media type says enough (IHE ITI TF-3 section 4.2.3.2.9, formatCode).
    private const string MimeTypeSufficient = "urn:ihe:iti:xds:2017:mimeTypeSufficient";

    private readonly FrozenSet<string> _formats;

    public IntakeRules(DomainPolicy policy, IdentityRules identity, CodeSets codes)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(codes);
        Policy = policy;
        Identity = identity;
        Codes = codes;
        _formats = codes.Formats.All.Select(format => format.Code).Append(MimeTypeSufficient)
            .ToFrozenSet(StringComparer.Ordinal);
    }

    public DomainPolicy Policy { get; }

    public IdentityRules Identity { get; }

    public CodeSets Codes { get; }

    /// <summary>Whether the first structure is listed as a depositor for the second: interface engines, hosted software.
    /// Nobody is, until a list is loaded.</summary>
    public Func<StructureId, StructureId, bool> DepositsFor { get; init; } = static (_, _) => false;

    public bool IsKnownFormat(string formatCode) => _formats.Contains(formatCode);
}
