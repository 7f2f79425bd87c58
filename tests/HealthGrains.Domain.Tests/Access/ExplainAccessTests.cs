using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Consent;
using HealthGrains.Domain.Patients;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Access;

/// <summary>What an explanation costs: it is a turn, and nobody else of that shard is answered meanwhile.</summary>
public sealed class ExplainAccessTests
{
    [Fact]
    public void Of_many_who_might_read_as_many_are_explained_as_are_shown_and_the_rest_is_counted()
    {
        var record = TestRecord.Activated();
        var id = record.Submit("report");
        for (var i = 0; i < AuthorizeProfessional.ActiveMax; i++)
            record.Happened(Permit(record, i + 10));

        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var explained = record.Ask(new ExplainAccess(Actor.Patient, null, id, Entrance.Normal, null)).Value;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.Equal(ExplainAccess.ViewersMax, explained.Viewers.Count);

        // The author, and the two ways in of an emergency.
        Assert.Equal(AuthorizeProfessional.ActiveMax + 1 + 2 - ExplainAccess.ViewersMax, explained.LeftOut);

        // One path of findings for each of ten thousand is several times this.
        Assert.InRange(allocated, 1, 5_000_000);
    }

    private static AuthorizationGranted Permit(TestRecord record, int number) => new(record.Now, Actor.Patient, new Authorization(
        number - 9, HolderKind.Professional, Cast.Rpps(number).ToString(), true, AuthorizationBasis.Patient, record.Now, null, false));
}
