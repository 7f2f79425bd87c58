using System.Collections.Concurrent;
using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.Correctness;
using HealthGrains.LoadTests.Measuring;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Scenarios;

/// <summary>Makes the calls of a scenario and writes down what became of them.</summary>
internal sealed class Caller(
    RpcChannel channel, World world, Scenario scenario, IDocumentSource source, Ledger ledger, Timeline timeline,
    Findings findings, Func<TimeSpan> elapsed, TimeSpan countFrom)
{
    // Of consent calls only: the one professional whom no patient authorises otherwise.
    private const int Stranger = 99;

    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, Entry> _latest = new();
    private readonly ConcurrentDictionary<int, byte> _inChurn = new();
    private readonly Histogram[] _latencies = [new(), new(), new()];
    private long _bytes;
    private int _knownBefore;

    /// <summary>Of calls that were meant to start after the ramp.</summary>
    public Histogram LatencyOf(Operation operation) => _latencies[(int)operation];

    /// <summary>By status, or OVERFLOW for starts that were not made.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>Bytes of content that were acknowledged.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>First answers that said that the document was known: of another run with the same seed.</summary>
    public int KnownBefore => Volatile.Read(ref _knownBefore);

    public void Overflow(long number, TimeSpan intended)
    {
        timeline.Started(intended, overflow: true);
        Fail("OVERFLOW");
    }

    /// <summary>One call of the schedule.</summary>
    public async Task CallAsync(long number, TimeSpan intended)
    {
        // Building a request costs this program time; the dispatcher must not wait for it.
        await Task.Yield();
        timeline.Started(elapsed(), overflow: false);
        var operation = scenario.OperationOf(number);
        var failed = false;
        try
        {
            await (operation switch
            {
                Operation.Submit => SubmitAsync(number, intended),
                Operation.Read => ReadAsync(number),
                _ => ChurnAsync(number),
            });
        }
        catch (RpcException refused)
        {
            failed = true;
            Fail(refused.Code.ToString());
        }

        var at = elapsed();
        timeline.Ended(at, at - intended, failed);
        if (!failed && intended >= countFrom)
            _latencies[(int)operation].Record(at - intended);
    }

    /// <summary>Sends a document whose outcome is unknown again; its unique id settles it.</summary>
    /// <returns>Whether it is settled.</returns>
    public async Task<bool> SettleAsync(Entry entry, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < Limits.SettleTriesMax; attempt++)
        {
            try
            {
                await SendAsync(source.Make(entry.Number, entry.Patient), entry, cancellation);
                return true;
            }
            catch (RpcException again) when (!MeansNothingDone(again.Code) || again.Code == RpcStatusCode.ResourceExhausted)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 * (attempt + 1)), cancellation);
            }
            catch (RpcException)
            {
                entry.Refused = true;
                return true;
            }
        }

        return false;
    }

    private async Task SubmitAsync(long number, TimeSpan intended)
    {
        var document = source.Make(number, scenario.PatientOf(number));
        var entry = ledger.Intend(number, document.UniqueId, document.Patient, document.Sha256, document.Size, intended);
        try
        {
            if ((await SendAsync(document, entry, CancellationToken.None)).AlreadyKnown)
                Interlocked.Increment(ref _knownBefore);
        }
        catch (RpcException refused) when (MeansNothingDone(refused.Code))
        {
            entry.Refused = true;
            throw;
        }

        Interlocked.Add(ref _bytes, document.Size);
        if (document.Patient < scenario.Hot)
            _latest[document.Patient] = entry;
    }

    private async Task<Receipt> SendAsync(PreparedDocument document, Entry entry, CancellationToken cancellation)
    {
        var receipt = (await channel.UnaryAsync<SubmitRequest, SubmitResponse>(
            Methods.Submit, document.Request, world.AsProducer(), cancellation)).Receipt;
        Ledger.Answered(
            entry, new Answer(receipt.DocumentId, receipt.Shard, receipt.Position), receipt.Sha256.Span, receipt.Size);
        return receipt;
    }

    // An index page, the changes, or the bytes of a document that was acknowledged before the read began.
    private async Task ReadAsync(long number)
    {
        var patient = scenario.PatientOf(number) % scenario.Hot;
        switch (number % 3)
        {
            case 0:
                await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                    Methods.ListDocuments, new ListDocumentsRequest { Patient = world.Patient(patient), PageSize = 50 },
                    world.AsPatient(patient), CancellationToken.None);
                break;
            case 1 when _latest.TryGetValue(patient, out var entry):
                var read = await Reading.ContentAsync(channel, world, patient, entry.Answer!.DocumentId, CancellationToken.None); // ! _latest
                if (read != entry.Sha256)
                {
                    lock (findings)
                        findings.Altered++;
                    findings.Example($"document {entry.Number} was read with other bytes while the load ran");
                }

                break;
            default:
                await channel.UnaryAsync<ChangesSinceRequest, ChangesSinceResponse>(
                    Methods.ChangesSince, new ChangesSinceRequest { Patient = world.Patient(patient), PageSize = 50 },
                    world.AsPatient(patient), CancellationToken.None);
                break;
        }
    }

    // Give a right, read, take it, read again: the first read must succeed, the second must not.
    private async Task ChurnAsync(long number)
    {
        var patient = scenario.PatientOf(number);
        var tries = 0;
        while (!_inChurn.TryAdd(patient, 0))
        {
            patient = (patient + 1) % scenario.Hot;
            if (++tries > scenario.Hot)
                throw new RpcException(RpcStatusCode.Aborted, "every patient is in the middle of a change of consent");
        }

        try
        {
            var holder = new Holder { ProfessionalId = world.Professional(Stranger) };
            await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                Methods.AuthorizeProfessional,
                new AuthorizeProfessionalRequest { Patient = world.Patient(patient), Holder = holder },
                world.AsPatient(patient), CancellationToken.None);
            if (!await MayReadAsync(patient))
                Broken($"an authorised professional could not read after call {number}");
            await channel.UnaryAsync<RevokeAuthorizationRequest, RevokeAuthorizationResponse>(
                Methods.RevokeAuthorization,
                new RevokeAuthorizationRequest { Patient = world.Patient(patient), Holder = holder },
                world.AsPatient(patient), CancellationToken.None);
            if (await MayReadAsync(patient))
                Broken($"a professional could read after the revocation of call {number} was acknowledged");
        }
        finally
        {
            _inChurn.TryRemove(patient, out _);
        }
    }

    private async Task<bool> MayReadAsync(int patient)
    {
        try
        {
            await channel.UnaryAsync<ListDocumentsRequest, ListDocumentsResponse>(
                Methods.ListDocuments, new ListDocumentsRequest { Patient = world.Patient(patient), PageSize = 1 },
                world.AsProfessional(Stranger), CancellationToken.None);
            return true;
        }
        catch (RpcException refused) when (refused.Code is RpcStatusCode.PermissionDenied or RpcStatusCode.NotFound)
        {
            return false;
        }
    }

    private void Broken(string sentence)
    {
        lock (findings)
            findings.ConsentBroken++;
        findings.Example(sentence);
    }

    private void Fail(string code) => _failures.AddOrUpdate(code, 1, (_, count) => count + 1);

    // What the server says before it has done anything. All else leaves the outcome unknown.
    private static bool MeansNothingDone(RpcStatusCode code) => code is RpcStatusCode.ResourceExhausted
        or RpcStatusCode.InvalidArgument or RpcStatusCode.PermissionDenied or RpcStatusCode.Unauthenticated
        or RpcStatusCode.FailedPrecondition or RpcStatusCode.NotFound or RpcStatusCode.AlreadyExists
        or RpcStatusCode.Unimplemented;
}
