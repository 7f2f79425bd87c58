using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace HealthGrains.Synthetic;

/// <summary>What is written into one document.</summary>
internal sealed record CdaPlan(
    SyntheticDocument Document,
    MixedType Type,
    DateTimeOffset ServiceStart,
    DateTimeOffset ServiceStop,
    string SetId,
    int VersionNumber,
    string LocalPatientId,
    int Bytes,
    bool EmbedsPdf);

/// <summary>Writes a CDA R2 document as the French minimal structure asks (CI-SIS, Structuration minimale).</summary>
/// <remarks>Names and labels of the generator hold no character that XML would need escaped.</remarks>
internal static class CdaWriter
{
    private const string EmbeddedTemplate = "1.3.6.1.4.1.19376.1.2.20";

    private static readonly string[] Analytes =
    [
        "Hémoglobine", "Hématocrite", "Leucocytes", "Plaquettes", "Créatinine", "Urée", "Sodium", "Potassium", "Glycémie à jeun",
        "Cholestérol total", "Triglycérides", "ASAT", "ALAT", "Gamma-GT", "TSH", "Ferritine", "CRP", "Vitamine D",
    ];

    internal static byte[] Write(CdaPlan plan, ref SplitMix64 random)
    {
        var output = new ArrayBufferWriter<byte>(plan.Bytes + 8192);
        Append(output, Header(plan));
        if (plan.Document.IsEmbedded) WriteEmbeddedBody(output, plan, ref random);
        else WriteStructuredBody(output, plan, ref random);
        Append(output, "</ClinicalDocument>\n");
        return output.WrittenSpan.ToArray();
    }

    private static string Header(CdaPlan plan)
    {
        var document = plan.Document;
        var person = document.Person;
        var organization = document.Organization;
        var author = document.Author;
        var created = Stamp(document.CreatedAt);
        var template = document.IsEmbedded ? EmbeddedTemplate : plan.Type.Template;
        var replaces = document.Replaces is { } target
            ? $"<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{target}\"/></parentDocument></relatedDocument>\n"
            : "";
        var used = person.UsedName == person.BirthName ? "" : $"<family qualifier=\"CL\">{person.UsedName}</family>";
        var structure = $"<id root=\"1.2.250.1.71.4.2.2\" extension=\"{organization.Id}\"/><name>{organization.Name}</name>";
        var professional = $"""
            <id root="1.2.250.1.71.4.2.1" extension="{author.Id}"/>
            <code code="{author.Specialty}" codeSystem="1.2.250.1.213.1.1.4.5"/>
            """;
        var name = $"<assignedPerson><name><family>{author.FamilyName}</family><given>{author.FirstName}</given></name></assignedPerson>";

        return string.Create(CultureInfo.InvariantCulture, $"""
            <?xml version="1.0" encoding="UTF-8"?>
            <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
            <realmCode code="FR"/>
            <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
            <templateId root="2.16.840.1.113883.2.8.2.1"/>
            <templateId root="1.2.250.1.213.1.1.1.1"/>
            <templateId root="{template}"/>
            <id root="{document.UniqueId}"/>
            <code code="{plan.Type.Code}" displayName="{plan.Type.Label}" codeSystem="{NationalMix.SystemOf(plan.Type.Code)}"/>
            <title>{plan.Type.Label}</title>
            <effectiveTime value="{created}"/>
            <confidentialityCode code="N" displayName="Normal" codeSystem="2.16.840.1.113883.5.25"/>
            <languageCode code="fr-FR"/>
            <setId root="{plan.SetId}"/>
            <versionNumber value="{plan.VersionNumber}"/>
            <recordTarget><patientRole>
            <id root="1.2.250.1.213.1.4.10" extension="{person.Id.Number}"/>
            <id root="2.999.2.{organization.Index}" extension="{plan.LocalPatientId}"/>
            <patient classCode="PSN">
            <name><family qualifier="BR">{person.BirthName}</family>{used}<given>{person.FirstName} {person.SecondName}</given><given qualifier="BR">{person.FirstName}</given></name>
            <administrativeGenderCode code="{person.Sex}" codeSystem="2.16.840.1.113883.5.1"/>
            <birthTime value="{person.BirthDate}"/>
            <birthplace><place><addr><county>{person.BirthPlace}</county></addr></place></birthplace>
            </patient>
            </patientRole></recordTarget>
            <author>
            <time value="{created}"/>
            <assignedAuthor>
            {professional}
            {name}
            <representedOrganization>{structure}</representedOrganization>
            </assignedAuthor>
            </author>
            <custodian><assignedCustodian><representedCustodianOrganization>{structure}</representedCustodianOrganization></assignedCustodian></custodian>
            <legalAuthenticator>
            <time value="{created}"/>
            <signatureCode code="S"/>
            <assignedEntity>
            {professional}
            {name}
            <representedOrganization>{structure}</representedOrganization>
            </assignedEntity>
            </legalAuthenticator>
            <documentationOf><serviceEvent>
            <effectiveTime><low value="{Stamp(plan.ServiceStart)}"/><high value="{Stamp(plan.ServiceStop)}"/></effectiveTime>
            <performer typeCode="PRF"><assignedEntity>
            <id root="1.2.250.1.71.4.2.1" extension="{author.Id}"/>
            <representedOrganization>{structure}<standardIndustryClassCode code="{organization.PracticeSetting}" codeSystem="1.2.250.1.213.1.1.4.9"/></representedOrganization>
            </assignedEntity></performer>
            </serviceEvent></documentationOf>
            {replaces}<componentOf><encompassingEncounter>
            <effectiveTime><low value="{Stamp(plan.ServiceStart)}"/></effectiveTime>
            <location><healthCareFacility><code code="{organization.FacilityType}" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location>
            </encompassingEncounter></componentOf>

            """);
    }

    private static void WriteEmbeddedBody(ArrayBufferWriter<byte> output, CdaPlan plan, ref SplitMix64 random)
    {
        Append(output, "<component><nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">");
        AppendPdf(output, (plan.Bytes - output.WrittenCount - 80) / 4 * 3, plan, ref random);
        Append(output, "</text></nonXMLBody></component>\n");
    }

    private static void WriteStructuredBody(ArrayBufferWriter<byte> output, CdaPlan plan, ref SplitMix64 random)
    {
        // Where a PDF is embedded, it is about two thirds of the rest.
        var rest = plan.Bytes - output.WrittenCount;
        var pdf = plan.EmbedsPdf ? rest * 2 / 3 : 0;
        var rows = new StringBuilder();
        var entries = new StringBuilder();
        var room = rest - pdf - 600;
        for (var i = 0; i == 0 || rows.Length + entries.Length < room; i++)
        {
            var analyte = random.Pick<string>(Analytes);
            var value = random.Between(10, 9_999);
            rows.Append(
                CultureInfo.InvariantCulture,
                $"<tr ID=\"r{i}\"><td>{analyte}</td><td>{value / 10},{value % 10}</td><td>unité</td></tr>\n");
            entries.Append(
                CultureInfo.InvariantCulture,
                $"""
                <entry typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><id root="{plan.Document.UniqueId}" extension="o{i}"/>
                <code code="T{random.Between(1000, 9999)}" displayName="{analyte}" codeSystem="2.999.3"/><text><reference value="#r{i}"/></text>
                <statusCode code="completed"/><effectiveTime value="{Stamp(plan.ServiceStart)}"/>
                <value xsi:type="PQ" value="{value / 10}.{value % 10}" unit="1"/></observation></entry>

                """);
        }

        Append(output, "<component><structuredBody><component><section>\n<code code=\"S1\" codeSystem=\"2.999.3\"/>\n<title>Résultats</title>\n");
        Append(output, "<text><table><tbody>\n");
        Append(output, rows.ToString());
        Append(output, "</tbody></table></text>\n");
        Append(output, entries.ToString());
        if (plan.EmbedsPdf)
        {
            Append(output, "<entry><observationMedia classCode=\"OBS\" moodCode=\"EVN\"><value mediaType=\"application/pdf\" representation=\"B64\">");
            AppendPdf(output, pdf / 4 * 3, plan, ref random);
            Append(output, "</value></observationMedia></entry>\n");
        }

        Append(output, "</section></component></structuredBody></component>\n");
    }

    private static void AppendPdf(ArrayBufferWriter<byte> output, int size, CdaPlan plan, ref SplitMix64 random)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"Synthetic document {plan.Document.Index + 1}, type {plan.Type.Code}");
        var pdf = SyntheticPdf.Make(size, line, ref random);
        var span = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(pdf.Length));
        Base64.EncodeToUtf8(pdf, span, out _, out var written);
        output.Advance(written);
    }

    private static void Append(ArrayBufferWriter<byte> output, string text)
    {
        var span = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private static string Stamp(DateTimeOffset time) =>
        time.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) +
        (time.Offset < TimeSpan.Zero ? "-" : "+") +
        time.Offset.ToString("hhmm", CultureInfo.InvariantCulture);
}
