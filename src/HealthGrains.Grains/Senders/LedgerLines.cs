using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;

namespace HealthGrains.Grains.Senders;

/// <summary>What a producer submitted, line by line.</summary>
public sealed class LedgerLines(IJournalStore store, IKeyedRows marks) : LoggedLines<LedgerLine>(store, marks, "ledger-marks/")
{
    private protected override IEnumerable<LedgerLine> LinesOf(ReadOnlyMemory<byte> body) =>
        LedgerModel.Instance.Decode(body) is SubmissionsRecorded recorded
            ? recorded.Lines.Where(line => line.Kind == LedgerLineKind.Submitted)
            : [];
}
