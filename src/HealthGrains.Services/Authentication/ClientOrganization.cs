using System.Security.Cryptography.X509Certificates;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Services.Authentication;

/// <summary>The structure that a client certificate speaks for.</summary>
/// <remarks>An organisation certificate of the French health PKI (class ORG_AUTH_CLI) has a Struct_IdNat in the <c>OU</c> of
/// its subject. Its chain, usage and revocation are the listener's to check, before any call.</remarks>
internal static class ClientOrganization
{
    private const string OrganizationalUnit = "2.5.4.11";

    /// <returns>False if the subject names no structure, or more than one.</returns>
    public static bool TryRead(X509Certificate2 certificate, IdentityRules rules, out StructureId structure)
    {
        structure = default;
        foreach (var name in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            // A name of several parts could be read in several ways.
            if (name.HasMultipleElements) return false;
            if (name.GetSingleElementType().Value != OrganizationalUnit) continue;
            if (!StructureId.TryParse(name.GetSingleElementValue(), rules, out var unit)) continue;
            if (!structure.IsNone) return false;
            structure = unit;
        }

        return !structure.IsNone;
    }
}
