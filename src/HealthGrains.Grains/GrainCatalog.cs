using HealthGrains.Grains.Agendas;
using HealthGrains.Grains.Caregivers;
using HealthGrains.Grains.Codec;
using HealthGrains.Grains.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Patients;
using HealthGrains.Grains.Senders;
using HealthGrains.Grains.Turns;

namespace HealthGrains.Grains;

/// <summary>The kinds of grain: which model each journal is read with.</summary>
public static class GrainCatalog
{
    /// <summary>The models that grains live by: <c>Models.Factory(services)</c> makes them for an engine.</summary>
    public static GrainModels Models { get; } = new GrainModels.Builder()
        .Add(JournalKind.Patient, PatientModel.Instance)
        .Add(JournalKind.Inbox, InboxModel.Instance)
        .Add(JournalKind.Sender, LedgerModel.Instance)
        .Add(JournalKind.Agenda, AgendaModel.Instance)
        .Add(JournalKind.Caregiver, CaregiverModel.Instance)
        .Build();

    /// <summary>The models that snapshots are taken with. A record's state is little smaller than its
    /// entries, so these are folded without being understood, and a caregiver's; inboxes, ledgers and agendas forget, and keep their
    /// state.</summary>
    public static GrainModels SnapshotModels { get; } = new GrainModels.Builder()
        .Add(JournalKind.Patient, FoldedJournalModel.Instance)
        .Add(JournalKind.Inbox, InboxModel.Instance)
        .Add(JournalKind.Sender, LedgerModel.Instance)
        .Add(JournalKind.Agenda, AgendaModel.Instance)
        .Add(JournalKind.Caregiver, FoldedJournalModel.Instance)
        .Build();
}
