using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>One thing that somebody does in a random sequence. Plain data, so that the record and the naive model are asked
/// the same.</summary>
internal abstract record Move;

internal sealed record SubmitMove(string Name, Actor By, Actor Author) : Move
{
    public string Content { get; init; } = "";

    public string? Body { get; init; }

    public ConfidentialityLabels Labels { get; init; }

    public string Type { get; init; } = "11502-2";

    public string? Replaces { get; init; }

    public string? TwinOf { get; init; }

    public bool LabelsOnly { get; init; }

    public bool Opposed { get; init; }

    public bool ValidateOnly { get; init; }

    public int ActYears { get; init; }

    /// <summary>yyyyMMdd, as a document with a header states it.</summary>
    public string Born { get; init; } = "";
}

internal sealed record LabelsMove(string Name, ConfidentialityLabels Labels, bool Stale, Actor By) : Move;

internal sealed record WithdrawMove(string Name, string? TwinOf, Actor By) : Move;

internal sealed record PermitMove(string Holder, bool IsOrganization, int? StartHours, int? EndHours, Actor By) : Move;

internal sealed record RevokeMove(int? Number, string Holder, bool IsOrganization, bool Deny) : Move;

internal sealed record BlockMove(ProfessionalId Professional, Actor By) : Move;

internal sealed record UnblockMove(ProfessionalId Professional) : Move;

internal sealed record OpenMove(Actor By) : Move;

internal sealed record CloseMove(bool DeletionRequested, Actor By) : Move;

internal sealed record FollowMove(Actor By) : Move;

internal sealed record UnfollowMove(Actor By) : Move;

internal sealed record GetRecordMove(Actor By) : Move
{
    public Entrance Entrance { get; init; } = Entrance.Normal;
}

internal sealed record EmergencyMove(bool? Regulation, bool? Glass, bool? Masked, Actor By) : Move;

internal sealed record ListMove(Actor By, bool All, bool Relevant) : Move
{
    public Entrance Entrance { get; init; } = Entrance.Normal;
}

internal sealed record ReadMove(Actor By, string Name, bool Content) : Move
{
    public Entrance Entrance { get; init; } = Entrance.Normal;
}

internal sealed record ChangesMove(Actor By) : Move
{
    public Entrance Entrance { get; init; } = Entrance.Normal;
}

internal sealed record DutiesMove : Move;

/// <param name="Names">Null for all.</param>
internal sealed record MaskMove(bool Masked, string? Names, bool? Future) : Move;

internal sealed record AnnounceMove : Move;

internal sealed record AccessesMove(Actor By) : Move;

internal sealed record ConsentsMove(Actor By) : Move;

internal sealed record AdministratorMove(ProfessionalId Professional, bool Is, Actor By) : Move;

internal sealed record FamilyDoctorMove(ProfessionalId? Professional) : Move;

internal sealed record DelegateMove(string Subject, DelegationKind Kind, int? EndHours, Actor By) : Move
{
    /// <summary>yyyyMMdd, as health insurance states it; empty when it does not.</summary>
    public string Born { get; init; } = "";
}

internal sealed record AnswerMove(bool Accept, Actor By) : Move;

internal sealed record EndDelegateMove(int Number, Actor By) : Move;

internal sealed record MayKnowMove(Actor Reader, string Name) : Move;

internal sealed record PassMove(int Hours) : Move;
