using System.Text;

namespace HealthGrains.Domain.Tests.Cda;

/// <summary>One complete French document as text, for tests to bend.</summary>
internal static class CdaSample
{
    internal const string Ins = "279035121518989";

    internal const string EmbeddedBody =
        "<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBERi0xLjQK\nJUVPRg==</text></nonXMLBody>";

    internal const string StructuredBody =
        "<structuredBody><component><section><title>Hémoglobine</title><text><content ID=\"a\">12,5 g/dL</content></text>" +
        "<entry><observationMedia classCode=\"OBS\" moodCode=\"EVN\"><value mediaType=\"application/pdf\" representation=\"B64\">" +
        "JVBERi0xLjQKJUVPRg==</value></observationMedia></entry></section></component></structuredBody>";

    internal const string Text = $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
          <realmCode code="FR"/>
          <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
          <templateId root="2.16.840.1.113883.2.8.2.1"/>
          <templateId root="1.2.250.1.213.1.1.1.1"/>
          <templateId root="1.3.6.1.4.1.19376.1.2.20"/>
          <id root="2.999.1.7" extension="DOC-1"/>
          <code code="11502-2" displayName="CR d'examens biologiques" codeSystem="2.16.840.1.113883.6.1">
            <translation code="X1" codeSystem="1.2.3"/>
          </code>
          <title>CR d'examens
            biologiques</title>
          <effectiveTime value="20240916100230+0200"/>
          <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
          <languageCode code="fr-FR"/>
          <setId root="2.999.1.7" extension="SET"/>
          <versionNumber value="2"/>
          <recordTarget><patientRole>
            <id root="2.999.2" extension="IPP-77"/>
            <id root="1.2.250.1.213.1.4.10" extension="{Ins}"/>
            <patient>
              <name><family qualifier="BR">MARTELLIN</family><family qualifier="CL">VERDIGNY</family>
                <given>ODILE CLEMENCE</given><given qualifier="BR">ODILE</given><given qualifier="CL">ODILE</given></name>
              <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>
              <birthTime value="19790321"/>
              <birthplace><place><addr><county>51215</county></addr></place></birthplace>
            </patient>
          </patientRole></recordTarget>
          <author>
            <functionCode code="ATTPHYS" codeSystem="2.16.840.1.113883.5.88"/>
            <time value="20240916100200+0200"/>
            <assignedAuthor>
              <id root="1.2.250.1.71.4.2.1" extension="899700218896"/>
              <code code="G15_10/SM02" codeSystem="1.2.250.1.213.1.1.4.5" displayName="Médecin - Biologie"/>
              <assignedPerson><name><family>BRENNOUR</family><given>Elias</given><prefix>DR</prefix></name></assignedPerson>
              <representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1750803447"/><name>Laboratoire des Tilleuls</name></representedOrganization>
            </assignedAuthor>
          </author>
          <author>
            <time nullFlavor="UNK"/>
            <assignedAuthor>
              <id root="1.2.250.1.71.4.2.1" extension="3750803447/LABO"/>
              <assignedAuthoringDevice><softwareName>LaboSoft</softwareName></assignedAuthoringDevice>
            </assignedAuthor>
          </author>
          <custodian><assignedCustodian><representedCustodianOrganization>
            <id root="1.2.250.1.71.4.2.2" extension="1750803447"/><name>Laboratoire des Tilleuls</name>
          </representedCustodianOrganization></assignedCustodian></custodian>
          <legalAuthenticator><time value="20240916100230+0200"/><signatureCode code="S"/>
            <assignedEntity><id root="1.2.250.1.71.4.2.1" extension="899700218896"/>
              <assignedPerson><name><family>BRENNOUR</family><given>Elias</given></name></assignedPerson></assignedEntity>
          </legalAuthenticator>
          <inFulfillmentOf><order><id root="2.999.3" extension="ORD-1"/>
            <ps3-20:accessionNumber xmlns:ps3-20="urn:dicom-org:ps3-20" root="2.999.4" extension="ACC-1"/></order></inFulfillmentOf>
          <documentationOf><serviceEvent>
            <id root="2.999.5"/>
            <code code="CHIM" codeSystem="1.2.4"><translation code="CHIM-2" codeSystem="1.2.5"/></code>
            <effectiveTime><low value="20240915083000+0200"/><high value="20240915090000+0200"/></effectiveTime>
            <performer typeCode="PRF"><assignedEntity><id root="1.2.250.1.71.4.2.1" extension="899700218896"/>
              <representedOrganization><standardIndustryClassCode code="AMBULATOIRE" codeSystem="1.2.250.1.213.1.1.4.9"/></representedOrganization>
            </assignedEntity></performer>
          </serviceEvent></documentationOf>
          <documentationOf><serviceEvent><code code="SECOND" codeSystem="1.2.4"/>
            <effectiveTime><low value="2020"/></effectiveTime></serviceEvent></documentationOf>
          <relatedDocument typeCode="APND"><parentDocument><id root="2.999.1.7" extension="OTHER"/></parentDocument></relatedDocument>
          <relatedDocument typeCode="RPLC"><parentDocument><id root="2.999.1.7" extension="DOC-0"/></parentDocument></relatedDocument>
          <componentOf><encompassingEncounter><effectiveTime nullFlavor="UNK"/><location><healthCareFacility>
            <code code="SA25" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter></componentOf>
          <component>{EmbeddedBody}</component>
        </ClinicalDocument>
        """;

    internal static byte[] Bytes => Encoding.UTF8.GetBytes(Text);

    internal static byte[] With(string old, string replacement)
    {
        if (!Text.Contains(old, StringComparison.Ordinal)) throw new ArgumentException("The sample has no such text.", nameof(old));
        return Encoding.UTF8.GetBytes(Text.Replace(old, replacement, StringComparison.Ordinal));
    }
}
