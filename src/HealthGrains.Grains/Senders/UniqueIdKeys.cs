using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Keys;

namespace HealthGrains.Grains.Senders;

/// <summary>Where each unique id of a producer was accepted first: a table by key, so that a ledger of ten million documents costs
/// no more memory than one of ten.</summary>
/// <remarks>A row is claimed before the ledger takes the line in. A crash in between claims it again, with the same answer; two
/// routers that claim one id for two patients are told the same first one, so exactly one of the lines is suspected. A ledger that
/// was written before there was this table is read once, and its ids claimed in their order.</remarks>
public sealed class UniqueIdKeys(IKeyedRows rows, IJournalStore store)
{
    private const int KeyBytes = 16;

    // No 128 bits of a SHA-256 are expected to be zero: under this key stands that the ledger's past is in the table.
    private static readonly byte[] PastKey = new byte[KeyBytes];

    private readonly ConcurrentDictionary<JournalId, bool> _hasPast = new();

    /// <param name="ledger">The producer's journal.</param>
    /// <param name="lines">At most <see cref="KeyedLimits.RowsMax"/>.</param>
    /// <param name="shutdown">Ends the waiting for a place.</param>
    /// <returns>For each line the document that its id named first; null for a withdrawal.</returns>
    /// <exception cref="JournalException">It could not be done now; again does no harm.</exception>
    public async ValueTask<IReadOnlyList<KnownDocument?>> ClaimAsync(
        JournalId ledger, IReadOnlyList<LedgerLine> lines, CancellationToken shutdown)
    {
        if (!_hasPast.ContainsKey(ledger))
        {
            await TakePastAsync(ledger, shutdown);
            _hasPast[ledger] = true;
        }

        return await ClaimPageAsync(ledger, lines, shutdown);
    }

    /// <returns>The document that an id named first; null when the ledger has taken no such line in.</returns>
    /// <exception cref="JournalException">It could not be looked up now.</exception>
    public async ValueTask<KnownDocument?> FindAsync(JournalId ledger, UniqueId id, CancellationToken cancellation)
    {
        if (!_hasPast.ContainsKey(ledger))
        {
            await TakePastAsync(ledger, cancellation);
            _hasPast[ledger] = true;
        }

        return await rows.FindAsync(TableOf(ledger), KeyOf(id), cancellation) is { } row ? Read(row.Span) : null;
    }

    private async ValueTask TakePastAsync(JournalId ledger, CancellationToken shutdown)
    {
        if (await rows.FindAsync(TableOf(ledger), PastKey, shutdown) is not null)
            return;

        // Of a version without the table: its lines were bounded by what one snapshot could hold.
        var past = await store.ReadAsync(ledger, 0, shutdown);
        foreach (var entry in past.Entries)
        {
            if (LedgerModel.Instance.Decode(entry.Body) is not SubmissionsRecorded recorded)
                continue;
            foreach (var page in recorded.Lines.Chunk(KeyedLimits.RowsMax))
                await ClaimPageAsync(ledger, page, shutdown);
        }

        await rows.AddAsync(TableOf(ledger), [new KeyedRow(PastKey, PastKey)], shutdown);
    }

    private async ValueTask<IReadOnlyList<KnownDocument?>> ClaimPageAsync(
        JournalId ledger, IReadOnlyList<LedgerLine> lines, CancellationToken shutdown)
    {
        var claims = new List<KeyedRow>(lines.Count);
        foreach (var line in lines)
        {
            if (line.Kind == LedgerLineKind.Submitted)
                claims.Add(new KeyedRow(KeyOf(line.UniqueId), ValueOf(line)));
        }

        if (claims.Count == 0)
            return new KnownDocument?[lines.Count];
        var standing = await rows.AddAsync(TableOf(ledger), claims, shutdown);
        var firsts = new KnownDocument?[lines.Count];
        for (int i = 0, claim = 0; i < lines.Count; i++)
        {
            if (lines[i].Kind == LedgerLineKind.Submitted)
                firsts[i] = Read(standing[claim++].Span);
        }

        return firsts;
    }

    private static string TableOf(JournalId ledger) => "unique-ids/" + ledger.Value;

    // 128 bits of a SHA-256: a table of millions of ids stays small, and a collision is not to be expected.
    private static byte[] KeyOf(UniqueId id) =>
        SHA256.HashData(Encoding.ASCII.GetBytes(id.ToString()))[..KeyBytes];

    private static byte[] ValueOf(LedgerLine line)
    {
        var patient = line.Patient.ToString();
        var value = new byte[DocumentId.ByteLength + patient.Length];
        line.Document.CopyTo(value);
        Encoding.ASCII.GetBytes(patient, value.AsSpan(DocumentId.ByteLength));
        return value;
    }

    private static KnownDocument Read(ReadOnlySpan<byte> value) =>
        DocumentId.TryRead(value[..DocumentId.ByteLength], out var document)
            && PatientId.TryParse(Encoding.ASCII.GetString(value[DocumentId.ByteLength..]), out var patient)
                ? new KnownDocument(patient, document)
                : throw new JournalDamagedException(new JournalDamage(
                    null, -1, 0, 0, "A row of the unique ids is not as it was written."));
}
