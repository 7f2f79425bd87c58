using System.Globalization;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Synthetic;

/// <summary>French CDA R2 documents out of a seed: the same options and index give the same bytes, anywhere.</summary>
/// <remarks>Any document can be made without those before it, from many threads at once. Nobody in them exists: INS on the
/// test OID, RPPS and FINESS of the bench ranges, ids below 2.999, the OID for examples. Types, sizes and forms follow
/// the national mix (see <c>NationalMix</c>).</remarks>
public sealed class SyntheticDocuments
{
    // Of the public examples with a structured form, 4 in 91 are embedded files and 36 of 87 others embed a PDF.
    private const int EmbeddedInThousand = 44;
    private const int StructuredWithPdfInThousand = 414;

    private readonly SyntheticOptions _options;
    private readonly string _run;

    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public SyntheticDocuments(SyntheticOptions options)
    {
        Population = new SyntheticPopulation(options);
        _options = options;
        _run = string.Create(CultureInfo.InvariantCulture, $"2.999.1.{options.Seed}.{options.Fingerprint()}");
    }

    public SyntheticPopulation Population { get; }

    /// <summary>One document of a run with default options.</summary>
    public static SyntheticDocument Generate(ulong seed, long index) =>
        new SyntheticDocuments(new SyntheticOptions { Seed = seed }).Generate(index);

    /// <param name="index">From 0.</param>
    public SyntheticDocument Generate(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);

        // A replacement keeps patient, type, structure and author of the first document of its lineage.
        var first = index;
        var version = 1;
        for (; IsReplacement(first); version++) first -= _options.ReplacementDistance;

        var random = SplitMix64.For(_options.Seed, Kinds.Document, (ulong)first);
        var person = Population.Person(random.Next(_options.Patients));
        var type = NationalMix.DrawType(ref random);
        var organization = Population.DrawOrganization(type.Sender, ref random);
        var author = Population.DrawProfessional(organization, ref random);
        var isEmbedded = type.Template is null || random.InThousand(EmbeddedInThousand);

        var content = SplitMix64.For(_options.Seed, Kinds.Content, (ulong)index);
        var offset = TimeSpan.FromHours(1);
        var start = new DateTimeOffset(_options.From.ToDateTime(new TimeOnly(8, 0)), offset)
            .AddDays(content.Next(30)).AddSeconds(content.Next(10 * 3600));
        var stop = start.AddMinutes(content.Between(5, 90));
        var document = new SyntheticDocument
        {
            Index = index,
            FileName = string.Create(CultureInfo.InvariantCulture, $"cda-{index + 1:000000}-{type.Code}.xml"),
            Cda = [],
            UniqueId = IdOf(index),
            Person = person,
            TypeCode = type.Code,
            Organization = organization,
            Author = author,
            CreatedAt = stop.AddMinutes(content.Between(1, 600)),
            IsEmbedded = isEmbedded,
            Replaces = first == index ? null : IdOf(index - _options.ReplacementDistance),
        };
        var plan = new CdaPlan(
            document,
            type,
            start,
            stop,
            string.Create(CultureInfo.InvariantCulture, $"{_run}.{first}.0"),
            version,
            string.Create(CultureInfo.InvariantCulture, $"IPP{SplitMix64.Mix((ulong)person.Index + 1) % 100_000_000:00000000}"),
            NationalMix.DrawSize(ref content),
            content.InThousand(StructuredWithPdfInThousand));
        return document with { Cda = CdaWriter.Write(plan, ref content) };
    }

    private UniqueId IdOf(long index) =>
        UniqueId.Parse(string.Create(CultureInfo.InvariantCulture, $"{_run}.{index}"));

    // Only the document one distance later can replace a document, so nothing is ever replaced twice.
    private bool IsReplacement(long index) =>
        _options.ReplacementsInThousand > 0 && index >= _options.ReplacementDistance &&
        SplitMix64.For(_options.Seed, Kinds.Replacement, (ulong)index).InThousand(_options.ReplacementsInThousand);
}
