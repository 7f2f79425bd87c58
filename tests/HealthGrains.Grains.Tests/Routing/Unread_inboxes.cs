using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Inboxes;
using HealthGrains.Domain.Notifications;
using HealthGrains.Domain.Tests.Records;
using HealthGrains.Grains.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;
using HealthGrains.Grains.Turns;
using HealthGrains.Testing.Clocks;
using Xunit.Abstractions;

namespace HealthGrains.Grains.Tests.Routing;

/// <summary>A professional who never acknowledges: the inbox stays small, and nothing of it is lost.</summary>
public sealed class Unread_inboxes(ITestOutputHelper output)
{
    private const int Unread = 100_000;

    private readonly MemoryJournalMedium _medium = new(shards: 1);

    [Fact]
    public async Task A_reader_who_comes_late_gets_every_line_and_snapshot_and_memory_stay_bounded()
    {
        await using var process = new RoutedProcess(_medium, new ManualTimeProvider());
        var inbox = GrainIds.InboxOf(Cast.IdOf(Cast.Gp));
        for (var position = 1; position <= Unread; position += 100)
        {
            await process.Engine.AskAsync(
                inbox, new DeliverToInbox(0, position + 99, [.. Enumerable.Range(position, 100).Select(Told)]), default);
        }

        // A process that comes later, from the journal alone and from a snapshot.
        var recovered = await GrainRecovery.RecoverAsync(inbox, 0, InboxModel.Instance, process.Store, default);
        var snapshot = InboxModel.Instance.EncodeSnapshot(recovered.State);
        output.WriteLine($"{Unread:N0} unread lines: {recovered.State.Lines.Count:N0} in the state, a snapshot of {snapshot.Length:N0} bytes");
        var everything = InboxState.Restore(
            recovered.State.Taken, 0, Enumerable.Range(1, Unread).Select(Told), 0, Enumerable.Repeat(1L, Unread));
        var whole = InboxModel.Instance.EncodeSnapshot(everything);
        output.WriteLine($"with all of them in the state: a snapshot of {whole.Length:N0} bytes");
        Assert.True(whole.Length > 4 * snapshot.Length);
        Assert.InRange(recovered.State.Lines.Count, InboxState.Kept, 2 * InboxState.Kept);
        Assert.InRange(snapshot.Length, 1, 4 << 20);
        var restored = InboxModel.Instance.DecodeSnapshot(snapshot);
        Assert.Equal((Unread, 0L), (restored!.Last, restored.Acknowledged)); // ! just written

        var cursor = 0L;
        var page = (await process.Engine.AskAsync(inbox, new ReadInbox(cursor, 200), default)).Value;
        Assert.Empty(page.Lines);
        var lines = new InboxLines(process.Memory, new MemoryKeyedRows(_medium));
        await foreach (var (sequence, line) in lines.ReadAsync(inbox, cursor, page.FirstKept - 1, default))
        {
            Assert.Equal(cursor + 1, sequence);
            Assert.Equal(sequence, line.Position);
            cursor = sequence;
        }

        Assert.Equal(page.FirstKept - 1, cursor);
        while (cursor < Unread)
        {
            page = (await process.Engine.AskAsync(inbox, new ReadInbox(cursor, 200), default)).Value;
            Assert.Equal(Enumerable.Range(1, 200).Select(i => cursor + i), page.Lines.Select(line => line.Delivery.Position));
            cursor = page.Lines[^1].Sequence;
        }

        // In the middle too.
        await foreach (var (sequence, line) in lines.ReadAsync(inbox, 54_321, 54_322, default))
            Assert.Equal((54_322L, 54_322L), (sequence, line.Position));
    }

    private static Delivery Told(int position) => new(
        position, DateTimeOffset.UnixEpoch.AddSeconds(position), ChangeCode.DocumentAdded, Cast.Patient,
        DocumentId.Of(new Guid(position, 5, 5, [5, 5, 5, 5, 5, 5, 5, 5])));
}
