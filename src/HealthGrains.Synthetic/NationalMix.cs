namespace HealthGrains.Synthetic;

/// <summary>What kind of structure sends a document.</summary>
public enum OrganizationKind
{
    Laboratory = 0,
    Hospital = 1,
    Office = 2,
    Imaging = 3,
    Pharmacy = 4,
}

/// <summary>One document type of the mix.</summary>
/// <param name="Weight">In a thousand documents.</param>
/// <param name="Template">The template of its structured form, or null where it is sent as an embedded file only.</param>
internal sealed record MixedType(string Code, string Label, int Weight, OrganizationKind Sender, string? Template);

/// <summary>Types and sizes of French health documents.</summary>
/// <remarks>Types: biology 39 %, prescriptions 23 %, imaging reports 9 %, the rest 29 % (national counts of 2024; how the
/// rest and the prescriptions divide is ours). Sizes: quantiles measured on public CDA examples, in kilobytes of 1,000
/// bytes, drawn by linear interpolation.</remarks>
internal static class NationalMix
{
    private const string Ans = "1.2.250.1.213.1.1.1.";
    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string Own = "1.2.250.1.213.1.1.4.12";

    internal static readonly MixedType[] Types =
    [
        new("11502-2", "CR d'examens biologiques", 390, OrganizationKind.Laboratory, Ans + "55"),
        new("57833-6", "Prescription de produits de santé", 150, OrganizationKind.Office, Ans + "39"),
        new("PRESC-BIO", "Prescription d'actes de biologie médicale", 40, OrganizationKind.Office, null),
        new("PRESC-INF", "Prescription d'actes infirmiers", 20, OrganizationKind.Office, null),
        new("PRESC-KINE", "Prescription d'actes de kinésithérapie", 20, OrganizationKind.Office, null),
        new("18748-4", "CR d'imagerie médicale", 90, OrganizationKind.Imaging, Ans + "45"),
        new("34112-3", "CR hospitalier (séjour)", 60, OrganizationKind.Hospital, null),
        new("11490-0", "Lettre de liaison à la sortie d'un établissement de soins", 60, OrganizationKind.Hospital, Ans + "21"),
        new("11488-4", "CR ou fiche de consultation ou de visite", 50, OrganizationKind.Hospital, null),
        new("60593-1", "Dispensation médicamenteuse", 40, OrganizationKind.Pharmacy, Ans + "54"),
        new("15507-7", "CR de passage aux urgences", 30, OrganizationKind.Hospital, null),
        new("60591-5", "Synthèse médicale", 20, OrganizationKind.Office, Ans + "13"),
        new("87273-9", "Note de vaccination", 20, OrganizationKind.Pharmacy, Ans + "46"),
        new("34874-8", "CR opératoire", 10, OrganizationKind.Hospital, null),
    ];

    /// <summary>Points of the distribution: so many documents in ten thousand are at most so many bytes.</summary>
    internal static readonly (int InTenThousand, int Bytes)[] Sizes =
    [
        (0, 24_000), (2_500, 87_000), (5_000, 140_000), (7_500, 270_000), (9_000, 428_000), (9_500, 1_136_000), (10_000, 2_966_000),
    ];

    internal static string SystemOf(string type) => type[^2] == '-' && char.IsAsciiDigit(type[0]) ? Loinc : Own;

    internal static MixedType DrawType(ref SplitMix64 random)
    {
        var at = random.Next(1000);
        foreach (var type in Types)
        {
            at -= type.Weight;
            if (at < 0) return type;
        }

        return Types[0];
    }

    internal static int DrawSize(ref SplitMix64 random)
    {
        var at = random.Next(10_000);
        for (var i = 1; i < Sizes.Length; i++)
        {
            var (right, most) = Sizes[i];
            if (at >= right) continue;
            var (left, least) = Sizes[i - 1];
            return least + (int)((long)(most - least) * (at - left) / (right - left));
        }

        return Sizes[^1].Bytes;
    }
}
