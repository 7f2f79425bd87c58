using HealthGrains.Domain.Access;

namespace HealthGrains.Domain.Policies;

/// <summary>The parameters of the rules. Names follow the configuration: <c>Record:OpenOnFirstDeposit</c> is
/// <see cref="OpenOnFirstDeposit"/>.</summary>
public sealed record DomainPolicy
{
    public static readonly DomainPolicy Default = new();

    /// <summary><c>Record:OpenOnFirstDeposit</c>: a deposit opens a record that does not exist. Off in production, where
    /// records are opened by the national service.</summary>
    public bool OpenOnFirstDeposit { get; init; } = true;

    /// <summary><c>Submit:MaxClockSkew</c>: how far in the future a creation time may lie.</summary>
    public TimeSpan SubmitMaxClockSkew { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>Record:ReopenRestoresContent</c>: what was there before closing comes back with re-opening.</summary>
    public bool ReopenRestoresContent { get; init; }

    /// <summary><c>Authorization:DefaultDuration</c>: of an authorisation given without an end; null until revoked.</summary>
    public TimeSpan? AuthorizationDefaultDuration { get; init; }

    /// <summary><c>Labels:AllowMaskedAndInvisible</c>: whether a document may be hidden from professionals and from its
    /// patient at once.</summary>
    public bool AllowMaskedAndInvisible { get; init; }

    /// <summary><c>Matrix:File</c>: the habilitation matrix in force. A holder, because it is replaced while running.</summary>
    public AccessMatrixHolder Matrix { get; init; } = new(AccessMatrix.Shipped);
}
