using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>A professional who comes back after more than an inbox keeps at hand.</summary>
public sealed class UnreadInboxTests : IAsyncLifetime
{
    private const int Unread = 25_000;

    private ServiceHost _host = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _doctor = _host.As(People.Doctor);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Everything_unread_comes_in_pages_and_in_a_stream_without_a_gap()
    {
        var inbox = GrainIds.InboxOf(ProfessionalId.Parse(People.DoctorId));
        for (var position = 1; position <= Unread; position += 500)
        {
            await _host.Dependencies.Engine.AskAsync(
                inbox, new DeliverToInbox(0, position + 499, [.. Enumerable.Range(position, 500).Select(Told)]), default);
        }

        var first = await ReadAsync(0);
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), first.Items.Select(item => item.Sequence));
        Assert.Equal((200L, true), (first.NextSequence, first.HasMore));
        Assert.Equal(4_322, (await ReadAsync(4_321)).Items[0].Sequence);

        var cursor = 200L;
        using var enough = new CancellationTokenSource();
        await foreach (var item in _doctor.Stream<Wire.WatchInboxRequest, Wire.InboxItem>(
            "Inbox/WatchInbox", new Wire.WatchInboxRequest { AfterSequence = cursor }, enough.Token))
        {
            Assert.Equal(++cursor, item.Sequence);
            Assert.Equal(Told((int)cursor).At, item.At.ToDateTimeOffset());
            if (cursor == Unread)
                break;
        }

        Assert.Equal(Unread, cursor);
        await _doctor.CallAsync<Wire.AcknowledgeRequest, Wire.AcknowledgeResponse>(
            "Inbox/Acknowledge", new Wire.AcknowledgeRequest { UpToSequence = 300 });
        Assert.Equal(301, (await ReadAsync(300)).Items[0].Sequence);
        await Waiting.RefusedAsync(() => ReadAsync(299), RefusalCode.CursorExpired, "after_sequence");
    }

    private Task<Wire.ReadInboxResponse> ReadAsync(long after) => _doctor.CallAsync<Wire.ReadInboxRequest, Wire.ReadInboxResponse>(
        "Inbox/ReadInbox", new Wire.ReadInboxRequest { AfterSequence = after, PageSize = 200 });

    private static Delivery Told(int position) => new(
        position, DateTimeOffset.UnixEpoch.AddSeconds(position), ChangeCode.DocumentAdded, People.Patient(1),
        DocumentId.Of(new Guid(position, 5, 5, [5, 5, 5, 5, 5, 5, 5, 5])));
}
