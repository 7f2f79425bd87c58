using System.Globalization;
using System.Xml;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Domain.Cda;

/// <summary>Reads the header of a CDA R2 document sent by a stranger.</summary>
/// <remarks>
/// <para>A header in the answer means: the whole file is well-formed XML 1.0 in UTF-8, without DTD, inside
/// <see cref="CdaLimits"/>; it holds one ClinicalDocument of <c>urn:hl7-org:v3</c>, as its root or wrapped; the document
/// names one valid INS of the server's realm, the required traits, a valid unique id, a type, a time and an author; it
/// has one body, and every embedded file that calls itself base64 is whole base64. It does not mean that the document is
/// valid against the CDA schema, nor that its codes are in their value sets.</para>
/// <para>Memory is bounded by <see cref="CdaLimits"/>, not by the size of the file: bodies pass in pieces. No exception
/// leaves for any bytes. Messages name places, never values.</para>
/// <para>Order of judgement: encoding and form, body, INS, traits, then the document's own fields.</para>
/// </remarks>
public static class CdaHeaderReader
{
    private const string Root = "ClinicalDocument";

    /// <summary>Reads with the rules of a test server and the embedded value sets.</summary>
    public static CdaReadResult Read(ReadOnlyMemory<byte> content) => Read(content, IdentityRules.Default, CodeSets.Current);

    /// <param name="content">The whole file, as received.</param>
    /// <param name="rules">Realm and leniency of identities.</param>
    /// <param name="codes">Where the format of the document is looked up.</param>
    /// <returns>A header; or a refusal: <c>METADATA_INVALID</c>, <c>INS_MISSING</c>, <c>INS_MALFORMED</c>,
    /// <c>INS_REALM_MISMATCH</c>, <c>INS_MISMATCH</c> (two different INS) or <c>INS_TRAITS_INCOMPLETE</c>, with the path of
    /// the element, from ClinicalDocument.</returns>
    public static CdaReadResult Read(ReadOnlyMemory<byte> content, IdentityRules rules, CodeSets codes) =>
        Read(content.Span, content, null, rules, codes);

    /// <summary>The same of a file that is too large to be held: memory is bounded whatever its size.</summary>
    /// <param name="beginning">The first bytes of the file, all of it or at least 1,024.</param>
    /// <param name="source">The whole file, from its first byte; read to its end unless it is refused before.</param>
    /// <param name="rules">Realm and leniency of identities.</param>
    /// <param name="codes">Where the format of the document is looked up.</param>
    /// <returns>As for a file in memory.</returns>
    public static CdaReadResult Read(ReadOnlySpan<byte> beginning, Stream source, IdentityRules rules, CodeSets codes)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Read(beginning, default, source, rules, codes);
    }

    private static CdaReadResult Read(
        ReadOnlySpan<byte> beginning, ReadOnlyMemory<byte> content, Stream? source, IdentityRules rules, CodeSets codes)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(codes);
        try
        {
            CdaEncoding.Check(beginning);
            using var xml = new CdaXml(content, source);
            using var body = new CdaBody();
            if (!xml.FindDocument()) return Refuse("The file holds no ClinicalDocument of namespace urn:hl7-org:v3.", Root);
            var isWrapped = xml.Depth > 0;
            var draft = new CdaDraft();
            new CdaHeaderParser(xml, draft, body).ReadDocument();
            xml.Finish();
            return new CdaReadResult(new CdaHeaderBuilder(draft, rules, codes).Build(body, isWrapped));
        }
        catch (CdaRefusedException refused)
        {
            return new CdaReadResult(refused.Refusal);
        }
        catch (XmlException wrong)
        {
            return Refuse(FormMessage(beginning, wrong), "content");
        }
    }

    private static CdaReadResult Refuse(string message, string path) =>
        new(new Refusal(RefusalCode.MetadataInvalid, message, path));

    // The parser's own message would repeat what was sent. It gives no line for a DTD, which stops it at once, nor for
    // bytes that are not UTF-8.
    private static string FormMessage(ReadOnlySpan<byte> content, XmlException wrong)
    {
        if (wrong.LineNumber > 0)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Not well-formed XML in UTF-8: see line {wrong.LineNumber}, position {wrong.LinePosition}.");
        }

        return content.IndexOf("<!DOCTYPE"u8) >= 0
            ? "A document type declaration (DTD) is not admitted."
            : "Not well-formed XML in UTF-8.";
    }
}
