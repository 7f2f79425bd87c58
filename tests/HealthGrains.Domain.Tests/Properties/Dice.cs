using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Tests.Records;
using static HealthGrains.Domain.Documents.ConfidentialityLabels;

namespace HealthGrains.Domain.Tests.Properties;

/// <summary>Draws moves in a world so small that everything meets everything.</summary>
internal sealed class Dice(int seed)
{
    private static readonly Actor[] Depositors =
    [
        Cast.HospitalSystem, Cast.HospitalSystem, Cast.HospitalSystem, Cast.ClinicSystem,
        Actor.Facility(Cast.InterfaceCompany, Cast.Hospital), Actor.Facility(Cast.InterfaceCompany, Cast.Clinic), Cast.Gp,
    ];

    private static readonly Actor[] Authors =
    [
        Cast.HospitalDoctor, Cast.HospitalDoctor, Cast.HospitalDoctor, Cast.Gp, Cast.HospitalDoctor.In(default),
        Cast.Gp.In(Cast.Clinic),
    ];

    private static readonly ConfidentialityLabels[] Labels =
    [
        None, None, None, MaskedFromProfessionals, HiddenFromPatient, HiddenFromRepresentatives,
        MaskedFromProfessionals | HiddenFromRepresentatives, MaskedFromProfessionals | HiddenFromPatient,
    ];

    /// <summary>The hats in which somebody may try to read.</summary>
    public static readonly Actor[] Professionals =
    [
        Cast.Gp, Cast.Gp.In(Cast.OfficeB), Cast.GpColleague, Cast.Specialist, Cast.HospitalDoctor, Cast.Gp.In(default),
    ];

    public static readonly StructureId[] Structures = [Cast.OfficeA, Cast.OfficeB, Cast.Hospital];

    public static readonly string[] Names = ["a", "b", "c", "d", "e", "f", "g", "h"];

    /// <summary>Whoever may come with the token of a delegate.</summary>
    public static readonly Actor[] Delegates = [Cast.Parent, Cast.Delegate("parent-2"), Cast.Carer, Cast.Delegate("carer-2")];

    private readonly Random _random = new(seed);

    // An adult, a child, and somebody who comes of age in the first day of the story.
    private readonly string _born = new[] { "19790315", "20150224", "20080303" }[(seed & int.MaxValue) % 3];

    public int Next(int below) => _random.Next(below);

    public Move Move()
    {
        var reader = Chance(3) ? Actor.Patient : Chance(3) ? Of(Delegates) : Of(Professionals);
        var side = Chance(3) ? Of(Delegates) : Actor.Patient;
        return Next(130) switch
        {
            >= 127 => new PassMove(Chance(4) ? 1_000 + Next(60) : 24 + Next(60)),
            >= 124 => new MaskMove(!Chance(3), Chance(2) ? Of(Names) + " " + Of(Names) : null, Maybe()),
            >= 120 => new DutiesMove(),
            >= 118 => new FamilyDoctorMove(Chance(3) ? null : Cast.IdOf(Of(Professionals))),
            >= 116 => new AdministratorMove(Cast.IdOf(Of(Professionals)), !Chance(3), side),
            >= 109 => Delegation(),
            >= 102 => new AnswerMove(!Chance(4), Chance(5) ? Of(Professionals) : Of(Delegates)),
            >= 100 => new EndDelegateMove(
                1 + Next(4), Chance(5) ? Cast.Insurance : Chance(4) ? Of(Professionals) : side),
            < 32 => Submit(),
            < 36 => new LabelsMove(Of(Names), Of(Labels), Chance(6), reader),
            < 40 => new WithdrawMove(Of(Names), Chance(3) ? Of(Names) : null, Of(Depositors)),
            < 47 => Permit(),
            < 52 => Revoke(),
            < 55 => new BlockMove(Cast.IdOf(Of(Professionals)), Chance(3) ? Of(Professionals) : side),
            < 58 => new UnblockMove(Cast.IdOf(Of(Professionals))),
            < 62 => new OpenMove(Chance(5) ? side : Actor.Patient),
            < 64 => new CloseMove(Chance(3), Chance(2) ? side : Actor.Patient),
            < 70 => new FollowMove(Of(Professionals)),
            < 71 when Chance(2) => new AnnounceMove(),
            < 71 => new UnfollowMove(Of(Professionals)),
            < 72 => new EmergencyMove(Maybe(), Maybe(), Maybe(), side),
            < 75 => new GetRecordMove(reader) { Entrance = Way() },
            < 80 => new ListMove(reader, Chance(2), Chance(3)) { Entrance = Way() },
            < 89 => new ReadMove(reader, Of(Names), Chance(2)) { Entrance = Way() },
            < 92 => new ChangesMove(reader) { Entrance = Way() },
            < 93 => new ConsentsMove(side),
            < 94 => new AccessesMove(side),
            < 97 => new MayKnowMove(Of(Professionals), Of(Names)),
            _ => new PassMove(1 + Next(30)),
        };
    }

    private SubmitMove Submit()
    {
        var name = Of(Names);
        return new SubmitMove(name, Of(Depositors), Of(Authors))
        {
            Content = name + (Chance(12) ? " other" : ""),
            Body = Chance(2) ? null : "body " + Next(2),
            Labels = Of(Labels),
            Type = Chance(10) ? "11369-6" : Chance(2) ? "68599-0" : "11502-2",
            Replaces = Chance(2) ? Of(Names) : null,
            TwinOf = Chance(4) ? Of(Names) : null,
            LabelsOnly = Chance(3),
            Opposed = Chance(25),
            ValidateOnly = Chance(15),
            ActYears = Chance(4) ? -3 : 0,
            Born = _born,
        };
    }

    private PermitMove Permit()
    {
        var organization = Chance(3);
        return new PermitMove(
            organization ? Of(Structures).ToString() : Of(Professionals).Id,
            organization,
            Chance(5) ? Next(20) - 10 : null,
            Chance(3) ? Next(40) - 5 : null,
            Chance(4) ? Of(Delegates) : Actor.Patient);
    }

    private RevokeMove Revoke()
    {
        var organization = Chance(2);
        return new RevokeMove(
            Chance(3) ? 1 + Next(6) : null,
            organization ? Of(Structures).ToString() : Of(Professionals).Id,
            organization,
            Chance(3));
    }

    private DelegateMove Delegation()
    {
        var (kind, subject) = Next(5) switch
        {
            0 => (DelegationKind.HealthcareProfessional, Of(Professionals).Id),
            1 or 2 => (DelegationKind.LegalRepresentation, Of(Delegates).Id),
            _ => (DelegationKind.Caregiving, Of(Delegates).Id),
        };
        var insurance = kind == DelegationKind.LegalRepresentation ? !Chance(3) : Chance(12);
        return new DelegateMove(
            subject, kind, Chance(4) ? Next(60) - 5 : null,
            insurance ? Cast.Insurance : Chance(3) ? Of(Delegates) : Actor.Patient)
        {
            Born = insurance && !Chance(4) ? _born : "",
        };
    }

    private Entrance Way() => Next(8) switch
    {
        0 => new Entrance(AccessMode.Emergency, Chance(4) ? "" : "coma", Chance(2)),
        1 => new Entrance(AccessMode.RegulationCentre, Chance(4) ? "" : "15", !Chance(3)),
        2 => Entrance.Normal with { IsSecret = true },
        _ => Entrance.Normal,
    };

    private bool? Maybe() => Next(3) switch
    {
        0 => null,
        1 => true,
        _ => false,
    };

    private bool Chance(int oneIn) => Next(oneIn) == 0;

    private T Of<T>(T[] all) => all[Next(all.Length)];
}
