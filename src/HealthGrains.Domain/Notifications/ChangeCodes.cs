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
        ChangeCode.VisibilityRestored => "REMISE_VISIBILITE_AUTO",
        ChangeCode.VaccinationAdded => "AJOUT_VACCINATION",
        ChangeCode.VaccinationConsulted => "CONSULT_VACCINATION",
        ChangeCode.MajorityReached => "RAPPEL_CONSENT_PASSAGE_MAJO",
        ChangeCode.MajorityReachedForRepresentatives => "RAPPEL_CONSENT_RL_PASSAGE_MAJO",
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
        ChangeCode.VisibilityRestored => "Un document est maintenant visible",
        ChangeCode.VaccinationAdded => "Une vaccination a été ajoutée",
        ChangeCode.VaccinationConsulted => "Vos vaccinations ont été consultées",
        ChangeCode.MajorityReached => "Vous êtes majeur : vérifiez vos consentements",
        ChangeCode.MajorityReachedForRepresentatives => "La personne est majeure : votre accès prend fin",
        _ => throw new ArgumentOutOfRangeException(nameof(code)),
    };
}
