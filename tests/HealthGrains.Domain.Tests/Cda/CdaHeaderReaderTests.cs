using System.Text;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using Xunit;

namespace HealthGrains.Domain.Tests.Cda;

public sealed class CdaHeaderReaderTests
{
    [Fact]
    public void Every_datum_of_the_entry_is_read()
    {
        var header = Accepted(CdaSample.Bytes);
        Assert.Equal("2.999.1.7^DOC-1", header.UniqueId.ToString());
        Assert.Equal("1.2.250.1.213.1.4.10^" + CdaSample.Ins, header.Patient.ToString());
        Assert.Equal([new CdaId("2.999.2", "IPP-77"), new CdaId("1.2.250.1.213.1.4.10", CdaSample.Ins)], header.PatientIds);
        Assert.Equal(
            new CdaTraits("MARTELLIN", "ODILE CLEMENCE", "ODILE", "VERDIGNY", "ODILE", "F", "19790321", "51215"), header.Traits);
        Assert.Equal(new CdaCode("11502-2", "2.16.840.1.113883.6.1", "CR d'examens biologiques"), header.Type);
        Assert.Equal([new CdaCode("X1", "1.2.3", null)], header.TypeTranslations);
        Assert.Equal("CR d'examens biologiques", header.Title);
        Assert.Equal("fr-FR", header.Language);
        Assert.Equal("N", header.ConfidentialityLevel);
        Assert.Equal(new DateTimeOffset(2024, 9, 16, 10, 2, 30, TimeSpan.FromHours(2)), header.EffectiveTime.Value);
        Assert.Equal((CdaTimePrecision.Second, true), (header.EffectiveTime.Precision, header.EffectiveTime.HasOffset));
        Assert.Equal(new CdaId("2.999.1.7", "SET"), header.SetId);
        Assert.Equal(2, header.VersionNumber);
        Assert.Equal("2.999.1.7^DOC-0", header.Replaces?.ToString());
        Assert.Equal(new DateTimeOffset(2024, 9, 15, 8, 30, 0, TimeSpan.FromHours(2)), header.ServiceStart?.Value);
        Assert.Equal(new DateTimeOffset(2024, 9, 15, 9, 0, 0, TimeSpan.FromHours(2)), header.ServiceStop?.Value);
        Assert.Equal("AMBULATOIRE", header.PracticeSetting?.Code);
        Assert.Equal("SA25", header.Facility?.Code);
        Assert.Equal(["CHIM", "CHIM-2", "SECOND"], header.EventCodes.Select(c => c.Code));
        Assert.Equal(
            ["Order 2.999.3^ORD-1", "Accession 2.999.4^ACC-1", "ServiceEvent 2.999.5"],
            header.References.Select(r => $"{r.Kind} {r.Id}"));
        Assert.Equal(3, header.TemplateIds.Count);
        Assert.Equal("urn:ihe:iti:xds-sd:pdf:2008", header.Format?.Code);
        Assert.Equal((CdaBodyKind.Embedded, "application/pdf"), (header.Body, header.BodyMediaType));
        Assert.Equal(Sha256.Of("JVBERi0xLjQKJUVPRg=="u8), header.BodySha256);
        Assert.False(header.IsWrapped);
    }

    [Fact]
    public void Authors_and_structures_are_read()
    {
        var header = Accepted(CdaSample.Bytes);
        Assert.Equal(2, header.Authors.Count);
        var physician = header.Authors[0];
        Assert.Equal(ProfessionalId.Parse("899700218896"), physician.Professional);
        Assert.Equal("BRENNOUR Elias DR", physician.Name);
        Assert.Equal("ATTPHYS", physician.Role?.Code);
        Assert.Equal("G15_10/SM02", physician.Specialty?.Code);
        Assert.Equal(StructureId.Parse("1750803447"), physician.Organization?.Structure);
        Assert.Equal("Laboratoire des Tilleuls", physician.Organization?.Name);
        Assert.False(physician.IsDevice);
        Assert.Equal(new DateTimeOffset(2024, 9, 16, 10, 2, 0, TimeSpan.FromHours(2)), physician.Time?.Value);

        var system = header.Authors[1];
        Assert.True(system.IsDevice);
        Assert.Equal("LaboSoft", system.Name);
        Assert.Null(system.Organization);
        Assert.Null(system.Time);

        Assert.Equal(ProfessionalId.Parse("899700218896"), header.LegalAuthenticator?.Professional);
        Assert.Equal(StructureId.Parse("1750803447"), header.Custodian?.Structure);
    }

    [Fact]
    public void A_patient_may_be_the_author()
    {
        var header = Accepted(CdaSample.With(
            "<id root=\"1.2.250.1.71.4.2.1\" extension=\"3750803447/LABO\"/>",
            $"<id root=\"1.2.250.1.213.1.4.10\" extension=\"{CdaSample.Ins}\"/>"));
        Assert.Equal(header.Patient, header.Authors[1].Patient);
        Assert.Null(header.Authors[1].Professional);
    }

    [Fact]
    public void An_author_id_that_is_not_valid_is_kept_as_sent()
    {
        var header = Accepted(CdaSample.With("extension=\"3750803447/LABO\"", "extension=\"whatever it is\""));
        Assert.Null(header.Authors[1].Professional);
        Assert.Equal(new CdaId("1.2.250.1.71.4.2.1", "whatever it is"), Assert.Single(header.Authors[1].Ids));
    }

    [Fact]
    public void A_structured_body_tells_what_it_embeds()
    {
        var header = Accepted(CdaSample.With(CdaSample.EmbeddedBody, CdaSample.StructuredBody));
        Assert.Equal(CdaBodyKind.Structured, header.Body);
        Assert.Null(header.BodyMediaType);
        Assert.Equal(["application/pdf"], header.EmbeddedMediaTypes);
    }

    [Fact]
    public void The_digest_of_an_embedded_body_ignores_line_breaks_only()
    {
        var digest = Accepted(CdaSample.Bytes).BodySha256;
        Assert.Equal(digest, Accepted(CdaSample.With("JVBERi0xLjQK\nJUVPRg==", "JVBERi0xLj QKJU\r\n\tVPRg==\n")).BodySha256);
        Assert.Equal(digest, Accepted(CdaSample.With("JVBERi0xLjQK\nJUVPRg==", "<![CDATA[JVBERi0xLjQK]]>JUVPRg==")).BodySha256);
        Assert.NotEqual(digest, Accepted(CdaSample.With("JVBERi0xLjQK\nJUVPRg==", "JVBERi0xLjQKJUVPRh==")).BodySha256);
    }

    [Theory]
    [InlineData("<content ID=\"a\">12,5 g/dL</content>", "<content ID='a' >12,5 g/dL</content >", true)]
    [InlineData("<text><content", "<text>\n   <!-- a comment --><content", true)]
    [InlineData("12,5 g/dL", "12,5 g/d&#76;", true)]
    [InlineData("12,5 g/dL", "12,6 g/dL", false)]
    [InlineData("ID=\"a\"", "ID=\"b\"", false)]
    [InlineData("<content ID=\"a\">12,5 g/dL</content>", "<content ID=\"a\"/>12,5 g/dL", false)]
    [InlineData("<content ID=\"a\">12,5 g/dL</content>", "<content><ID>a</ID>12,5 g/dL</content>", false)]
    [InlineData("<title>Hémoglobine</title>", "", false)]
    [InlineData("JVBERi0xLjQKJUVPRg==", "JVBERi0xLjQKJUVPRgo=", false)]
    public void The_digest_of_a_structured_body_ignores_spelling_only(string old, string replacement, bool same)
    {
        var digest = Accepted(CdaSample.With(CdaSample.EmbeddedBody, CdaSample.StructuredBody)).BodySha256;
        var changed = CdaSample.StructuredBody.Replace(old, replacement, StringComparison.Ordinal);
        Assert.NotEqual(CdaSample.StructuredBody, changed);
        Assert.Equal(same, digest == Accepted(CdaSample.With(CdaSample.EmbeddedBody, changed)).BodySha256);
    }

    [Fact]
    public void The_digest_of_the_body_ignores_the_header()
    {
        var digest = Accepted(CdaSample.With(CdaSample.EmbeddedBody, CdaSample.StructuredBody)).BodySha256;
        var other = CdaSample.Text.Replace(CdaSample.EmbeddedBody, CdaSample.StructuredBody, StringComparison.Ordinal)
            .Replace("DOC-1", "DOC-2", StringComparison.Ordinal);
        Assert.Equal(digest, Accepted(Encoding.UTF8.GetBytes(other)).BodySha256);
    }

    [Fact]
    public void A_wrapped_document_is_found()
    {
        const string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
        var wrapped = CdaSample.Text.Replace(
            declaration,
            declaration + "<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" " +
            "xmlns:n1=\"urn:hl7-org:v3\"><xsl:template match=\"/\"><xsl:value-of select=\"n1:ClinicalDocument\"/>" +
            "<![CDATA[ <ClinicalDocument/> ]]></xsl:template>",
            StringComparison.Ordinal) + "</xsl:stylesheet>";
        var header = Accepted(Encoding.UTF8.GetBytes(wrapped));
        Assert.True(header.IsWrapped);
        Assert.Equal("2.999.1.7^DOC-1", header.UniqueId.ToString());
    }

    [Fact]
    public void Any_prefix_may_stand_for_the_namespace()
    {
        var prefixed = System.Text.RegularExpressions.Regex
            .Replace(CdaSample.Text, "<(?<end>/?)(?<name>[A-Za-z]+)(?=[ />\n])", "<${end}h:${name}", default, TimeSpan.FromSeconds(5))
            .Replace("xmlns=\"", "xmlns:h=\"", StringComparison.Ordinal);
        Assert.Contains("<h:ClinicalDocument", prefixed, StringComparison.Ordinal);
        Assert.Equal("2.999.1.7^DOC-1", Accepted(Encoding.UTF8.GetBytes(prefixed)).UniqueId.ToString());
    }

    [Fact]
    public void A_byte_order_mark_and_no_declaration_are_admitted()
    {
        var declaration = CdaSample.Text.IndexOf("?>", StringComparison.Ordinal) + 2;
        var bare = CdaSample.Text[declaration..].TrimStart();
        Accepted(Encoding.UTF8.GetBytes(bare));
        Accepted([0xEF, 0xBB, 0xBF, .. CdaSample.Bytes]);
        Accepted(CdaSample.With("encoding=\"UTF-8\"", "encoding = 'utf-8' standalone=\"yes\""));
        Accepted(CdaSample.With(" encoding=\"UTF-8\"", ""));
    }

    [Theory]
    [InlineData("value=\"20240916100230+0200\"/>\n  <confidentiality", "value=\"202409161002+0200\"/>\n  <confidentiality", CdaTimePrecision.Minute)]
    [InlineData("value=\"20240916100230+0200\"/>\n  <confidentiality", "value=\"20240916\"/>\n  <confidentiality", CdaTimePrecision.Day)]
    public void Times_may_be_cut(string old, string replacement, CdaTimePrecision precision) =>
        Assert.Equal(precision, Accepted(CdaSample.With(old, replacement)).EffectiveTime.Precision);

    [Theory]
    [InlineData("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8", RefusalCode.InsRealmMismatch)]
    [InlineData("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.2", RefusalCode.InsMissing)]
    [InlineData(CdaSample.Ins, "279035121518988", RefusalCode.InsMalformed)]
    [InlineData(CdaSample.Ins, "", RefusalCode.InsMissing)]
    [InlineData("<id root=\"2.999.2\" extension=\"IPP-77\"/>",
        "<id root=\"1.2.250.1.213.1.4.10\" extension=\"260058815400233\"/>", RefusalCode.InsMismatch)]
    [InlineData("<recordTarget>", "<recordTarget/><x:recordTarget xmlns:x='urn:x'>", RefusalCode.MetadataInvalid)]
    [InlineData(" qualifier=\"BR\">MARTELLIN", ">MARTELLIN", RefusalCode.InsTraitsIncomplete)]
    [InlineData("<given>ODILE CLEMENCE</given><given qualifier=\"BR\">ODILE</given>", "", RefusalCode.InsTraitsIncomplete)]
    [InlineData("<administrativeGenderCode code=\"F\"", "<administrativeGenderCode nullFlavor=\"UNK\"", RefusalCode.InsTraitsIncomplete)]
    [InlineData("<birthTime value=\"19790321\"/>", "<birthTime nullFlavor=\"UNK\"/>", RefusalCode.InsTraitsIncomplete)]
    [InlineData("value=\"19790321\"", "value=\"1979-03-21\"", RefusalCode.InsTraitsIncomplete)]
    [InlineData("<id root=\"2.999.1.7\" extension=\"DOC-1\"/>", "", RefusalCode.MetadataInvalid)]
    [InlineData("extension=\"DOC-1\"", "extension=\"DOC 1\"", RefusalCode.MetadataInvalid)]
    [InlineData("<id root=\"2.999.1.7\" extension=\"DOC-1\"/>",
        "<id root=\"0b6f1d5e-9c5d-4e39-8a31-0a4d2c9f7b10\"/>", RefusalCode.MetadataInvalid)]
    [InlineData("code=\"11502-2\"", "nullFlavor=\"UNK\"", RefusalCode.MetadataInvalid)]
    [InlineData("20240916100230+0200\"/>\n  <confidentiality", "20241316100230+0200\"/>\n  <confidentiality", RefusalCode.MetadataInvalid)]
    [InlineData("low value=\"20240915083000+0200\"", "low value=\"yesterday\"", RefusalCode.MetadataInvalid)]
    [InlineData("versionNumber value=\"2\"", "versionNumber value=\"-2\"", RefusalCode.MetadataInvalid)]
    [InlineData("typeCode=\"APND\"", "typeCode=\"RPLC\"", RefusalCode.MetadataInvalid)]
    [InlineData(CdaSample.EmbeddedBody, "", RefusalCode.MetadataInvalid)]
    [InlineData(CdaSample.EmbeddedBody, CdaSample.EmbeddedBody + CdaSample.StructuredBody, RefusalCode.MetadataInvalid)]
    [InlineData(CdaSample.EmbeddedBody, "<nonXMLBody><text mediaType='application/pdf'><reference value='f.pdf'/></text></nonXMLBody>", RefusalCode.MetadataInvalid)]
    [InlineData(CdaSample.EmbeddedBody, "<structuredBody/>", RefusalCode.MetadataInvalid)]
    [InlineData("JUVPRg==", "JUVPRg=", RefusalCode.MetadataInvalid)]
    [InlineData("JUVPRg==", "JUVPR", RefusalCode.MetadataInvalid)]
    [InlineData("JUVPRg==", "JUVP*g==", RefusalCode.MetadataInvalid)]
    [InlineData("JUVPRg==", "JUVPRg==JUVP", RefusalCode.MetadataInvalid)]
    [InlineData("JVBERi0xLjQK\nJUVPRg==", "", RefusalCode.MetadataInvalid)]
    [InlineData("xmlns=\"urn:hl7-org:v3\"", "xmlns=\"urn:hl7-org:v2\"", RefusalCode.MetadataInvalid)]
    public void A_document_that_lacks_something_is_refused_with_its_place(string old, string replacement, RefusalCode code)
    {
        var refusal = Refused(CdaSample.With(old, replacement));
        if (old == "<recordTarget>")
        {
            // Here the end tag no longer fits: the point is that the form is judged before the patient.
            Assert.Equal("content", refusal.Field);
        }

        Assert.True(code == refusal.Code, refusal.ToString());
        Assert.StartsWith(refusal.Field == "content" ? "content" : "ClinicalDocument", refusal.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_never_repeats_what_was_sent()
    {
        foreach (var secret in (string[])["279035121518988", "MARTELLIN", "DOC-1"])
        {
            var refusal = Refused(CdaSample.With(CdaSample.Ins, "279035121518988"));
            Assert.DoesNotContain(secret, refusal.Message + refusal.Field, StringComparison.Ordinal);
        }

        var form = Refused(CdaSample.With("</ClinicalDocument>", "<MARTELLIN></ClinicalDocument>"));
        Assert.DoesNotContain("MARTELLIN", form.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_document_is_judged_by_the_realm_of_the_server()
    {
        var production = IdentityRules.Default with { Ins = new InsRules { Realm = InsRealm.Production } };
        Assert.Equal(
            RefusalCode.InsRealmMismatch,
            CdaHeaderReader.Read(CdaSample.Bytes, production, CodeSets.Current).Refusal?.Code);
        var real = CdaSample.With("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.8");
        Assert.True(CdaHeaderReader.Read(real, production, CodeSets.Current).Succeeded);
    }

    internal static CdaHeader Accepted(byte[] content)
    {
        var result = CdaHeaderReader.Read(content);
        Assert.True(result.Succeeded, result.Refusal?.ToString());
        return result.Header;
    }

    internal static Refusal Refused(byte[] content)
    {
        var result = CdaHeaderReader.Read(content);
        Assert.False(result.Succeeded);
        return result.Refusal;
    }
}
