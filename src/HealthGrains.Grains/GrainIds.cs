using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains.Journal;

namespace HealthGrains.Grains;

/// <summary>From the domain's identities to the journals of their grains, and back.</summary>
public static class GrainIds
{
    /// <summary>The patient's record: OID and number together are the key.</summary>
    public static JournalId Of(PatientId patient) => new(JournalKind.Patient, patient.ToString());

    /// <summary>A professional's inbox.</summary>
    public static JournalId InboxOf(ProfessionalId professional) => new(JournalKind.Inbox, professional.ToString());

    /// <summary>A producer's ledger.</summary>
    public static JournalId SenderOf(StructureId structure) => new(JournalKind.Sender, structure.ToString());

    /// <summary>What the records of one shard owe to time.</summary>
    /// <param name="shard">From 0.</param>
    public static JournalId AgendaOf(int shard) =>
        new(JournalKind.Agenda, shard.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The places of a caregiver. The subject of a token is whatever an issuer makes of it: the key is its SHA-256.</summary>
    public static JournalId CaregiverOf(string subject) => new(
        JournalKind.Caregiver, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject))));

    public static PatientId PatientOf(JournalId journal) => PatientId.Parse(journal.Key);
}
