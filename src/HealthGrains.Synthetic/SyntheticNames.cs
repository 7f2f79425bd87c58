namespace HealthGrains.Synthetic;

/// <summary>Invented names. Family names were composed from syllables; no list of persons was used.</summary>
internal static class SyntheticNames
{
    internal static readonly string[] Families =
    [
        "ABRELIN", "BALTHOREY", "BRENNOUR", "CASTELVIN", "CORMELLE", "DAUBRESSAN", "DELVANNIER", "ESPERIGNAN", "FAUVERNOT",
        "FLORIVAL-TEST", "GARDELLAC", "GRIMAUVERT", "HAUTEROSE", "ISAMBREUIL", "JOLIVERNE", "KERVADELLEC", "LAMORINIÈRE",
        "LANDREVOY", "MARTELLIN", "MONTESCOURE", "NAVERGUES", "NOIRVALLON", "ORMELLAC", "PERCEBOISE", "PLANTEROSE",
        "QUINSARGUES", "RAVINELLE", "ROCHEBRUNOY", "SABLONVILLE", "SEPTFONTS-ESSAI", "TERREBRUNE", "TOURNEMIRAC", "URVALLIER",
        "VALDRÔME-TEST", "VERDIGNY", "VILLERMOISE", "WALDEMBOURG", "XAINTRAILLAC", "YVERNAULT", "ZÉPHYRIN-ESSAI",
    ];

    internal static readonly string[] Women =
    [
        "ODILE", "CLÉMENCE", "MARGOT", "SOLÈNE", "AGATHE", "ROMANE", "INÈS", "HÉLOÏSE", "CAPUCINE", "NOÉMIE", "AÏCHA", "LISON",
        "MAËLLE", "VICTOIRE", "SUZANNE", "YASMINE",
    ];

    internal static readonly string[] Men =
    [
        "ELIAS", "GASPARD", "TANGUY", "CÔME", "AUGUSTIN", "BASILE", "LÉANDRE", "MALO", "NOÉ", "OCTAVE", "RAPHAËL", "SACHA",
        "TRISTAN", "ULYSSE", "VALÈRE", "KARIM",
    ];

    internal static readonly string[] Places =
    [
        "des Tilleuls", "du Vieux Pont", "de la Garenne", "des Trois Fontaines", "du Belvédère", "des Marronniers", "de la Source",
        "du Grand Pré", "des Remparts", "de la Colline", "du Moulin", "des Peupliers",
    ];
}
