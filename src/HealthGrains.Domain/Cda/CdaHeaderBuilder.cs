using System.Globalization;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Cda;

/// <summary>Judges a draft and makes the header of it, or throws the refusal.</summary>
internal sealed class CdaHeaderBuilder(CdaDraft draft, IdentityRules rules, CodeSets codes)
{
    private const string Root = "ClinicalDocument";
    private const string PatientPath = Root + "/recordTarget/patientRole";

    internal CdaHeader Build(CdaBody body, bool isWrapped)
    {
        if (body.Kind is not { } kind)
            throw CdaRefusedException.Invalid("The document has neither nonXMLBody nor structuredBody.", Root + "/component");

        var patient = Patient();
        var traits = Traits();
        if (draft.Ids.Count == 0) throw CdaRefusedException.Invalid("The document has no id.", Root + "/id");
        if (draft.Authors.Count == 0) throw CdaRefusedException.Invalid("The document has no author.", Root + "/author");
        codes.TryFindFormat(draft.TemplateIds, body.MediaType, out var format);

        return new CdaHeader
        {
            UniqueId = Unique(draft.Ids[0], Root + "/id"),
            Patient = patient,
            PatientIds = draft.PatientIds,
            Traits = traits,
            Type = draft.Type ?? throw CdaRefusedException.Invalid("The document has no type.", Root + "/code"),
            TypeTranslations = draft.TypeTranslations,
            Title = draft.Title,
            Language = draft.Language,
            ConfidentialityLevel = draft.ConfidentialityLevel,
            EffectiveTime = Time(draft.EffectiveTime, Root + "/effectiveTime")
                ?? throw CdaRefusedException.Invalid("The document has no time.", Root + "/effectiveTime"),
            SetId = draft.SetId,
            VersionNumber = Version(),
            Authors = [.. draft.Authors.Select(a => Participant(a, Root + "/author"))],
            LegalAuthenticator = draft.LegalAuthenticator is { } legal ? Participant(legal, Root + "/legalAuthenticator") : null,
            Custodian = draft.Custodian is { } custodian ? Organization(custodian) : null,
            Replaces = Replaced(),
            ServiceStart = Time(draft.ServiceStart, Root + "/documentationOf/serviceEvent/effectiveTime/low"),
            ServiceStop = Time(draft.ServiceStop, Root + "/documentationOf/serviceEvent/effectiveTime/high"),
            PracticeSetting = draft.PracticeSetting,
            Facility = draft.Facility,
            EventCodes = draft.EventCodes,
            References = draft.References,
            TemplateIds = draft.TemplateIds,
            Format = format,
            Body = kind,
            BodyMediaType = body.MediaType,
            EmbeddedMediaTypes = body.EmbeddedMediaTypes,
            BodySha256 = body.Digest(),
            IsWrapped = isWrapped,
        };
    }

    private PatientId Patient()
    {
        const string path = PatientPath + "/id";
        PatientId? found = null;
        foreach (var id in draft.PatientIds)
        {
            if (!InsOids.TryParse(id.Root, out _)) continue;
            var problem = PatientId.TryCreate(id.Root, id.Extension, rules.Ins, out var patient);
            if (problem != InsProblem.None) throw new CdaRefusedException(problem.ToRefusal(path));
            if (found is { } earlier && earlier != patient)
                throw new CdaRefusedException(new Refusal(RefusalCode.InsMismatch, "The document names two different INS.", path));
            found = patient;
        }

        return found ?? throw new CdaRefusedException(InsProblem.Missing.ToRefusal(path));
    }

    private CdaTraits Traits()
    {
        var traits = draft.Traits;
        var birthName = traits.BirthName ?? throw Incomplete("birth name", "name/family[@qualifier='BR']");

        // The first of the birth names counts where no given name is marked as it.
        var firstName = traits.FirstName ?? traits.FirstNames?.Split(' ')[0]
            ?? throw Incomplete("first name of birth", "name/given[@qualifier='BR']");
        var sex = traits.Sex switch
        {
            "M" or "F" or "U" => traits.Sex,
            "UN" => "U",
            _ => throw Incomplete("sex", "administrativeGenderCode/@code"),
        };
        var birth = traits.BirthTime;
        if (birth is null || birth.Length < 8 || birth.AsSpan(0, 8).ContainsAnyExceptInRange('0', '9'))
            throw Incomplete("birth date", "birthTime/@value");
        return new CdaTraits(
            birthName, traits.FirstNames, firstName, traits.UsedName, traits.UsedFirstName, sex, birth[..8], traits.BirthPlace);
    }

    private static CdaRefusedException Incomplete(string trait, string path) => new(new Refusal(
        RefusalCode.InsTraitsIncomplete, $"The patient's {trait} is missing or ill-formed.", $"{PatientPath}/patient/{path}"));

    private static UniqueId Unique(CdaId id, string path) => UniqueId.TryCreate(id.Root, id.Extension, out var unique)
        ? unique
        : throw CdaRefusedException.Invalid("A document id is an OID or an upper-case UUID, and perhaps an extension.", path);

    private static CdaTime? Time(string? text, string path) =>
        text is null ? null
        : CdaTime.TryParse(text, out var time) ? time
        : throw CdaRefusedException.Invalid("A time is written yyyyMMddHHmmss+zzzz.", path);

    private int? Version()
    {
        if (draft.VersionNumber is null) return null;
        return int.TryParse(draft.VersionNumber, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw CdaRefusedException.Invalid("A version is a whole number.", Root + "/versionNumber");
    }

    private UniqueId? Replaced()
    {
        const string path = Root + "/relatedDocument/parentDocument/id";
        return draft.Replaces.Count switch
        {
            0 => null,
            1 => Unique(draft.Replaces[0], path),
            _ => throw CdaRefusedException.Invalid("A document replaces one other at most.", path),
        };
    }

    private CdaParticipant Participant(CdaDraftParticipant participant, string path)
    {
        ProfessionalId? professional = null;
        PatientId? patient = null;
        foreach (var id in participant.Ids)
        {
            if (professional is null && id.Root == ProfessionalId.Root &&
                ProfessionalId.TryParse(id.Extension, rules, out var known))
                professional = known;
            if (patient is null && PatientId.TryCreate(id.Root, id.Extension, rules.Ins, out var person) == InsProblem.None)
                patient = person;
        }

        return new CdaParticipant(
            participant.Ids,
            professional,
            patient,
            participant.IsDevice,
            participant.Name,
            participant.Role,
            participant.Specialty,
            participant.Organization is { } organization ? Organization(organization) : null,
            Time(participant.Time, path + "/time"));
    }

    private CdaOrganization Organization(CdaDraftOrganization organization)
    {
        StructureId? structure = null;
        foreach (var id in organization.Ids)
        {
            if (id.Root != StructureId.Root || !StructureId.TryParse(id.Extension, rules, out var known)) continue;
            structure = known;
            break;
        }

        return new CdaOrganization(organization.Ids, structure, organization.Name);
    }
}
