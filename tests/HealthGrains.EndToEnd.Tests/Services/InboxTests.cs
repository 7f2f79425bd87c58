using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class InboxTests : IAsyncLifetime
{
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _doctor = _host.As(People.Doctor);
        for (var n = 1; n <= 3; n++)
        {
            var patient = People.Patient(n).ToWire();
            await Owner(n).OpenRecordAsync(patient);
            await Owner(n).AuthorizeAsync(patient, People.DoctorId);
            await _doctor.FollowAsync(patient);
        }
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_follower_is_told_and_acknowledges()
    {
        Assert.True((await _doctor.FollowAsync(People.Patient(1).ToWire())).AlreadySo);
        await using var watch = _doctor.WatchInbox(0);
        var receipt = await _hospital.SubmitAsync(People.Document(People.Patient(1)));
        Assert.Equal(2, receipt.Recipients);
        var told = await watch.NextAsync("the news of the document");
        Assert.Equal(1, told.Sequence);
        Assert.Equal("AJOUT_DOCUMENT", told.Code);
        Assert.Equal(receipt.DocumentId, told.DocumentId);
        Assert.Equal(People.Patient(1).ToWire(), told.Patient);

        await _hospital.WithdrawAsync(People.Withdrawal(People.Patient(1)));
        Assert.Equal("SUPP_DOC", (await watch.NextAsync("the news of the withdrawal")).Code);

        Assert.Equal(2, (await _doctor.AcknowledgeAsync(2)).AcknowledgedSequence);
        Assert.Equal(2, (await _doctor.AcknowledgeAsync(1)).AcknowledgedSequence);
        await Waiting.RefusedAsync(() => _doctor.AcknowledgeAsync(3), RefusalCode.MetadataInvalid, "up_to_sequence");
        Assert.Equal(2, (await _doctor.ReadInboxAsync(2)).AcknowledgedSequence);
    }

    [Fact]
    public async Task News_of_a_lost_right_is_a_tombstone_in_its_place()
    {
        var expected = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            var n = (i % 3) + 1;
            var receipt = await _hospital.SubmitAsync(People.Document(People.Patient(n), $"{i}", $"text {i}"));
            expected.Add(n == 2 ? "" : receipt.DocumentId);
        }

        // Until all of it is delivered.
        await using (var all = _doctor.WatchInbox(0))
        {
            for (var i = 0; i < 9; i++)
                Assert.Equal("AJOUT_DOCUMENT", (await all.NextAsync($"item {i}")).Code);
        }

        await Owner(2).RevokeAsync(People.Patient(2).ToWire(), People.DoctorId);
        var page = await _doctor.ReadInboxAsync(0);
        Assert.Equal(Enumerable.Range(1, 9).Select(n => (long)n), page.Items.Select(item => item.Sequence));
        Assert.Equal(expected.Order(), page.Items.Select(item => item.DocumentId).Order());
        Assert.Equal(3, page.Items.Count(item => item.Code == "NOTIFICATION_WITHDRAWN"));
        Assert.All(page.Items, item => Assert.Equal(item.Code == "NOTIFICATION_WITHDRAWN", item.Patient is null));
        Assert.DoesNotContain(page.Items, item => item.Patient?.Ins == People.Patient(2).Number);

        await using var watch = _doctor.WatchInbox(0);
        for (var i = 0; i < 9; i++)
            Assert.Equal(page.Items[i], await watch.NextAsync($"item {i} again"));
    }

    [Fact]
    public async Task Pages_of_an_inbox_are_dense_and_resume_anywhere()
    {
        for (var i = 0; i < 70; i++)
            await _hospital.SubmitAsync(People.Document(People.Patient((i % 3) + 1), $"{i}", $"text {i}"));
        await using (var watch = _doctor.WatchInbox(0))
        {
            for (var i = 1; i <= 70; i++)
                Assert.Equal(i, (await watch.NextAsync($"item {i}")).Sequence);
        }

        await using (var later = _doctor.WatchInbox(60))
            Assert.Equal(61, (await later.NextAsync("item 61")).Sequence);
        var page = await _doctor.ReadInboxAsync(0);
        Assert.Equal(50, page.Items.Count);
        Assert.True(page.HasMore);
        page = await _doctor.ReadInboxAsync(page.NextSequence, 200);
        Assert.Equal(20, page.Items.Count);
        Assert.False(page.HasMore);
        foreach (var cursor in new[] { 71L, -1, long.MaxValue })
            await Waiting.RefusedAsync(() => _doctor.ReadInboxAsync(cursor), RefusalCode.MetadataInvalid, "after_sequence");
    }

    [Fact]
    public async Task Following_needs_a_right_and_unfollowing_none()
    {
        var patient = People.Patient(1).ToWire();
        await Waiting.RefusedAsync(() => _host.As(People.Nurse).FollowAsync(patient), RefusalCode.ConsentRequired);
        Assert.True((await _host.As(People.Nurse).UnfollowAsync(patient)).AlreadySo);
        await Owner(1).RevokeAsync(patient, People.DoctorId);
        Assert.False((await _doctor.UnfollowAsync(patient)).AlreadySo);
        await _hospital.SubmitAsync(People.Document(People.Patient(1)));
        var second = await _hospital.SubmitAsync(People.Document(People.Patient(2)));
        await using var watch = _doctor.WatchInbox(0);
        Assert.Equal(second.DocumentId, (await watch.NextAsync("the second patient's news")).DocumentId);
    }

    [Fact]
    public async Task An_inbox_is_ones_own()
    {
        await _hospital.SubmitAsync(People.Document(People.Patient(1)));
        await using (var watch = _doctor.WatchInbox(0))
            await watch.NextAsync("the news");
        Assert.Empty((await _host.As(People.Nurse).ReadInboxAsync(0)).Items);
    }

    private TestClient Owner(int n) => _host.As(new Caller.Patient(People.Patient(n)));
}
