using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Tests.Identity;
using HealthGrains.Synthetic;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Synthetic;

public sealed class SyntheticPopulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Persons_have_valid_and_different_test_numbers()
    {
        var population = new SyntheticPopulation(new SyntheticOptions { Seed = Seed(), Patients = 100_000 });
        var seen = new HashSet<PatientId>();
        var places = new Dictionary<string, int>();
        var unknownMonths = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var person = population.Person(i);
            Assert.Equal(InsProblem.None, PatientId.TryCreate(person.Id.Oid.Text(), person.Id.Number, new InsRules(), out _));
            Assert.Equal(InsOid.NirTest, person.Id.Oid);
            Assert.True(seen.Add(person.Id), "Two persons have one number.");
            var place = person.BirthPlace[..2] switch
            {
                "2A" or "2B" => "Corsica",
                "97" or "98" => "overseas",
                "99" => "abroad",
                _ => "mainland",
            };
            places[place] = places.GetValueOrDefault(place) + 1;

            // The traits say what the number says.
            Assert.Equal(person.Sex == "M" ? '1' : '2', person.Id.Number[0]);
            Assert.Equal(person.BirthDate[2..4], person.Id.Number[1..3]);
            Assert.Equal(person.BirthPlace, person.Id.Number[5..10]);
            if (person.BirthDate.EndsWith("0000", StringComparison.Ordinal)) unknownMonths++;
            else Assert.Equal(person.BirthDate[4..6], person.Id.Number[3..5]);
        }

        output.WriteLine(string.Join(", ", places.Select(p => $"{p.Key} {p.Value}")) + $", month unknown {unknownMonths}");
        Assert.InRange(places["Corsica"], 500, 1_500);
        Assert.InRange(places["overseas"], 2_000, 4_000);
        Assert.InRange(places["abroad"], 8_000, 12_000);
        Assert.InRange(unknownMonths, 200, 1_000);
    }

    [Fact]
    public void Persons_who_share_commune_and_rank_differ_in_a_whole_population()
    {
        var population = new SyntheticPopulation(new SyntheticOptions { Seed = Seed(), Patients = 68_000_000 });
        const int places = 990 * 999;
        for (var place = 0; place < 2_000; place++)
        {
            var numbers = new HashSet<string>();
            for (var index = place; index < 68_000_000; index += places) Assert.True(numbers.Add(population.Person(index).Id.Number));
            Assert.InRange(numbers.Count, 68, 69);
        }
    }

    [Fact]
    public void Structures_and_professionals_have_valid_bench_numbers()
    {
        var population = new SyntheticPopulation(new SyntheticOptions { Seed = Seed(), Organizations = 200 });
        var seen = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var organization = population.Organization(i);
            Assert.True(Finess.TryParse(organization.Finess.ToString(), out _));
            Assert.True(StructureId.TryParse(organization.Id.ToString(), out var id));
            Assert.Equal(StructureIdKind.Finess, id.Kind);
            Assert.StartsWith("99", organization.Finess.ToString(), StringComparison.Ordinal);
            Assert.True(seen.Add(organization.Id.ToString()));
        }

        for (var i = 0; i < 1000; i++)
        {
            var professional = population.Professional(i);
            Assert.True(Rpps.TryParse(professional.Rpps.ToString(), out _));
            Assert.True(ProfessionalId.TryParse(professional.Id.ToString(), out _));
            Assert.StartsWith("9970", professional.Rpps.ToString(), StringComparison.Ordinal);
            Assert.True(CodeSets.Current.Professions.Contains(professional.Profession));
            Assert.Equal(i / 5, professional.Organization.Index);
            Assert.True(seen.Add(professional.Id.ToString()));
        }
    }

    [Theory]
    [InlineData("990000002", 0)]
    [InlineData("990000010", 1)]
    [InlineData("990000028", 2)]
    public void The_first_structures_are_those_of_the_published_range(string finess, int index) =>
        Assert.Equal(finess, new SyntheticPopulation(new SyntheticOptions()).Organization(index).Finess.ToString());

    [Fact]
    public void A_run_with_one_structure_still_sends_every_type()
    {
        var documents = new SyntheticDocuments(new SyntheticOptions { Organizations = 1, Patients = 1 });
        for (var i = 0; i < 30; i++) Assert.Equal(0, documents.Generate(i).Organization.Index);
    }

    [Fact]
    public void Options_outside_their_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticDocuments(new SyntheticOptions { Patients = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticDocuments(new SyntheticOptions { Organizations = 100_001 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticDocuments(new SyntheticOptions { ReplacementsInThousand = 501 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticDocuments(new SyntheticOptions()).Generate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SyntheticPopulation(new SyntheticOptions()).Person(1_000));
    }

    private ulong Seed() => (ulong)TestSeed.Draw(output).Next();
}
