using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Domain.Identity;
using HealthGrains.Services.Authentication;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Invented people of the test ranges, and documents of theirs.</summary>
internal static class People
{
    public const string Hospital = "1990000002";
    public const string OtherHospital = "1990000010";
    public const string Practice = "1990000028";
    public const string DoctorId = "899700000005";
    public const string NurseId = "899700000021";

    public static readonly Caller.Producer HospitalSystem = Producer(Hospital);
    public static readonly Caller.Producer OtherHospitalSystem = Producer(OtherHospital);
    public static readonly Caller.Professional Doctor = Professional(DoctorId, "10", Practice);
    public static readonly Caller.Professional Nurse = Professional(NurseId, "60", Practice);
    public static readonly Caller.Operator Operator = new("operator-1");
    public static readonly Caller.Delegate Delegate = new("delegate-1");

    public static Caller.Producer Producer(string organization, string? onBehalfOf = null) => new(
        StructureId.Parse(organization), onBehalfOf is null ? default : StructureId.Parse(onBehalfOf));

    public static Caller.Professional Professional(string id, string profession, params string[] structures)
    {
        if (!ProfessionCode.TryCreate(profession, ProfessionCode.HealthProfessions, out var code))
            throw new ArgumentException("Not a profession.", nameof(profession));
        PracticeSituation[] situations =
            [.. structures.Select(structure => new PracticeSituation(code, "C", StructureId.Parse(structure), null))];
        return new Caller.Professional(
            ProfessionalId.Parse(id), situations, situations.Length == 1 ? situations[0] : null, false, "Dr TEST");
    }

    /// <summary>The n-th invented person: a number of the test realm with its right key.</summary>
    public static PatientId Patient(int n)
    {
        var body = "27903512" + n.ToString("D5", CultureInfo.InvariantCulture);
        var number = body + InsNumber.Key(body).ToString("D2", CultureInfo.InvariantCulture);
        return PatientId.Parse($"{InsOid.NirTest.Text()}^{number}");
    }

    public static Wire.Patient ToWire(this PatientId patient) => new() { Ins = patient.Number, Oid = patient.Oid.Text() };

    /// <summary>A complete submission that is no CDA, by the hospital.</summary>
    public static Wire.SubmitRequest Document(PatientId patient, string extension = "1", string text = "Hémoglobine 12,5 g/dL") => new()
    {
        Patient = patient.ToWire(),
        Metadata = new Wire.DocumentMetadata
        {
            UniqueId = $"2.999.7^{extension}",
            Title = "Compte rendu",
            TypeCode = "11502-2",
            FormatCode = "urn:ihe:iti:xds-sd:text:2008",
            MimeType = "text/plain",
            LanguageCode = "fr-FR",
            PracticeSettingCode = "ETABLISSEMENT",
            FacilityTypeCode = "SA01",
            CreatedAt = Ago(TimeSpan.FromHours(2)),
            ServiceStart = Ago(TimeSpan.FromHours(3)),
            Authors = { Author() },
            LegalAuthenticator = Author(),
            Confidentiality = { Wire.Confidentiality.Normal },
        },
        Content = ByteString.CopyFromUtf8(text),
        Sha256 = ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
        InsQualified = true,
        InsQualifiedAt = Ago(TimeSpan.FromDays(1)),
        FeedingOpposition = Wire.FeedingOpposition.Ino,
    };

    public static Wire.Author Author(string organization = Hospital) => new()
    {
        Id = "899700218896",
        Name = "BRENNOUR Elias",
        OrganizationId = organization,
        OrganizationName = "Centre hospitalier",
        Role = "ATTPHYS",
        Specialty = "G15_10/SM02",
        Kind = Wire.Author.Types.Kind.Professional,
    };

    public static Wire.WithdrawRequest Withdrawal(PatientId patient, string extension = "1") => new()
    {
        Patient = patient.ToWire(),
        UniqueId = $"2.999.7^{extension}",
        Reason = "Erreur de saisie",
        InsQualified = true,
        InsQualifiedAt = Ago(TimeSpan.FromDays(1)),
    };

    public static Timestamp Ago(TimeSpan time) => Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() - time);
}
