using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>From an author as stated, or as the document's header names one, to an author that may be kept.</summary>
/// <remarks>Source: IHE ITI TF-3 section 4.2.3.1.4, author; ANS, <c>Annexe Identification des acteurs</c>.</remarks>
internal static class AuthorRules
{
    /// <param name="stated">As the request states it.</param>
    /// <param name="patient">Whose document it is: a patient author is this one.</param>
    /// <param name="field">Path of the author in the request.</param>
    /// <param name="rules">Leniency of check digits.</param>
    /// <param name="warnings">Gets a code where a check digit fails.</param>
    /// <param name="author">The author, when there is no refusal.</param>
    public static Refusal? TryRead(
        StatedAuthor stated,
        PatientId patient,
        string field,
        IntakeRules rules,
        WarningList warnings,
        out Author? author)
    {
        author = null;
        if (CheckTexts(stated, field) is { } refusal)
            return refusal;

        var isNumber = ProfessionalId.TryParse(stated.Id, rules.Identity, out var id);
        var kind = stated.Kind ?? (isNumber && id.Kind is ProfessionalIdKind.Rpps or ProfessionalIdKind.Adeli
            ? AuthorKind.Professional
            : (AuthorKind?)null);
        if (kind is null)
            return new Refusal(RefusalCode.MetadataInvalid, "The kind of this author must be stated.", $"{field}.kind");

        if (kind == AuthorKind.Patient)
        {
            // The record says who that is; the number is not kept twice.
            if (stated.Id.Length > 0 && stated.Id != patient.Number)
                return new Refusal(RefusalCode.MetadataInvalid, "Only the patient can be the patient author.", $"{field}.id");
            author = new Author(
                "", stated.Name, stated.OrganizationId, stated.OrganizationName, stated.Role, stated.Specialty, AuthorKind.Patient);
        }
        else
        {
            if (!isNumber)
                return new Refusal(RefusalCode.MetadataInvalid, "Not the number of a professional or a system.", $"{field}.id");
            if (!id.CheckDigitFits)
                warnings.Add(IntakeWarnings.ProfessionalIdCheck);
            author = new Author(
                stated.Id, stated.Name, stated.OrganizationId, stated.OrganizationName, stated.Role, stated.Specialty, kind.Value);
        }

        if (stated.OrganizationId.Length == 0)
            return null;
        if (!StructureId.TryParse(stated.OrganizationId, rules.Identity, out var structure))
            return new Refusal(RefusalCode.MetadataInvalid, "Not the number of a structure.", $"{field}.organization_id");
        if (!structure.CheckDigitFits)
            warnings.Add(IntakeWarnings.StructureIdCheck);
        return null;
    }

    /// <summary>The same for a participant of a CDA header. A legal authenticator without a national number is kept with a
    /// notice: published examples hold such ones.</summary>
    public static Refusal? TryRead(
        CdaParticipant participant,
        PatientId patient,
        string field,
        bool isAuthenticator,
        IntakeRules rules,
        WarningList warnings,
        out Author? author)
    {
        author = null;
        var isPatient = participant is { Patient: { } someone, Professional: null } && someone == patient;
        if (participant.Professional is null && !isPatient)
        {
            if (!isAuthenticator)
                return new Refusal(RefusalCode.MetadataInvalid, "The author has no valid national number.", $"{field}.id");
            warnings.Add(IntakeWarnings.ProfessionalIdCheck);
        }

        if (participant.Organization is { Structure: null } organization && NamesNational(organization.Ids))
            return new Refusal(RefusalCode.MetadataInvalid, "Not the number of a structure.", $"{field}.organization_id");
        if (participant.Professional is { CheckDigitFits: false })
            warnings.Add(IntakeWarnings.ProfessionalIdCheck);
        if (participant.Organization?.Structure is { CheckDigitFits: false })
            warnings.Add(IntakeWarnings.StructureIdCheck);

        author = new Author(
            isPatient ? "" : participant.Professional?.ToString() ?? "",
            CdaTexts.Line(participant.Name),
            participant.Organization?.Structure?.ToString() ?? "",
            CdaTexts.Line(participant.Organization?.Name),
            participant.Role?.Code ?? "",
            participant.Specialty?.Code ?? "",
            isPatient ? AuthorKind.Patient : participant.IsDevice ? AuthorKind.System : AuthorKind.Professional);
        return CheckTexts(
            new StatedAuthor("", author.Name, "", author.OrganizationName, author.Role, author.Specialty, null), field);
    }

    private static bool NamesNational(IReadOnlyList<CdaId> ids)
    {
        foreach (var id in ids)
        {
            if (id.Root == StructureId.Root)
                return true;
        }

        return false;
    }

    private static Refusal? CheckTexts(StatedAuthor author, string field) =>
        TextRules.CheckLine(author.Name, IntakeLimits.NameCharsMax, $"{field}.name")
        ?? TextRules.CheckLine(author.OrganizationName, IntakeLimits.NameCharsMax, $"{field}.organization_name")
        ?? TextRules.CheckCode(author.Role, $"{field}.role")
        ?? TextRules.CheckCode(author.Specialty, $"{field}.specialty");
}

/// <summary>Notices of one submission, each once.</summary>
internal sealed class WarningList
{
    private List<string>? _codes;

    public IReadOnlyList<string> Codes => _codes ?? (IReadOnlyList<string>)[];

    public void Add(string code)
    {
        _codes ??= [];
        if (!_codes.Contains(code))
            _codes.Add(code);
    }
}
