namespace HealthGrains.Domain.Notifications;

/// <summary>Names and French labels of what people are told. Source: DMP / Mon espace santé, notification codes.</summary>
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
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };

    public static string Label(ChangeCode code) => code switch
    {
        ChangeCode.DocumentAdded => "Un document a été ajouté",
        ChangeCode.DocumentModified => "Un document a été modifié",
        ChangeCode.DocumentWithdrawn => "Un document a été supprimé",
        ChangeCode.DocumentConsulted => "Un document a été consulté",
        ChangeCode.RecordAccessed => "Un professionnel a accédé au dossier",
        ChangeCode.EmergencyAccess => "Accès à votre dossier en urgence",
        ChangeCode.CaregiverInvited => "Un aidant a été invité",
        ChangeCode.CaregiverAccepted => "Un aidant a accepté l'invitation",
        ChangeCode.CaregiverRefused => "Un aidant a refusé l'invitation",
        ChangeCode.CaregiverDismissed => "Le partage avec un aidant a pris fin",
        ChangeCode.CaregiverResigned => "Un aidant a mis fin au partage",
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };
}
