using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Tests.Identity;
using HealthGrains.Synthetic;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Synthetic;

public sealed class SyntheticDocumentsTests(ITestOutputHelper output)
{
    /// <summary>The digest of the first twenty documents of seed 1. Whoever changes it changes the bytes that earlier runs
    /// and reports speak of: say so in the change.</summary>
    private const string GoldenDigest = "4ea7b941611c67e34af507406f67be91810465e713a175ab05f3647545937c80";

    [Fact]
    public void The_first_documents_of_a_seed_are_golden()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < 20; i++) hash.AppendData(SyntheticDocuments.Generate(1, i).Cda);
        Assert.Equal(GoldenDigest, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void The_generator_is_splitmix64_as_published()
    {
        // The first numbers of seed 0, as in the reference implementation.
        var random = new SplitMix64(0);
        Assert.Equal([0xE220A8397B1DCDAFUL, 0x6E789E6AA1B965F4UL, 0x06C45D188009454FUL], [random.Next(), random.Next(), random.Next()]);
    }

    [Fact]
    public void A_document_does_not_depend_on_those_made_before_it()
    {
        var documents = new SyntheticDocuments(new SyntheticOptions { Seed = 7, ReplacementsInThousand = 200, ReplacementDistance = 10 });
        var late = documents.Generate(57);
        for (var i = 50; i < 57; i++) documents.Generate(i);
        var again = documents.Generate(57);
        Assert.Equal(late.Cda, again.Cda);
        Assert.Equal(late.UniqueId, again.UniqueId);
        Assert.NotEqual(late.Cda, SyntheticDocuments.Generate(8, 57).Cda);
    }

    [Fact]
    public void Each_document_passes_the_reader_and_says_what_the_record_says()
    {
        var seed = (ulong)TestSeed.Draw(output).Next();
        var options = new SyntheticOptions { Seed = seed, Patients = 5_000_000, Organizations = 37, ReplacementsInThousand = 100, ReplacementDistance = 20 };
        var documents = new SyntheticDocuments(options);
        var kinds = new HashSet<CdaBodyKind>();
        var embedding = 0;
        var replacing = 0;
        for (var i = 0; i < 300; i++)
        {
            var document = documents.Generate(i);
            var result = CdaHeaderReader.Read(document.Cda);
            Assert.True(result.Succeeded, $"seed {seed}, document {i}: {result.Refusal}");
            var header = result.Header;
            Assert.Equal(document.UniqueId, header.UniqueId);
            Assert.Equal(document.PatientId, header.Patient);
            Assert.Equal(document.TypeCode, header.Type.Code);
            Assert.Equal(document.CreatedAt, header.EffectiveTime.Value);
            Assert.Equal(document.Replaces, header.Replaces);
            Assert.Equal(document.IsEmbedded, header.Body == CdaBodyKind.Embedded);
            Assert.Equal(document.StructureId, header.Custodian?.Structure);

            var author = Assert.Single(header.Authors);
            Assert.Equal((document.AuthorId, document.StructureId), (author.Professional, author.Organization?.Structure));
            Assert.Equal(document.AuthorId, header.LegalAuthenticator?.Professional);
            Assert.True(header.ServiceStart?.Value < header.ServiceStop?.Value);
            Assert.True(header.ServiceStop?.Value < header.EffectiveTime.Value);
            Assert.Equal("fr-FR", header.Language);
            Assert.NotNull(header.Format);
            Assert.NotNull(header.Title);

            var codes = CodeSets.Current;
            Assert.True(codes.DocumentTypes.TryFind(header.Type.Code, out var type));
            Assert.Equal((type.System, type.Label), (header.Type.System, header.Type.Label));
            Assert.True(type is { MayBeDeposited: true, PatientOnly: false });
            Assert.True(codes.PracticeSettings.Contains(header.PracticeSetting?.Code));
            Assert.True(codes.Facilities.Contains(header.Facility?.Code));

            kinds.Add(header.Body);
            embedding += header.EmbeddedMediaTypes.Count;
            replacing += header.Replaces is null ? 0 : 1;
        }

        output.WriteLine($"{embedding} structured documents embed a PDF, {replacing} documents replace another");
        Assert.Equal(2, kinds.Count);
        Assert.InRange(embedding, 20, 200);
        Assert.InRange(replacing, 10, 60);
    }

    [Fact]
    public void Sizes_follow_the_quantiles()
    {
        // Drawing is tested alone over many, writing over few: a document has nearly the size that was drawn for it.
        var random = new SplitMix64(3);
        var sizes = Enumerable.Range(0, 100_000).Select(_ => NationalMix.DrawSize(ref random)).Order().ToArray();
        foreach (var (at, bytes) in NationalMix.Sizes)
        {
            var seen = sizes[Math.Min(sizes.Length - 1, at * 10)];
            output.WriteLine($"{at / 100}%: {seen:N0} bytes, measured {bytes:N0}");
            Assert.InRange(seen, bytes * 0.95, bytes * 1.05);
        }

        var written = Enumerable.Range(0, 400).Select(i => SyntheticDocuments.Generate(3, i).Cda.Length).Order().ToArray();
        output.WriteLine($"written: min {written[0]:N0}, median {written[200]:N0}, p90 {written[360]:N0}, max {written[^1]:N0}");
        Assert.InRange(written[0], 20_000, 60_000);
        Assert.InRange(written[200], 110_000, 180_000);
        Assert.InRange(written[^1], 500_000, 3_100_000);
    }

    [Fact]
    public void Types_follow_the_national_mix()
    {
        Assert.Equal(1000, NationalMix.Types.Sum(t => t.Weight));
        var random = new SplitMix64(5);
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 100_000; i++)
        {
            var type = NationalMix.DrawType(ref random);
            counts[type.Code] = counts.GetValueOrDefault(type.Code) + 1;
        }

        Assert.InRange(counts["11502-2"], 38_000, 40_000);
        Assert.InRange(counts["18748-4"], 8_500, 9_500);
        Assert.InRange(counts.Where(c => c.Key == "57833-6" || c.Key.StartsWith("PRESC-", StringComparison.Ordinal)).Sum(c => c.Value), 22_000, 24_000);
        foreach (var type in NationalMix.Types)
        {
            Assert.True(CodeSets.Current.DocumentTypes.TryFind(type.Code, out var known));
            Assert.Equal((type.Label, NationalMix.SystemOf(type.Code)), (known.Label, known.System));
            Assert.True(type.Template is null || CodeSets.Current.TryFindFormat([type.Template], null, out _));
        }
    }

    [Fact]
    public void A_replacement_replaces_the_head_of_its_lineage_once()
    {
        const int distance = 5;
        var documents = new SyntheticDocuments(new SyntheticOptions { Seed = 11, ReplacementsInThousand = 500, ReplacementDistance = distance });
        var made = Enumerable.Range(0, 60).Select(i => documents.Generate(i)).ToArray();
        var replaced = new HashSet<UniqueId>();
        var longest = 0;
        foreach (var document in made)
        {
            if (document.Replaces is not { } target) continue;
            Assert.True(replaced.Add(target), "A document is replaced once.");
            var earlier = Assert.Single(made, d => d.UniqueId == target);
            Assert.Equal(document.Index - distance, earlier.Index);
            Assert.Equal((earlier.PatientId, earlier.TypeCode, earlier.StructureId, earlier.AuthorId),
                (document.PatientId, document.TypeCode, document.StructureId, document.AuthorId));
            var (old, now) = (CdaHeaderReader.Read(earlier.Cda).Header, CdaHeaderReader.Read(document.Cda).Header);
            Assert.Equal(old?.SetId, now?.SetId);
            Assert.Equal(old?.VersionNumber + 1, now?.VersionNumber);
            Assert.NotEqual(old?.BodySha256, now?.BodySha256);
            longest = Math.Max(longest, now?.VersionNumber ?? 0);
        }

        Assert.True(replaced.Count > 10, "Nothing was replaced.");
        Assert.True(longest > 2, "No replacement was replaced.");
    }

    [Fact]
    public void Without_the_option_nothing_is_replaced() =>
        Assert.All(Enumerable.Range(0, 50), i => Assert.Null(SyntheticDocuments.Generate(2, i).Replaces));

    [Fact]
    public void Runs_with_other_options_have_other_ids()
    {
        var ids = new HashSet<UniqueId>();
        var plain = new SyntheticOptions();
        SyntheticOptions[] runs =
        [
            plain, plain with { Seed = 2 }, plain with { Patients = 2 }, plain with { Organizations = 3 },
            plain with { ReplacementsInThousand = 1 }, plain with { ReplacementDistance = 1 }, plain with { From = new DateOnly(2025, 1, 1) },
        ];
        foreach (var run in runs)
        {
            var documents = new SyntheticDocuments(run);
            for (var i = 0; i < 10; i++) Assert.True(ids.Add(documents.Generate(i).UniqueId));
        }
    }

    [Fact]
    public void A_file_name_tells_nothing_of_the_patient()
    {
        var document = SyntheticDocuments.Generate(1, 0);
        Assert.Equal($"cda-000001-{document.TypeCode}.xml", document.FileName);
        Assert.DoesNotContain(document.PatientId.Number, document.UniqueId.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_embedded_file_is_a_pdf_whose_objects_are_where_it_says()
    {
        var document = Enumerable.Range(0, 100).Select(i => SyntheticDocuments.Generate(4, i)).First(d => d.IsEmbedded);
        var xml = new System.Xml.XmlDocument();
        xml.Load(new MemoryStream(document.Cda));
        var pdf = Convert.FromBase64String(xml.GetElementsByTagName("text", "urn:hl7-org:v3")[0]!.InnerText); // ! the body was just written
        var text = Encoding.Latin1.GetString(pdf);
        Assert.StartsWith("%PDF-1.4\n", text, StringComparison.Ordinal);
        Assert.EndsWith("%%EOF\n", text, StringComparison.Ordinal);

        var lines = text[text.LastIndexOf("startxref\n", StringComparison.Ordinal)..].Split('\n');
        var xref = int.Parse(lines[1], CultureInfo.InvariantCulture);
        var table = text[xref..].Split('\n');
        Assert.Equal(["xref", "0 7", "0000000000 65535 f "], table[..3]);
        for (var i = 1; i <= 6; i++)
        {
            var offset = int.Parse(table[i + 2][..10], CultureInfo.InvariantCulture);
            Assert.StartsWith($"{i} 0 obj\n", text[offset..], StringComparison.Ordinal);
        }

        // The two streams have the lengths that they declare.
        foreach (var name in (string[])["4 0 obj\n", "6 0 obj\n"])
        {
            var at = text.IndexOf(name, StringComparison.Ordinal);
            var length = text.IndexOf("/Length ", at, StringComparison.Ordinal) + 8;
            var declared = int.Parse(text[length..text.IndexOf(' ', length)], CultureInfo.InvariantCulture);
            var start = text.IndexOf("stream\n", at, StringComparison.Ordinal) + 7;
            Assert.StartsWith("\nendstream", text[(start + declared)..], StringComparison.Ordinal);
        }
    }
}
