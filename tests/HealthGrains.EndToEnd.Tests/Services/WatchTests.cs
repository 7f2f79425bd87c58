using Google.Protobuf.WellKnownTypes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Services;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class WatchTests : IAsyncLifetime
{
    private readonly PatientId _patientId = People.Patient(1);
    private readonly Wire.Patient _patient = People.Patient(1).ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _owner = _host.As(new Caller.Patient(_patientId));
        _doctor = _host.As(People.Doctor);
        await SubmitAsync(1);
        await _owner.OpenRecordAsync(_patient);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_watch_tells_what_was_then_what_comes()
    {
        await using var watch = _owner.Watch(_patient, 0);
        var first = await watch.NextAsync("the first document");
        Assert.Equal("AJOUT_DOCUMENT", first.Code);
        Assert.Equal(1, first.Sequence);
        Assert.Equal("2.999.7^1", first.Document.UniqueId);
        for (var i = 2; i <= 20; i++)
        {
            await SubmitAsync(i);
            var next = await watch.NextAsync($"document {i}");
            Assert.Equal(i, next.Sequence);
            Assert.Equal($"2.999.7^{i}", next.Document.UniqueId);
        }
    }

    [Fact]
    public async Task A_watch_resumed_anywhere_misses_nothing_and_repeats_nothing()
    {
        const int documents = 300;
        for (var i = 2; i <= documents; i++)
            await SubmitAsync(i);
        foreach (var cursor in new long[] { 0, 1, 199, 200, 201, 299 })
        {
            await using var watch = _doctor.Watch(_patient, cursor);
            for (var sequence = cursor + 1; sequence <= documents; sequence++)
                Assert.Equal(sequence, (await watch.NextAsync($"sequence {sequence}")).Sequence);
        }
    }

    [Fact]
    public async Task Changes_made_while_a_watch_begins_are_not_lost()
    {
        for (var round = 0; round < 20; round++)
        {
            var submitting = SubmitAsync(100 + round);
            await using var watch = _doctor.Watch(_patient, round + 1);
            await submitting;
            Assert.Equal(round + 2, (await watch.NextAsync($"the change of round {round}")).Sequence);
        }
    }

    [Fact]
    public async Task A_revocation_ends_an_open_watch_within_a_second()
    {
        await using var watch = _doctor.Watch(_patient, 0);
        await watch.NextAsync("the first document");
        var ending = watch.EndsWithAsync(RefusalCode.ConsentRequired);
        await _owner.RevokeAsync(_patient, People.DoctorId);
        var revoked = TimeProvider.System.GetTimestamp();
        Assert.Empty(await ending);
        Assert.True(TimeProvider.System.GetElapsedTime(revoked) < TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(RefusalCode.AccessBlocked)]
    [InlineData(RefusalCode.RecordClosed)]
    public async Task Losing_the_right_in_another_way_ends_it_too(RefusalCode code)
    {
        await using var watch = _doctor.Watch(_patient, 0);
        await watch.NextAsync("the first document");
        var ending = watch.EndsWithAsync(code);
        if (code == RefusalCode.AccessBlocked)
            await _owner.BlockAsync(_patient, People.DoctorId);
        else
            await _owner.CloseRecordAsync(_patient);
        Assert.Empty(await ending);
    }

    [Fact]
    public async Task What_is_submitted_after_a_revocation_reaches_nobody_without_a_right()
    {
        for (var round = 0; round < 20; round++)
        {
            await _owner.AuthorizeAsync(_patient, People.DoctorId);
            var cursor = (await _doctor.GetRecordAsync(_patient)).Sequence;
            await using var watch = _doctor.Watch(_patient, cursor);
            await SubmitAsync(1000 + (round * 2));
            await watch.NextAsync("a document before the revocation");
            await _owner.RevokeAsync(_patient, People.DoctorId);
            await SubmitAsync(1001 + (round * 2));
            Assert.Empty(await watch.EndsWithAsync(RefusalCode.ConsentRequired));
        }
    }

    [Fact]
    public async Task A_permit_that_ends_by_itself_ends_the_watch_with_it()
    {
        await _owner.AuthorizeAsync(new Wire.AuthorizeProfessionalRequest
        {
            Patient = _patient,
            Holder = new Wire.Holder { ProfessionalId = People.NurseId },
            End = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMilliseconds(1500)),
        });
        await using var watch = _host.As(People.Nurse).Watch(_patient, 0);
        await watch.NextAsync("the first document");
        Assert.Empty(await watch.EndsWithAsync(RefusalCode.ConsentRequired));
    }

    [Fact]
    public async Task A_watch_ends_with_its_callers_token()
    {
        var session = new CallerSession(People.Doctor, TimeProvider.System.GetUtcNow().AddMilliseconds(1500));
        await using var watch = _host.As(session).Watch(_patient, 0);
        await watch.NextAsync("the first document");
        Assert.Empty(await watch.EndsWithAsync(RefusalCode.NotAuthenticated));
    }

    [Fact]
    public async Task Who_may_not_read_does_not_watch()
    {
        await using var nurse = _host.As(People.Nurse).Watch(_patient, 0);
        await nurse.EndsWithAsync(RefusalCode.ConsentRequired);
        await using var other = _host.As(new Caller.Patient(People.Patient(2))).Watch(_patient, 0);
        await other.EndsWithAsync(RefusalCode.DelegationForbidden);
        await using var future = _doctor.Watch(_patient, long.MaxValue);
        await future.EndsWithAsync(RefusalCode.MetadataInvalid);
    }

    [Fact]
    public async Task The_newest_stream_of_one_identity_beyond_its_places_is_refused()
    {
        var open = new List<TestStream<Wire.RecordChange>>();
        try
        {
            for (var i = 0; i < ServiceLimits.StreamsPerIdentityMax; i++)
            {
                open.Add(_doctor.Watch(_patient, 0));
                await open[^1].NextAsync($"stream {i}");
            }

            Assert.Equal(ServiceLimits.StreamsPerIdentityMax, _host.Dependencies.Instruments!.RecordWatchers);
            await using (var newest = _doctor.Watch(_patient, 0))
                await newest.EndsWithAsync(RefusalCode.Overloaded);
            await using (var inbox = _doctor.WatchInbox(0))
                await inbox.EndsWithAsync(RefusalCode.Overloaded);
            await using (var somebodyElse = _owner.Watch(_patient, 0))
                await somebodyElse.NextAsync("another identity's stream");

            // The others go on.
            await SubmitAsync(2);
            foreach (var stream in open)
                Assert.Equal("2.999.7^2", (await stream.NextAsync("the second document")).Document.UniqueId);
        }
        finally
        {
            foreach (var stream in open)
                await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_watch_leaves_one_trace_for_what_it_tells_and_none_while_idle()
    {
        await using var watch = _doctor.Watch(_patient, 0);
        await watch.NextAsync("the first document");
        var version = await _host.VersionOfAsync(_patientId);
        for (var i = 0; i < 5; i++)
            _host.Dependencies.Feed.Publish(Grains.GrainIds.Of(_patientId));
        await SubmitAsync(2);
        await watch.NextAsync("the second document");
        Assert.Equal(version + 2, await _host.VersionOfAsync(_patientId));
    }

    private Task<Wire.Receipt> SubmitAsync(int n) =>
        _hospital.SubmitAsync(People.Document(_patientId, n.ToString(), $"text {n}"));
}
