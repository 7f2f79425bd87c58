namespace HealthGrains.Domain.Cda;

/// <summary>What the parser collects of a header before anything is judged.</summary>
internal sealed class CdaDraft
{
    internal List<CdaId> Ids { get; } = [];

    internal List<string> TemplateIds { get; } = [];

    internal CdaCode? Type { get; set; }

    internal List<CdaCode> TypeTranslations { get; } = [];

    internal string? Title { get; set; }

    internal string? Language { get; set; }

    internal string? ConfidentialityLevel { get; set; }

    internal string? EffectiveTime { get; set; }

    internal CdaId? SetId { get; set; }

    internal string? VersionNumber { get; set; }

    internal bool HasPatient { get; set; }

    internal List<CdaId> PatientIds { get; } = [];

    internal CdaDraftTraits Traits { get; } = new();

    internal List<CdaDraftParticipant> Authors { get; } = [];

    internal CdaDraftParticipant? LegalAuthenticator { get; set; }

    internal CdaDraftOrganization? Custodian { get; set; }

    internal List<CdaId> Replaces { get; } = [];

    internal bool HasServiceEvent { get; set; }

    internal string? ServiceStart { get; set; }

    internal string? ServiceStop { get; set; }

    internal CdaCode? PracticeSetting { get; set; }

    internal CdaCode? Facility { get; set; }

    internal List<CdaCode> EventCodes { get; } = [];

    internal List<CdaReference> References { get; } = [];
}

internal sealed class CdaDraftTraits
{
    internal string? BirthName { get; set; }

    internal string? FirstNames { get; set; }

    internal string? FirstName { get; set; }

    internal string? UsedName { get; set; }

    internal string? UsedFirstName { get; set; }

    internal string? Sex { get; set; }

    internal string? BirthTime { get; set; }

    internal string? BirthPlace { get; set; }
}

internal sealed class CdaDraftOrganization
{
    internal List<CdaId> Ids { get; } = [];

    internal string? Name { get; set; }
}

internal sealed class CdaDraftParticipant
{
    internal List<CdaId> Ids { get; } = [];

    internal bool IsDevice { get; set; }

    internal string? Name { get; set; }

    internal CdaCode? Role { get; set; }

    internal CdaCode? Specialty { get; set; }

    internal CdaDraftOrganization? Organization { get; set; }

    internal string? Time { get; set; }
}

/// <summary>Walks over the children of ClinicalDocument and fills a draft; the body is left to <see cref="CdaBody"/>.</summary>
/// <remarks>One method an element that the entry needs, in the order of the CDA schema; every other element is skipped.
/// Depth is bounded, so descending by method calls is safe.</remarks>
internal sealed class CdaHeaderParser(CdaXml xml, CdaDraft draft, CdaBody body)
{
    private const string Root = "ClinicalDocument";
    private const string Role = Root + "/recordTarget/patientRole";
    private const string Event = Root + "/documentationOf/serviceEvent";
    private const string Order = Root + "/inFulfillmentOf/order";

    internal void ReadDocument()
    {
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            switch (xml.Name)
            {
                case "templateId":
                    if (xml.Attribute("root", Root + "/templateId") is { } template)
                        Add(draft.TemplateIds, template, Root + "/templateId");
                    break;
                case "id":
                    ReadId(draft.Ids, Root + "/id");
                    break;
                case "code":
                    draft.Type ??= ReadCode(Root + "/code");
                    ReadTranslations(draft.TypeTranslations, Root + "/code/translation");
                    break;
                case "title":
                    draft.Title ??= xml.Text(Root + "/title");
                    break;
                case "effectiveTime":
                    draft.EffectiveTime ??= xml.Attribute("value", Root + "/effectiveTime");
                    break;
                case "confidentialityCode":
                    draft.ConfidentialityLevel ??= xml.Attribute("code", Root + "/confidentialityCode");
                    break;
                case "languageCode":
                    draft.Language ??= xml.Attribute("code", Root + "/languageCode");
                    break;
                case "setId":
                    draft.SetId ??= ReadId(Root + "/setId");
                    break;
                case "versionNumber":
                    draft.VersionNumber ??= xml.Attribute("value", Root + "/versionNumber");
                    break;
                case "recordTarget":
                    ReadRecordTarget();
                    break;
                case "author":
                    Add(draft.Authors, ReadAuthor(), Root + "/author");
                    break;
                case "legalAuthenticator":
                    draft.LegalAuthenticator ??= ReadLegalAuthenticator();
                    break;
                case "custodian":
                    ReadCustodian();
                    break;
                case "inFulfillmentOf":
                    ReadOrder();
                    break;
                case "documentationOf":
                    ReadServiceEvent();
                    break;
                case "relatedDocument":
                    ReadRelatedDocument();
                    break;
                case "componentOf":
                    ReadEncounter();
                    break;
                case "component":
                    ReadComponent();
                    break;
            }
        }
    }

    private void ReadRecordTarget()
    {
        var target = xml.Enter();
        while (xml.Child(target))
        {
            if (!xml.IsHl7 || xml.Name != "patientRole") continue;
            var first = !draft.HasPatient;
            draft.HasPatient = true;
            var role = xml.Enter();
            while (xml.Child(role))
            {
                if (!xml.IsHl7) continue;
                if (xml.Name == "id") ReadId(draft.PatientIds, Role + "/id");
                else if (xml.Name == "patient" && first) ReadPatient(draft.Traits);
            }
        }
    }

    private void ReadPatient(CdaDraftTraits traits)
    {
        const string path = Role + "/patient";
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            switch (xml.Name)
            {
                case "name":
                    ReadPatientName(traits, path + "/name");
                    break;
                case "administrativeGenderCode":
                    traits.Sex ??= xml.Attribute("code", path + "/administrativeGenderCode");
                    break;
                case "birthTime":
                    traits.BirthTime ??= xml.Attribute("value", path + "/birthTime");
                    break;
                case "birthplace":
                    var birthplace = xml.Enter();
                    while (Child(birthplace, "place"))
                    {
                        var place = xml.Enter();
                        while (Child(place, "addr"))
                        {
                            var address = xml.Enter();
                            while (Child(address, "county"))
                                traits.BirthPlace ??= xml.Text(path + "/birthplace/place/addr/county");
                        }
                    }

                    break;
            }
        }
    }

    private void ReadPatientName(CdaDraftTraits traits, string path)
    {
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7 || xml.Name is not ("family" or "given")) continue;
            var isFamily = xml.Name == "family";
            var qualifier = xml.Attribute("qualifier", path);
            var value = xml.Text(path);
            switch (qualifier)
            {
                case "BR" when isFamily:
                    traits.BirthName ??= value;
                    break;
                case "BR":
                    traits.FirstName ??= value;
                    break;
                case "CL" or "SP" when isFamily:
                    traits.UsedName ??= value;
                    break;
                case "CL" or "SP":
                    traits.UsedFirstName ??= value;
                    break;
                case null when !isFamily:
                    traits.FirstNames ??= value;
                    break;
            }
        }
    }

    private CdaDraftParticipant ReadAuthor()
    {
        const string path = Root + "/author";
        var author = new CdaDraftParticipant();
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            switch (xml.Name)
            {
                case "time":
                    author.Time ??= xml.Attribute("value", path + "/time");
                    break;
                case "functionCode":
                    author.Role ??= ReadCode(path + "/functionCode");
                    break;
                case "assignedAuthor":
                    ReadAssigned(author, path + "/assignedAuthor");
                    break;
            }
        }

        return author;
    }

    private CdaDraftParticipant ReadLegalAuthenticator()
    {
        const string path = Root + "/legalAuthenticator";
        var authenticator = new CdaDraftParticipant();
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            if (xml.Name == "time") authenticator.Time ??= xml.Attribute("value", path + "/time");
            else if (xml.Name == "assignedEntity") ReadAssigned(authenticator, path + "/assignedEntity");
        }

        return authenticator;
    }

    private void ReadAssigned(CdaDraftParticipant participant, string path)
    {
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            switch (xml.Name)
            {
                case "id":
                    ReadId(participant.Ids, path + "/id");
                    break;
                case "code":
                    participant.Specialty ??= ReadCode(path + "/code");
                    break;
                case "assignedPerson":
                    var person = xml.Enter();
                    while (Child(person, "name")) participant.Name ??= xml.Text(path + "/assignedPerson/name");
                    break;
                case "assignedAuthoringDevice":
                    participant.IsDevice = true;
                    var device = xml.Enter();
                    while (Child(device, "softwareName"))
                        participant.Name ??= xml.Text(path + "/assignedAuthoringDevice/softwareName");
                    break;
                case "representedOrganization":
                    participant.Organization ??= ReadOrganization(path + "/representedOrganization");
                    break;
            }
        }
    }

    private CdaDraftOrganization ReadOrganization(string path)
    {
        var organization = new CdaDraftOrganization();
        var here = xml.Enter();
        while (xml.Child(here))
        {
            if (!xml.IsHl7) continue;
            if (xml.Name == "id") ReadId(organization.Ids, path + "/id");
            else if (xml.Name == "name") organization.Name ??= xml.Text(path + "/name");
        }

        return organization;
    }

    private void ReadCustodian()
    {
        const string path = Root + "/custodian/assignedCustodian/representedCustodianOrganization";
        var custodian = xml.Enter();
        while (Child(custodian, "assignedCustodian"))
        {
            var assigned = xml.Enter();
            while (Child(assigned, "representedCustodianOrganization")) draft.Custodian ??= ReadOrganization(path);
        }
    }

    private void ReadOrder()
    {
        var fulfillment = xml.Enter();
        while (Child(fulfillment, "order"))
        {
            var order = xml.Enter();
            while (xml.Child(order))
            {
                if (xml.Name == "id" && xml.IsHl7) AddReference(CdaReferenceKind.Order, Order + "/id");
                else if (xml.Name == "accessionNumber" && xml.Namespace == CdaXml.DicomReport)
                    AddReference(CdaReferenceKind.Accession, Order + "/accessionNumber");
            }
        }
    }

    // Times and setting are those of the first act; codes and references come from every one.
    private void ReadServiceEvent()
    {
        var documentation = xml.Enter();
        while (Child(documentation, "serviceEvent"))
        {
            var isFirst = !draft.HasServiceEvent;
            draft.HasServiceEvent = true;
            var act = xml.Enter();
            while (xml.Child(act))
            {
                if (!xml.IsHl7) continue;
                switch (xml.Name)
                {
                    case "id":
                        AddReference(CdaReferenceKind.ServiceEvent, Event + "/id");
                        break;
                    case "code":
                        if (ReadCode(Event + "/code") is { } code) Add(draft.EventCodes, code, Event + "/code");
                        ReadTranslations(draft.EventCodes, Event + "/code/translation");
                        break;
                    case "effectiveTime" when isFirst:
                        ReadServiceTimes();
                        break;
                    case "performer" when isFirst:
                        ReadPracticeSetting();
                        break;
                }
            }
        }
    }

    private void ReadServiceTimes()
    {
        const string path = Event + "/effectiveTime";
        draft.ServiceStart ??= xml.Attribute("value", path);
        var time = xml.Enter();
        while (xml.Child(time))
        {
            if (!xml.IsHl7) continue;
            if (xml.Name == "low") draft.ServiceStart ??= xml.Attribute("value", path + "/low");
            else if (xml.Name == "high") draft.ServiceStop ??= xml.Attribute("value", path + "/high");
        }
    }

    private void ReadPracticeSetting()
    {
        const string path = Event + "/performer/assignedEntity/representedOrganization/standardIndustryClassCode";
        var performer = xml.Enter();
        while (Child(performer, "assignedEntity"))
        {
            var entity = xml.Enter();
            while (Child(entity, "representedOrganization"))
            {
                var organization = xml.Enter();
                while (Child(organization, "standardIndustryClassCode")) draft.PracticeSetting ??= ReadCode(path);
            }
        }
    }

    private void ReadRelatedDocument()
    {
        const string path = Root + "/relatedDocument";
        var isReplacement = xml.Attribute("typeCode", path) == "RPLC";
        var related = xml.Enter();
        while (Child(related, "parentDocument"))
        {
            var parent = xml.Enter();
            while (Child(parent, "id"))
                if (isReplacement)
                    ReadId(draft.Replaces, path + "/parentDocument/id");
        }
    }

    private void ReadEncounter()
    {
        const string path = Root + "/componentOf/encompassingEncounter/location/healthCareFacility/code";
        var component = xml.Enter();
        while (Child(component, "encompassingEncounter"))
        {
            var encounter = xml.Enter();
            while (Child(encounter, "location"))
            {
                var location = xml.Enter();
                while (Child(location, "healthCareFacility"))
                {
                    var facility = xml.Enter();
                    while (Child(facility, "code")) draft.Facility ??= ReadCode(path);
                }
            }
        }
    }

    private void ReadComponent()
    {
        var component = xml.Enter();
        while (xml.Child(component))
        {
            if (!xml.IsHl7) continue;
            if (xml.Name == "nonXMLBody") body.ReadEmbedded(xml);
            else if (xml.Name == "structuredBody") body.ReadStructured(xml);
        }
    }

    private bool Child(int parent, string name)
    {
        while (xml.Child(parent))
            if (xml.Name == name && xml.IsHl7)
                return true;
        return false;
    }

    private CdaId? ReadId(string path)
    {
        var root = xml.Attribute("root", path);
        return root is null ? null : new CdaId(root, xml.Attribute("extension", path));
    }

    private void ReadId(List<CdaId> ids, string path)
    {
        if (ReadId(path) is { } id) Add(ids, id, path);
    }

    private void AddReference(CdaReferenceKind kind, string path)
    {
        if (ReadId(path) is { } id) Add(draft.References, new CdaReference(kind, id), path);
    }

    private CdaCode? ReadCode(string path)
    {
        var code = xml.Attribute("code", path);
        return code is null
            ? null
            : new CdaCode(code, xml.Attribute("codeSystem", path), xml.Attribute("displayName", path));
    }

    private void ReadTranslations(List<CdaCode> translations, string path)
    {
        var code = xml.Enter();
        while (Child(code, "translation"))
            if (ReadCode(path) is { } translation)
                Add(translations, translation, path);
    }

    private static void Add<T>(List<T> list, T item, string path)
    {
        if (list.Count >= CdaLimits.RepetitionsMax)
            throw CdaRefusedException.Invalid("An element is repeated more than 256 times.", path);
        list.Add(item);
    }
}
