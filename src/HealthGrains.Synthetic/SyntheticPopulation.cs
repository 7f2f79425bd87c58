using System.Globalization;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Synthetic;

/// <summary>An invented person with a valid test INS (OID 1.2.250.1.213.1.4.10).</summary>
/// <param name="BirthDate">yyyyMMdd; day and month 00 where the number says that the month is unknown.</param>
/// <param name="BirthPlace">Five characters: department and commune, or 99 and a country.</param>
/// <param name="Sex">M or F.</param>
public sealed record SyntheticPerson(
    int Index,
    PatientId Id,
    string BirthName,
    string UsedName,
    string FirstName,
    string SecondName,
    string Sex,
    string BirthDate,
    string BirthPlace);

/// <summary>An invented structure with a FINESS number of the bench range (department 99).</summary>
public sealed record SyntheticOrganization(
    int Index,
    StructureId Id,
    Finess Finess,
    OrganizationKind Kind,
    string Name,
    string PracticeSetting,
    string FacilityType);

/// <summary>An invented professional with an RPPS number of the bench range (9970000000 to 9970999999).</summary>
/// <param name="Specialty">authorSpecialty, such as <c>G15_10/SM26</c>.</param>
public sealed record SyntheticProfessional(
    int Index,
    ProfessionalId Id,
    Rpps Rpps,
    ProfessionCode Profession,
    string Specialty,
    string FamilyName,
    string FirstName,
    SyntheticOrganization Organization);

/// <summary>Who exists in a run: everybody is found by a number, nothing is kept.</summary>
public sealed class SyntheticPopulation
{
    /// <summary>Professionals of each structure.</summary>
    public const int ProfessionalsPerOrganization = 5;

    private const int Communes = 990;
    private const int Ranks = 999;
    private const int BirthMonths = 1200;
    private const int FirstBirthYear = 1925;

    private readonly SyntheticOptions _options;

    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public SyntheticPopulation(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
    }

    /// <param name="index">0 to Patients − 1.</param>
    /// <remarks>No two persons of a run share a number: commune and rank take the index modulo their count, and persons
    /// who share both are born in different months.</remarks>
    public SyntheticPerson Person(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _options.Patients);

        var place = index % (Communes * Ranks);
        var round = index / (Communes * Ranks);
        var shared = SplitMix64.For(_options.Seed, Kinds.Place, (ulong)place);
        var slot = (shared.Next(BirthMonths) + round) % BirthMonths;
        var month = (slot % 12) + 1;
        var year = FirstBirthYear + (slot / 12);

        var random = SplitMix64.For(_options.Seed, Kinds.Person, (ulong)index);
        var isWoman = random.Next(2) == 0;
        var isMonthUnknown = random.InThousand(5);
        var department = Department(ref random);
        var commune = (1 + (place / Ranks)).ToString("000", CultureInfo.InvariantCulture);
        var body = string.Create(
            CultureInfo.InvariantCulture,
            $"{(isWoman ? 2 : 1)}{year % 100:00}{(isMonthUnknown ? month + 20 : month):00}{department}{commune}{1 + (place % Ranks):000}");
        var number = body + InsNumber.Key(body).ToString("00", CultureInfo.InvariantCulture);

        var given = isWoman ? SyntheticNames.Women : SyntheticNames.Men;
        var birthName = random.Pick<string>(SyntheticNames.Families);
        var usedName = random.InThousand(isWoman ? 400 : 30) ? random.Pick<string>(SyntheticNames.Families) : birthName;
        var date = isMonthUnknown
            ? string.Create(CultureInfo.InvariantCulture, $"{year}0000")
            : string.Create(CultureInfo.InvariantCulture, $"{year}{month:00}{random.Between(1, 28):00}");
        return new SyntheticPerson(
            index,
            PatientId.Parse($"{InsOid.NirTest.Text()}^{number}"),
            birthName,
            usedName,
            random.Pick<string>(given),
            random.Pick<string>(given),
            isWoman ? "F" : "M",
            date,
            department + commune);
    }

    /// <param name="index">0 to Organizations − 1.</param>
    public SyntheticOrganization Organization(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _options.Organizations);
        var kind = (OrganizationKind)(index % Kinds.OrganizationKinds);
        var random = SplitMix64.For(_options.Seed, Kinds.Organization, (ulong)index);
        var place = random.Pick<string>(SyntheticNames.Places);
        var (name, setting, facility) = kind switch
        {
            OrganizationKind.Laboratory => ($"Laboratoire {place}", "AMBULATOIRE", "SA25"),
            OrganizationKind.Hospital => ($"Centre hospitalier {place}", "ETABLISSEMENT", "SA01"),
            OrganizationKind.Imaging => ($"Imagerie {place}", "AMBULATOIRE", "SA08"),
            OrganizationKind.Pharmacy => ($"Pharmacie {place}", "AMBULATOIRE", "SA33"),
            _ => ($"Cabinet {place}", "AMBULATOIRE", "SA07"),
        };

        var body = (99_000_000 + index).ToString(CultureInfo.InvariantCulture);
        var finess = index == 0 && _options.FirstOrganization is { } given ? given : Finess.Parse(body + Luhn.CheckDigit(body));
        return new SyntheticOrganization(index, StructureId.Of(finess), finess, kind, name, setting, facility);
    }

    /// <param name="index">0 to Organizations × <see cref="ProfessionalsPerOrganization"/> − 1.</param>
    public SyntheticProfessional Professional(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        var organization = Organization(index / ProfessionalsPerOrganization);
        var random = SplitMix64.For(_options.Seed, Kinds.Professional, (ulong)index);
        var (code, specialty) = organization.Kind switch
        {
            OrganizationKind.Laboratory or OrganizationKind.Pharmacy => ("21", "G15_21"),
            OrganizationKind.Office => ("10", "G15_10/SM26"),
            _ => ("10", "G15_10"),
        };
        ProfessionCode.TryCreate(code, ProfessionCode.HealthProfessions, out var profession);
        var body = (9_970_000_000L + index).ToString(CultureInfo.InvariantCulture);
        var rpps = Rpps.Parse(body + Luhn.CheckDigit(body));
        var given = random.Next(2) == 0 ? SyntheticNames.Women : SyntheticNames.Men;
        return new SyntheticProfessional(
            index,
            ProfessionalId.Of(rpps),
            rpps,
            profession,
            specialty,
            random.Pick<string>(SyntheticNames.Families),
            random.Pick<string>(given),
            organization);
    }

    /// <summary>A structure of the kind that sends a type; any, where the run has none of that kind.</summary>
    internal SyntheticOrganization DrawOrganization(OrganizationKind kind, ref SplitMix64 random)
    {
        var count = (_options.Organizations - (int)kind + Kinds.OrganizationKinds - 1) / Kinds.OrganizationKinds;
        return Organization(count > 0
            ? (random.Next(count) * Kinds.OrganizationKinds) + (int)kind
            : random.Next(_options.Organizations));
    }

    internal SyntheticProfessional DrawProfessional(SyntheticOrganization organization, ref SplitMix64 random) =>
        Professional((organization.Index * ProfessionalsPerOrganization) + random.Next(ProfessionalsPerOrganization));

    // Born in France, in Corsica, overseas, abroad. Department 20 ended with Corsica's division.
    private static string Department(ref SplitMix64 random)
    {
        var at = random.Next(1000);
        if (at < 5) return "2A";
        if (at < 10) return "2B";
        if (at < 40) return at < 37 ? "97" : "98";
        if (at < 140) return "99";
        var department = random.Between(1, 94);
        return (department >= 20 ? department + 1 : department).ToString("00", CultureInfo.InvariantCulture);
    }
}

/// <summary>Keeps the random sequences of different things apart. The numbers are part of the golden bytes.</summary>
internal static class Kinds
{
    internal const ulong Person = 1;
    internal const ulong Organization = 2;
    internal const ulong Professional = 3;
    internal const ulong Document = 4;
    internal const ulong Content = 5;
    internal const ulong Replacement = 6;
    internal const ulong Place = 7;

    internal const int OrganizationKinds = 5;
}
