using HealthGrains.Domain.Inboxes;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;

namespace HealthGrains.Grains.Inboxes;

/// <summary>What a professional was told, line by line: for what lies unread so long that the inbox does not hold it any more.</summary>
public sealed class InboxLines(IJournalStore store, IKeyedRows marks) : LoggedLines<Delivery>(store, marks, "inbox-marks/")
{
    private protected override IEnumerable<Delivery> LinesOf(ReadOnlyMemory<byte> body) =>
        InboxModel.Instance.Decode(body) is InboxDelivered delivered ? delivered.Items : [];
}
