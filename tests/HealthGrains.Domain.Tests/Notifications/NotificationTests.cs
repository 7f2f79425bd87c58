using HealthGrains.Domain.Access;
using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Codes;
using HealthGrains.Domain.Documents;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Tests.Records;

namespace HealthGrains.Domain.Tests.Notifications;

/// <summary>The codes of what a patient is told, and what the patient does not want to be alerted of.</summary>
public sealed class NotificationTests
{
    private readonly TestRecord _record = TestRecord.Activated();

    [Fact]
    public void Every_code_has_a_label_and_a_urn_in_the_data_file_and_one_cannot_be_muted()
    {
        foreach (var code in Enum.GetValues<ChangeCode>())
        {
            var described = ChangeCodes.Described(code);
            Assert.False(described.ForSender);
            Assert.NotEmpty(described.Label);
            Assert.Equal("urn:healthgrains:notification:" + described.Code, described.Urn);
            Assert.Equal(code != ChangeCode.EmergencyAccess, described.Mutable);
        }

        var urns = CodeSets.Current.Notifications.All.Select(code => code.Urn).ToList();
        Assert.Equal(urns.Count, urns.Distinct().Count());
    }

    [Theory]
    [InlineData("11502-2", ChangeCode.DocumentAdded, ChangeCode.DocumentConsulted)]
    [InlineData("87273-9", ChangeCode.DocumentAdded, ChangeCode.DocumentConsulted)]
    [InlineData("96874-3", ChangeCode.DocumentAdded, ChangeCode.DocumentConsulted)]
    [InlineData("11369-6", ChangeCode.DocumentAdded, ChangeCode.VaccinationConsulted)]
    public void Every_document_is_a_new_document_and_the_vaccination_book_has_a_word_of_its_own_when_read(string type, ChangeCode added, ChangeCode read)
    {
        _record.Permit(Cast.Gp);
        var id = _record.Accept(_record.Submission("one", type: type));
        Assert.Null(_record.Read(Cast.Gp, id, content: true).Refusal);

        Assert.Equal([added, ChangeCode.RecordAccessed, read], Told().Select(item => item.Code));
    }

    [Fact]
    public void A_withdrawal_and_a_new_version_are_told_and_the_first_access_of_a_day_once()
    {
        _record.Permit(Cast.Gp);
        var first = _record.Submit("first");
        _record.Submit("second", replaces: "first");
        _record.Withdraw("second");
        for (var i = 0; i < 2; i++)
            _record.Read(Cast.Gp, first);
        _record.Pass(TimeSpan.FromDays(1));
        _record.Read(Cast.Gp, first);

        Assert.Equal(
            [
                ChangeCode.DocumentAdded, ChangeCode.DocumentModified, ChangeCode.DocumentWithdrawn, ChangeCode.RecordAccessed,
                ChangeCode.RecordAccessed,
            ],
            Told().Select(item => item.Code));
    }

    [Fact]
    public void What_is_muted_keeps_its_place_and_its_trace_and_alerts_nobody()
    {
        _record.Permit(Cast.Gp);
        var view = _record.Ask(Muting(NotificationCategory.Document)).Value;
        Assert.Equal([NotificationCategory.Document], view.Notifications.Muted);
        var id = _record.Submit("one");
        _record.Read(Cast.Gp, id, content: true);
        _record.Read(Cast.Specialist, id, content: true, new Entrance(AccessMode.Emergency, "coma", false));

        Assert.Equal([1L, 2L, 3L, 4L], Told().Select(item => item.Sequence));
        Assert.Equal([true, true, true, false], Told().Select(item => item.IsSilent));
        Assert.Equal(2, _record.State.PatientAccesses.Count);

        // A preference is for what happens from then on.
        _record.Ask(new SetNotificationPreferences(new Dictionary<NotificationCategory, bool>
        {
            [NotificationCategory.Document] = false,
            [NotificationCategory.Screening] = true,
        }));
        _record.Submit("two");
        Assert.Equal([true, true, true, false, false], Told().Select(item => item.IsSilent));
        Assert.Equal([NotificationCategory.Screening], _record.State.Preferences.Muted);
        _record.Restart();
        Assert.Equal([true, true, true, false, false], Told().Select(item => item.IsSilent));
    }

    [Fact]
    public void Asking_changes_nothing_and_saying_the_same_again_neither()
    {
        Assert.Empty(_record.AskQuietly(new SetNotificationPreferences(
            new Dictionary<NotificationCategory, bool>())).Value.Notifications.Muted);
        _record.Ask(Muting(NotificationCategory.Message));
        _record.AskQuietly(Muting(NotificationCategory.Message));
        Assert.Equal(RefusalCode.RecordNotActivated, TestRecord.Open().AskInVain(Muting(NotificationCategory.Message)).Code);
    }

    private static SetNotificationPreferences Muting(NotificationCategory category) =>
        new(new Dictionary<NotificationCategory, bool> { [category] = true });

    private IReadOnlyList<FeedItem> Told() => _record.State.PatientFeed.After(0, 100);
}
