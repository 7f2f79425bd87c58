using HealthGrains.Domain.Codes;

namespace HealthGrains.Domain.Notifications;

/// <summary>Names of what people are told; label, URN and category are in the data file <c>notifications</c>. Source: DMP / Mon espace santé, notification codes.</summary>
public static class ChangeCodes
{
    /// <summary>The name on the wire, as in <c>AJOUT_DOCUMENT</c>.</summary>
    public static string Name(ChangeCode code) => code switch
    {
        ChangeCode.DocumentAdded => "AJOUT_DOCUMENT",
        ChangeCode.DocumentModified => "MODIF_DOCUMENT",
        ChangeCode.DocumentWithdrawn => "SUPP_DOC",
        ChangeCode.DocumentConsulted => "CONSULT_DOCUMENT",
        ChangeCode.RecordAccessed => "ACCES_DMP_PS",
        ChangeCode.EmergencyAccess => "ACCES_BRIS_GLACE",
        ChangeCode.CaregiverInvited => "PARTAGE_PROFIL_AIDANT",
        ChangeCode.CaregiverAccepted => "ACCORD_PARTAGE_PROFIL",
        ChangeCode.CaregiverRefused => "REFUS_PARTAGE_PROFIL",
        ChangeCode.CaregiverDismissed => "REVOCATION_PAR_AIDE",
        ChangeCode.CaregiverResigned => "REVOCATION_PAR_AIDANT",
        ChangeCode.VisibilityRestored => "REMISE_VISIBILITE_AUTO",
        ChangeCode.VaccinationAdded => "AJOUT_VACCINATION",
        ChangeCode.VaccinationConsulted => "CONSULT_VACCINATION",
        ChangeCode.MajorityReached => "RAPPEL_CONSENT_PASSAGE_MAJO",
        ChangeCode.MajorityReachedForRepresentatives => "RAPPEL_CONSENT_RL_PASSAGE_MAJO",
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };

    /// <summary>For humans, in French; says nothing of the document.</summary>
    public static string Label(ChangeCode code) => Described(code).Label;

    /// <summary>As the data file has it.</summary>
    public static NotificationCode Described(ChangeCode code) => 
        CodeSets.Current.Notifications.TryFind(Name(code), out var described)
            ? described
            : throw new ArgumentOutOfRangeException(nameof(code));
}
