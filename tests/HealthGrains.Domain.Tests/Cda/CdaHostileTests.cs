using System.Globalization;
using System.Text;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Identity;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Cda;

/// <summary>Files made to harm: each has a clear refusal and takes bounded memory.</summary>
public sealed class CdaHostileTests(ITestOutputHelper output)
{
    private const string Declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    [Theory]
    [InlineData("<!DOCTYPE ClinicalDocument>")]
    [InlineData("<!DOCTYPE ClinicalDocument SYSTEM \"http://127.0.0.1:9/x.dtd\">")]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>")]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;\">]>")]
    public void A_dtd_is_refused_by_name(string dtd)
    {
        var refusal = CdaHeaderReaderTests.Refused(CdaSample.With(Declaration, Declaration + dtd));
        Assert.Equal(RefusalCode.MetadataInvalid, refusal.Code);
        Assert.Contains("DTD", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("content", refusal.Field);
    }

    [Theory]
    [InlineData("&undeclared;")]
    [InlineData("&#0;")]
    [InlineData("&#xFFFE;")]
    [InlineData("&#xD800;")]
    [InlineData("\u0001")]
    [InlineData("<")]
    [InlineData("]]>")]
    public void What_xml_does_not_admit_is_refused(string piece) =>
        Assert.Equal("content", CdaHeaderReaderTests.Refused(CdaSample.With("LaboSoft", "Labo" + piece + "Soft")).Field);

    [Fact]
    public void A_name_that_only_mentions_a_doctype_in_a_comment_is_not_blamed_on_it()
    {
        CdaHeaderReaderTests.Accepted(CdaSample.With("<realmCode", "<!-- <!DOCTYPE x> --><realmCode"));
        var refusal = CdaHeaderReaderTests.Refused(
            CdaSample.With("<realmCode", "<!-- <!DOCTYPE x> --><realmCode").SkipLast(30).ToArray());
        Assert.DoesNotContain("DTD", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, byte[]> OtherEncodings()
    {
        var text = CdaSample.Text;
        var utf16 = text.Replace("UTF-8", "UTF-16", StringComparison.Ordinal);
        var latin = text.Replace("UTF-8", "ISO-8859-1", StringComparison.Ordinal);
        return new TheoryData<string, byte[]>
        {
            { "UTF-16 little endian with its mark", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(utf16)] },
            { "UTF-16 big endian with its mark", [.. Encoding.BigEndianUnicode.Preamble, .. Encoding.BigEndianUnicode.GetBytes(utf16)] },
            { "UTF-16 without a mark", Encoding.Unicode.GetBytes(text) },
            { "UTF-16 big endian without a mark", Encoding.BigEndianUnicode.GetBytes(text) },
            { "UTF-32", [.. Encoding.UTF32.Preamble, .. Encoding.UTF32.GetBytes(text)] },
            { "declared ISO-8859-1", Encoding.Latin1.GetBytes(latin) },
            { "UTF-8 declared as ISO-8859-1", Encoding.UTF8.GetBytes(latin) },
            { "UTF-8 declared as UTF-16", Encoding.UTF8.GetBytes(utf16) },
            { "ISO-8859-1 declared as UTF-8", Encoding.Latin1.GetBytes(text) },
            { "UTF-7", Encoding.ASCII.GetBytes(text.Replace("UTF-8", "UTF-7", StringComparison.Ordinal)) },
            { "no such encoding", Encoding.UTF8.GetBytes(text.Replace("UTF-8", "x-none", StringComparison.Ordinal)) },
            { "overlong UTF-8", Overlong(text) },
            { "empty", [] },
            { "one byte", [0x3C] },
            { "zeros", new byte[1000] },
            { "a PDF", "%PDF-1.4\n%%EOF"u8.ToArray() },
            { "a declaration without end", Encoding.UTF8.GetBytes("<?xml version=\"1.0\"" + new string(' ', 5000)) },
            { "XML 1.1", Encoding.UTF8.GetBytes(text.Replace("version=\"1.0\"", "version=\"1.1\"", StringComparison.Ordinal)) },
        };
    }

    [Theory]
    [MemberData(nameof(OtherEncodings))]
    public void What_is_not_utf8_xml_is_refused(string what, byte[] content)
    {
        var refusal = CdaHeaderReaderTests.Refused(content);
        output.WriteLine($"{what}: {refusal.Message}");
        Assert.Equal((RefusalCode.MetadataInvalid, "content"), (refusal.Code, refusal.Field));
    }

    [Theory]
    [InlineData("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>", "<component>")]
    [InlineData("<x><ClinicalDocument xmlns=\"urn:hl7-org:v3\"/></x>", "<title>")]
    public void A_second_document_inside_is_refused(string second, string before)
    {
        var refusal = CdaHeaderReaderTests.Refused(CdaSample.With(before, second + before));
        Assert.Contains("two ClinicalDocument", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_document_beside_is_refused()
    {
        var body = CdaSample.Text[Declaration.Length..];
        var refusal = CdaHeaderReaderTests.Refused(Encoding.UTF8.GetBytes($"<set>{body}{body}</set>"));
        Assert.Contains("two ClinicalDocument", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_after_the_document_must_be_well_formed_too()
    {
        Assert.Equal("content", CdaHeaderReaderTests.Refused([.. CdaSample.Bytes, .. "<x"u8]).Field);
        Assert.Equal("content", CdaHeaderReaderTests.Refused([.. CdaSample.Bytes, 0]).Field);
        CdaHeaderReaderTests.Accepted([.. CdaSample.Bytes, .. "\n\n"u8]);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(1_000_000)]
    public void Deep_nesting_is_refused(int depth)
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", depth)) + string.Concat(Enumerable.Repeat("</a>", depth));
        RefusedCheaply(CdaSample.With("<title>", deep + "<title>"), "128 levels");
    }

    [Fact]
    public void The_depth_limit_is_exact()
    {
        // ClinicalDocument, component, structuredBody: 125 levels are left below.
        string Nest(int levels) => "<structuredBody>" + string.Concat(Enumerable.Repeat("<a>", levels)) +
                                   string.Concat(Enumerable.Repeat("</a>", levels)) + "</structuredBody>";
        CdaHeaderReaderTests.Accepted(CdaSample.With(CdaSample.EmbeddedBody, Nest(125)));
        CdaHeaderReaderTests.Refused(CdaSample.With(CdaSample.EmbeddedBody, Nest(126)));
    }

    [Fact]
    public void A_million_attributes_are_refused()
    {
        var tag = new StringBuilder("<a");
        for (var i = 0; i < 1_000_000; i++) tag.Append(CultureInfo.InvariantCulture, $" a{i}=\"\"");
        RefusedCheaply(CdaSample.With("<title>", tag + "/><title>"), "1 MiB", allocatedMax: 64 * 1024 * 1024);
    }

    [Fact]
    public void The_attribute_limit_is_exact()
    {
        string Tag(int count) => "<a" + string.Concat(Enumerable.Range(0, count).Select(i => $" a{i}=\"\"")) + "/>";
        CdaHeaderReaderTests.Accepted(CdaSample.With("<title>", Tag(256) + "<title>"));
        Assert.Contains(
            "256 attributes",
            CdaHeaderReaderTests.Refused(CdaSample.With("<title>", Tag(257) + "<title>")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!--", "-->")]
    [InlineData("<a b=\"", "\"/>")]
    [InlineData("<![CDATA[", "]]>")]
    [InlineData("<?p ", "?>")]
    public void A_huge_construct_is_refused(string start, string end)
    {
        var huge = start + new string('x', 20_000_000) + end;
        RefusedCheaply(CdaSample.With("<title>", huge + "<title>"), "1 MiB", allocatedMax: 32 * 1024 * 1024);
    }

    [Theory]
    [InlineData("<title>", "</title>")]
    [InlineData("<softwareName>", "</softwareName>")]
    public void A_huge_value_is_refused(string start, string end)
    {
        var huge = start + new string('x', 20_000_000) + end;
        var content = start == "<title>"
            ? CdaSample.With("<title>", huge + "<title>")
            : CdaSample.With("<softwareName>LaboSoft</softwareName>", huge);
        RefusedCheaply(content, "1,024 characters");
    }

    [Fact]
    public void A_long_name_is_refused() =>
        RefusedCheaply(CdaSample.With("<title>", "<" + new string('n', 300) + "/><title>"), "256 characters");

    [Theory]
    [InlineData("<author><time/></author>", "<author>")]
    [InlineData("<templateId root=\"1.2.3\"/>", "<title>")]
    public void Endless_repetition_is_refused(string element, string before)
    {
        var at = CdaSample.Text.IndexOf(before, StringComparison.Ordinal);
        var content = CdaSample.Text.Insert(at, string.Concat(Enumerable.Repeat(element, 100_000)));
        RefusedCheaply(Encoding.UTF8.GetBytes(content), "repeated");
    }

    [Fact]
    public void A_large_body_passes_in_pieces()
    {
        var pdf = Convert.ToBase64String(new byte[24_000_000], Base64FormattingOptions.InsertLineBreaks);
        var content = CdaSample.With("JVBERi0xLjQK\nJUVPRg==", pdf);
        CdaHeaderReaderTests.Accepted(CdaSample.Bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        CdaHeaderReaderTests.Accepted(content);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{content.Length:N0} bytes read with {allocated:N0} allocated");
        Assert.InRange(allocated, 0, 256 * 1024);
    }

    [Fact]
    public void A_body_cut_anywhere_is_refused()
    {
        var bytes = CdaSample.Bytes;
        for (var length = 0; length < bytes.Length; length += 7) CdaHeaderReaderTests.Refused(bytes[..length]);
    }

    [Fact]
    public void Random_damage_is_never_an_exception()
    {
        var random = TestSeed.Draw(output);
        var structured = CdaSample.With(CdaSample.EmbeddedBody, CdaSample.StructuredBody);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 4_000; i++)
        {
            var bytes = (byte[])(i % 2 == 0 ? CdaSample.Bytes : structured).Clone();
            for (var damage = random.Next(1, 4); damage > 0; damage--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(1, 60)))];
                        break;
                    case 2:
                        bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(random.Next(at + 1), Math.Min(40, bytes.Length - at)), .. bytes.AsSpan(at)];
                        break;
                    default:
                        bytes[at] = "<>&\"'=/ !-]["u8[random.Next(12)];
                        break;
                }

                if (bytes.Length == 0) bytes = [0];
            }

            var result = CdaHeaderReader.Read(bytes);
            var outcome = result.Refusal?.Name ?? "accepted";
            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
        }

        foreach (var (outcome, count) in counts) output.WriteLine($"{outcome}: {count}");
        Assert.True(counts.GetValueOrDefault("METADATA_INVALID") > 1_000, "The damage hardly ever hurt.");
        Assert.True(counts.GetValueOrDefault("accepted") > 20, "The damage never spared a document.");
    }

    private void RefusedCheaply(byte[] content, string message, long allocatedMax = 2 * 1024 * 1024)
    {
        CdaHeaderReaderTests.Accepted(CdaSample.Bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var refusal = CdaHeaderReaderTests.Refused(content);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        output.WriteLine($"{content.Length:N0} bytes, {allocated:N0} allocated: {refusal.Message}");
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
        Assert.InRange(allocated, 0, allocatedMax);
    }

    // A slash written in two bytes: what decoders once took, and must not.
    private static byte[] Overlong(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = bytes.AsSpan().IndexOf("LaboSoft"u8);
        return [.. bytes.AsSpan(0, at), 0xC0, 0xAF, .. bytes.AsSpan(at)];
    }
}
