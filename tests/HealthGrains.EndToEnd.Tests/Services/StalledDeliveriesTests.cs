using System.Diagnostics;
using HealthGrains.Domain.Agendas;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>The list of what cannot be delivered, and trying it again, as an operator sees them.</summary>
public sealed class StalledDeliveriesTests : IAsyncLifetime
{
    private static readonly PatientId Patient = People.Patient(1);
    private static readonly Guid AnotherRouter = new(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]);

    private ServiceHost _host = null!; // ! set before each test
    private TestClient _operator = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync(change: dependencies => dependencies with { WakeDelivery = Wake });
        _operator = _host.As(People.Operator);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task What_is_held_up_is_listed_tried_again_and_told_once_and_in_order()
    {
        var owner = _host.As(new Caller.Patient(Patient));
        var doctor = _host.As(People.Doctor);
        await owner.OpenRecordAsync(Patient.ToWire());
        await owner.AuthorizeAsync(Patient.ToWire(), People.DoctorId);
        await doctor.FollowAsync(Patient.ToWire());
        var inbox = GrainIds.InboxOf(ProfessionalId.Parse(People.DoctorId));
        var isHeldUp = true;
        for (var i = 0; i < 500; i++)
            _host.Store.Faults.FailNextAppend(JournalFault.Away, turn => Volatile.Read(ref isHeldUp) && turn.Journal == inbox);
        var hospital = _host.As(People.HospitalSystem);
        var receipts = new List<Wire.Receipt>();
        for (var i = 1; i <= 5; i++)
            receipts.Add(await hospital.SubmitAsync(People.Document(Patient, "" + i, "content " + i)));

        await UntilAsync(() => _host.Router.Stalled == 1, "setting aside");
        var page = await ListAsync(new Wire.ListStalledDeliveriesRequest());
        var line = Assert.Single(page.Deliveries);
        Assert.Equal(1, page.Total);
        Assert.Equal((Wire.StallKind.Quarantined, "STORE_AWAY"), (line.Kind, line.Reason));
        Assert.Equal(receipts[0].DocumentId, line.DocumentId);
        Assert.Equal((receipts[0].Shard, receipts[0].Position), (line.Shard, line.Position));
        Assert.Equal(receipts[0].AcceptedAt, line.AcceptedAt);
        Assert.Equal(People.Hospital, line.Producer);
        Assert.DoesNotContain(Patient.Number, page.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(People.DoctorId, page.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await _operator.CallAsync<Wire.GetStatusRequest, Wire.GetStatusResponse>(
            "Operations/GetStatus", new Wire.GetStatusRequest())).Alarms);

        // Nothing is mended yet.
        var request = new Wire.RedriveDeliveriesRequest { DeliveryIds = { line.DeliveryId, line.DeliveryId } };
        var counted = await RedriveAsync(new Wire.RedriveDeliveriesRequest(request) { DryRun = true });
        Assert.Equal((1, 0, 0), (counted.Selected, counted.Delivered, counted.StillStalled));
        var failed = await RedriveAsync(request);
        Assert.Equal((1, 0, 1), (failed.Selected, failed.Delivered, failed.StillStalled));
        Volatile.Write(ref isHeldUp, false);
        var done = await RedriveAsync(new Wire.RedriveDeliveriesRequest());
        Assert.Equal((1, 1, 0), (done.Selected, done.Delivered, done.StillStalled));

        await UntilAsync(() => _host.Router.Stalled == 0, "coming back");
        Assert.Empty((await ListAsync(new Wire.ListStalledDeliveriesRequest())).Deliveries);
        var told = await doctor.CallAsync<Wire.ReadInboxRequest, Wire.ReadInboxResponse>("Inbox/ReadInbox", new Wire.ReadInboxRequest());
        Assert.Equal(receipts.Select(receipt => receipt.DocumentId), told.Items.Select(item => item.DocumentId));
        await Waiting.RefusedAsync(() => RedriveAsync(request), RefusalCode.TargetNotFound, "delivery_ids");
    }

    [Fact]
    public async Task The_list_goes_through_all_shards_oldest_first_by_pages()
    {
        var planted = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            _host.Pass(TimeSpan.FromMilliseconds(i % 3 == 0 ? 0 : 10));
            var shard = i * 7 % _host.Store.Shards;
            var held = new HeldDelivery(
                "inbox/8997000000" + (10 + i), 40 + i, _host.Dependencies.Time.GetUtcNow(), null, Patient, default, "STORE_AWAY");
            var ticket = (await _host.Dependencies.Engine.AskAsync(
                GrainIds.AgendaOf(shard), new SetDeliveryAside(AnotherRouter, held, 7), default)).Value.Ticket!; // ! there is room
            planted.Add($"{shard}-{ticket.Number}");
            if (i % 5 == 0)
            {
                _host.Pass(DomainPolicy.Default.DeliveryDeadline);
                await _host.Dependencies.Engine.AskAsync(
                    GrainIds.AgendaOf(shard), new NoteDelivery(AnotherRouter, ticket.Number, held, 8), default);
            }
        }

        Assert.Equal(planted, await AllAsync(Wire.StallKind.Unspecified, 4));
        Assert.Equal(planted, await AllAsync(Wire.StallKind.Unspecified, 0));
        Assert.Equal(planted.Where((_, i) => i % 5 == 0), await AllAsync(Wire.StallKind.NotTakenIn, 2));
        Assert.Equal(planted.Where((_, i) => i % 5 != 0), await AllAsync(Wire.StallKind.Quarantined, 3));
        Assert.Empty(await AllAsync(Wire.StallKind.MisroutingSuspected, 3));

        var first = await ListAsync(new Wire.ListStalledDeliveriesRequest { PageSize = 4 });
        await Waiting.RefusedAsync(
            () => ListAsync(new Wire.ListStalledDeliveriesRequest { PageToken = first.NextPageToken, Kind = Wire.StallKind.Quarantined }),
            RefusalCode.MetadataInvalid,
            "page_token");
    }

    [Fact]
    public async Task A_misrouting_is_listed_until_one_of_its_documents_is_withdrawn()
    {
        var hospital = _host.As(People.HospitalSystem);
        var first = await hospital.SubmitAsync(People.Document(Patient));
        var second = await hospital.SubmitAsync(People.Document(People.Patient(2)));
        Wire.ListStalledDeliveriesResponse? page = null;
        await UntilAsync(
            async () => (page = await ListAsync(
                new Wire.ListStalledDeliveriesRequest { Kind = Wire.StallKind.MisroutingSuspected })).Deliveries.Count == 1,
            "listing a misrouting");
        var line = Assert.Single(page!.Deliveries); // ! waited for
        Assert.Contains(line.DocumentId, new[] { first.DocumentId, second.DocumentId });
        var request = new Wire.RedriveDeliveriesRequest { DeliveryIds = { line.DeliveryId } };

        Assert.Equal(1, (await RedriveAsync(request)).StillStalled);
        await hospital.WithdrawAsync(People.Withdrawal(People.Patient(2)));
        Assert.Equal(1, (await RedriveAsync(request)).Delivered);
        Assert.Equal(0, (await ListAsync(new Wire.ListStalledDeliveriesRequest())).Total);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-5")]
    [InlineData("256-1")]
    [InlineData("1-x")]
    [InlineData("1-99999999999999999999")]
    public async Task What_is_no_id_of_an_alarm_is_refused(string id) => await Waiting.RefusedAsync(
        () => RedriveAsync(new Wire.RedriveDeliveriesRequest { DeliveryIds = { id } }), RefusalCode.MetadataInvalid, "delivery_ids");

    [Fact]
    public async Task More_ids_than_a_call_may_have_are_refused()
    {
        var request = new Wire.RedriveDeliveriesRequest();
        request.DeliveryIds.AddRange(Enumerable.Range(1, 201).Select(i => "0-" + i));
        await Waiting.RefusedAsync(() => RedriveAsync(request), RefusalCode.MetadataInvalid, "delivery_ids");
        await Waiting.RefusedAsync(
            () => ListAsync(new Wire.ListStalledDeliveriesRequest { Kind = (Wire.StallKind)9 }), RefusalCode.MetadataInvalid, "kind");
    }

    private void Wake(int shard, string recipient) => _host.Router.Wake(shard, recipient);

    private async Task<IReadOnlyList<string>> AllAsync(Wire.StallKind kind, int pageSize)
    {
        var ids = new List<string>();
        var request = new Wire.ListStalledDeliveriesRequest { Kind = kind, PageSize = pageSize };
        do
        {
            var page = await ListAsync(request);
            ids.AddRange(page.Deliveries.Select(line => line.DeliveryId));
            Assert.True(page.Deliveries.Count <= (pageSize == 0 ? 50 : pageSize));
            Assert.All(page.Deliveries, line => Assert.True(kind == Wire.StallKind.Unspecified || line.Kind == kind));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return ids;
    }

    private Task<Wire.ListStalledDeliveriesResponse> ListAsync(Wire.ListStalledDeliveriesRequest request) =>
        _operator.CallAsync<Wire.ListStalledDeliveriesRequest, Wire.ListStalledDeliveriesResponse>(
            "Operations/ListStalledDeliveries", request);

    private Task<Wire.RedriveDeliveriesResponse> RedriveAsync(Wire.RedriveDeliveriesRequest request) =>
        _operator.CallAsync<Wire.RedriveDeliveriesRequest, Wire.RedriveDeliveriesResponse>("Operations/RedriveDeliveries", request);

    private static Task UntilAsync(Func<bool> condition, string phase) =>
        UntilAsync(() => Task.FromResult(condition()), phase);

    private static async Task UntilAsync(Func<Task<bool>> condition, string phase)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60), $"This did not come: {phase}.");
            await Task.Delay(20);
        }
    }
}
