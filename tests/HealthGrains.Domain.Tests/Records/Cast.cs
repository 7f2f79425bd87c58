using System.Globalization;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Tests.Records;

/// <summary>Who appears in the tests of a record. Numbers are of the ranges that are kept for test benches.</summary>
internal static class Cast
{
    public static readonly PatientId Patient = PatientId.Parse("1.2.250.1.213.1.4.10^279035121518989");

    public static readonly StructureId OfficeA = StructureId.Parse("1990000002");
    public static readonly StructureId OfficeB = StructureId.Parse("1990000010");
    public static readonly StructureId Hospital = StructureId.Parse("1990000028");
    public static readonly StructureId Clinic = Finess(4);
    public static readonly StructureId InterfaceCompany = StructureId.Parse("318003502400041");

    public static readonly ProfessionCode Physician = ProfessionCode.Parse("10^" + ProfessionCode.HealthProfessions);
    public static readonly ProfessionCode Nurse = ProfessionCode.Parse("60^" + ProfessionCode.HealthProfessions);

    /// <summary>The general practitioner of the truth table, acting in A.</summary>
    public static readonly Actor Gp = Actor.Professional(Rpps(0), Physician, OfficeA, "Dr Anne Test");

    /// <summary>Another professional in the same structure.</summary>
    public static readonly Actor GpColleague = Actor.Professional(Rpps(1), Nurse, OfficeA, "Noé Test");

    public static readonly Actor Specialist = Actor.Professional(Rpps(2), Physician, OfficeB, "Dr Bea Test");

    /// <summary>Works in the hospital.</summary>
    public static readonly Actor HospitalDoctor = Actor.Professional(Rpps(3), Physician, Hospital, "Dr Célia Test");

    /// <summary>The hospital's own system: the depositor of most documents.</summary>
    public static readonly Actor HospitalSystem = Actor.Facility(Hospital);

    /// <summary>Who represents a minor, and who helps, in the records where they do.</summary>
    public static readonly Actor Parent = Delegate("parent");

    public static readonly Actor Carer = Delegate("carer");

    /// <summary>Health insurance's synchronisation.</summary>
    public static readonly Actor Insurance = new(ActorKind.Support, "amo");

    public static readonly Actor ClinicSystem = Actor.Facility(Clinic);

    public static Actor Delegate(string subject) => new(ActorKind.Delegate, subject);

    public static ProfessionalId IdOf(Actor professional) => ProfessionalId.Parse(professional.Id);

    public static Actor In(this Actor professional, StructureId structure) => professional with { Structure = structure };

    /// <summary>IdNat_PS of the n-th professional of the bench range, with the right check digit.</summary>
    public static ProfessionalId Rpps(int n) =>
        ProfessionalId.Parse("8" + WithLuhn("997" + n.ToString("D7", CultureInfo.InvariantCulture)));

    /// <summary>The n-th structure of the bench range.</summary>
    public static StructureId Finess(int n) =>
        StructureId.Parse("1" + WithLuhn("99" + n.ToString("D6", CultureInfo.InvariantCulture)));

    private static string WithLuhn(string number)
    {
        var sum = 0;
        for (var i = 0; i < number.Length; i++)
        {
            var digit = number[^(i + 1)] - '0';
            if (i % 2 == 0)
                digit = digit * 2 > 9 ? (digit * 2) - 9 : digit * 2;
            sum += digit;
        }

        return number + ((10 - (sum % 10)) % 10).ToString(CultureInfo.InvariantCulture);
    }
}
