using System.Collections.Frozen;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Access;

/// <summary>The habilitation matrix (matrice d'habilitation): which profession may read which type of document. Immutable;
/// what it does not list is denied.</summary>
/// <remarks>Source: order of 26 October 2023, profession × type. It bounds what an authorisation gives; the patient's side is
/// not bound by it.</remarks>
public sealed class AccessMatrix
{
    private static readonly Lazy<AccessMatrix> Embedded =
        new(() => AccessMatrixFile.Read(AccessMatrixFile.ReadShipped(), Codes.CodeSets.Current));

    private readonly FrozenDictionary<ProfessionCode, FrozenSet<string>> _types;

    internal AccessMatrix(
        string version, bool isOfficial, DateOnly legalDate, Dictionary<ProfessionCode, FrozenSet<string>> types)
    {
        Version = version;
        IsOfficial = isOfficial;
        LegalDate = legalDate;
        _types = types.ToFrozenDictionary();
    }

    /// <summary>The file that this assembly ships: a placeholder, not the annex of the order.</summary>
    public static AccessMatrix Shipped => Embedded.Value;

    /// <summary>As the file states it; every decision is recorded with it.</summary>
    public string Version { get; }

    /// <summary>False while the file calls itself a placeholder.</summary>
    public bool IsOfficial { get; }

    /// <summary>Of the text that the file stands for.</summary>
    public DateOnly LegalDate { get; }

    /// <summary>The professions that may read anything, in no order.</summary>
    public IEnumerable<ProfessionCode> Professions => _types.Keys;

    public bool Allows(ProfessionCode profession, string typeCode) =>
        _types.TryGetValue(profession, out var types) && types.Contains(typeCode);
}

/// <summary>Holds the matrix in force. A replacement is one step: a turn sees the old one or the new one, never both.</summary>
public sealed class AccessMatrixHolder(AccessMatrix matrix)
{
    private AccessMatrix _current = matrix;

    public AccessMatrix Current => Volatile.Read(ref _current);

    public void Replace(AccessMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Volatile.Write(ref _current, matrix);
    }
}
