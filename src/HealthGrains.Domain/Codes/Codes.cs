using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Notifications;

namespace HealthGrains.Domain.Codes;

/// <summary>What may be done with a document type.</summary>
public enum DocumentTypeStatus
{
    /// <summary>May be deposited.</summary>
    Current = 1,

    /// <summary>An older code, kept so that imported history stays readable; not for deposits.</summary>
    History = 2,

    /// <summary>Published, but never taken.</summary>
    Refused = 3,
}

/// <summary>A document type (typeCode): value set JDV_J07 joined to its class by mapping ASS_X04.</summary>
/// <param name="Code">LOINC when it is digits, dash, digit; otherwise a French code.</param>
/// <param name="Label">French.</param>
/// <param name="ClassCode">The class is deduced from the type, never taken from input.</param>
/// <param name="System">OID of the code system.</param>
/// <param name="Sensitive">A type that asks for particular care in tests and defaults.</param>
/// <param name="PatientOnly">Only the patient, or who acts for the patient, deposits it.</param>
/// <param name="ClassIsOurs">The published mapping has no class for it; the one here is our reading.</param>
public sealed record DocumentType(
    string Code,
    string Label,
    string ClassCode,
    string System,
    DocumentTypeStatus Status,
    bool Sensitive,
    bool PatientOnly,
    bool ClassIsOurs)
{
    public bool MayBeDeposited => Status == DocumentTypeStatus.Current;
}

/// <summary>A code with its French label and the OID of its system: classes, practice settings, facilities.</summary>
public sealed record CodedLabel(string Code, string Label, string System);

/// <summary>A profession, known by code and system together.</summary>
/// <param name="IsPerson">False for devices, automates and the like.</param>
public sealed record Profession(ProfessionCode Code, string Label, bool IsPerson);

/// <summary>How a document is structured (formatCode), told by its template and, at level 1, its body's media type.</summary>
public sealed record DocumentFormat(string TemplateId, string? MediaType, string Code, string System);

/// <summary>What a notification is about.</summary>
/// <param name="ForSender">An acknowledgement to a sender; otherwise it is for the patient's side.</param>
/// <param name="Mutable">Whether its reader may switch it off.</param>
/// <param name="Category">With which preference; null for what cannot be switched off.</param>
/// <param name="Urn">Names the code beyond this system; of our own namespace, since none is published.</param>
public sealed record NotificationCode(
    string Code, string Label, bool ForSender, bool Mutable, NotificationCategory? Category, string Urn);

/// <summary>One element of a label set: a level, or a visibility code.</summary>
public sealed record ConfidentialityCode(string Code, string Label, string System, bool IsLevel);
