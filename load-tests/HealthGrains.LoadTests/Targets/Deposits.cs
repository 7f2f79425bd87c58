using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Targets;

/// <summary>Texts of one size for patients of one range, as fast as the server takes them, and how many each patient was acknowledged.</summary>
/// <remarks>Closed model: so many calls or streams are always under way. Nothing is kept of a document but that its patient has one
/// more, so that this program takes little of the machine that it measures.</remarks>
internal sealed class Deposits
{
    public const int Callers = 128;
    public const int Streams = 4;

    private const int SampleRecords = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly RpcChannel _channel;
    private readonly World _world;
    private readonly TextDocuments _documents;
    private readonly ulong _seed;
    private readonly int _first;
    private readonly int[] _acknowledged;
    private readonly Patient?[] _patients;
    private readonly RpcCallOptions _asProducer;
    private long _total;
    private long _refused;

    /// <param name="seed">Of the documents; on one server another for each use.</param>
    /// <param name="first">The first patient, by number in the world.</param>
    /// <param name="patients">How many.</param>
    public Deposits(RpcChannel channel, World world, ulong seed, int first, int patients, int contentBytes)
    {
        _channel = channel;
        _world = world;
        _documents = new TextDocuments(world, seed, contentBytes);
        _seed = seed;
        _first = first;
        _acknowledged = new int[patients];
        _patients = new Patient?[patients];
        _asProducer = world.AsProducer();
    }

    public long Acknowledged => Interlocked.Read(ref _total);

    /// <summary>Answers of a busy server: nothing was done.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>One after the other.</summary>
    public int InTurn(long number) => (int)(number % _acknowledged.Length);

    /// <summary>Spread without a pattern, and the same each time; some come again.</summary>
    public int AtRandom(long number)
    {
        var mixed = unchecked((ulong)(number + 1) * 0x9E3779B97F4A7C15UL);
        mixed = unchecked((mixed ^ (mixed >> 32)) * 0xD6E8FEB86659FD93UL);
        return (int)((mixed ^ (mixed >> 32)) % (ulong)_acknowledged.Length);
    }

    /// <summary>Unary calls: from a number, up to a count or until the time is over.</summary>
    /// <returns>Documents acknowledged by this call, and how long it took.</returns>
    public async Task<(long Documents, TimeSpan Took)> SubmitAsync(
        long from, long count, TimeSpan length, Func<long, int> patientOf, CancellationToken cancellation)
    {
        var before = Acknowledged;
        var next = from - 1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(
            async () =>
            {
                while (clock.Elapsed < length && Interlocked.Increment(ref next) is var number && number < from + count)
                {
                    var patient = patientOf(number);
                    while (!await TryAsync(number, patient, cancellation))
                        await Task.Delay(Pause, CancellationToken.None);
                }
            },
            cancellation)));
        return (Acknowledged - before, clock.Elapsed);
    }

    /// <summary>The same through bulk streams.</summary>
    public async Task<(long Documents, TimeSpan Took)> SubmitManyAsync(
        long from, long count, TimeSpan length, Func<long, int> patientOf, Action<long>? progress, CancellationToken cancellation)
    {
        var before = Acknowledged;
        var next = from - 1;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async _ =>
        {
            var again = new ConcurrentQueue<long>();
            long sent = 0, answered = 0;
            await using var call = _channel.Duplex<SubmitRequest, SubmitResult>(
                Methods.SubmitMany, _asProducer with { Timeout = null }, cancellation);
            var writing = Task.Run(
                async () =>
                {
                    while (true)
                    {
                        if (!again.TryDequeue(out var number))
                        {
                            number = clock.Elapsed < length ? Interlocked.Increment(ref next) : long.MaxValue;
                            if (number >= from + count)
                            {
                                // A busy server may still refuse one that is under way: it is sent again.
                                if (Interlocked.Read(ref answered) == sent && again.IsEmpty)
                                    break;
                                await Task.Delay(Pause, cancellation);
                                continue;
                            }
                        }

                        sent++;
                        var request = RequestOf(number, patientOf(number));
                        request.CorrelationId = number.ToString(CultureInfo.InvariantCulture);
                        await call.WriteAsync(request);
                    }

                    call.FinishRequests();
                },
                cancellation);
            await foreach (var result in call.ReadAllAsync())
            {
                var number = long.Parse(result.CorrelationId, CultureInfo.InvariantCulture);
                if (result.OutcomeCase == SubmitResult.OutcomeOneofCase.Receipt)
                {
                    var total = Took(patientOf(number));
                    progress?.Invoke(total);
                }
                else
                {
                    Again(result.Refusal, number);
                }

                Interlocked.Increment(ref answered);
            }

            await writing;

            void Again(Refusal refusal, long number)
            {
                if (refusal.Code is not ("OVERLOADED" or "TEMPORARILY_UNAVAILABLE"))
                    throw new RpcException(RpcStatusCode.FailedPrecondition, $"a document was refused: {refusal.Code}: {refusal.Message}");
                Interlocked.Increment(ref _refused);
                again.Enqueue(number);
            }
        }));
        return (Acknowledged - before, clock.Elapsed);
    }

    /// <summary>Reads the index of a sample of the records as their patients see it, and counts there what was acknowledged.</summary>
    /// <returns>Documents found once; and documents missing, doubled or of nobody.</returns>
    public async Task<(long Found, long Wrong)> CheckAsync(CancellationToken cancellation)
    {
        long found = 0, wrong = 0;
        var prefix = TextDocuments.Prefix(_seed);
        var touched = Enumerable.Range(0, _acknowledged.Length).Where(patient => _acknowledged[patient] > 0).ToList();
        var step = Math.Max(1, touched.Count / SampleRecords);
        await Parallel.ForEachAsync(
            touched.Where((_, at) => at % step == 0),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellation },
            async (patient, token) =>
            {
                await Reading.OpenAsync(_channel, _world, _first + patient, token);
                var ids = (await Reading.IndexAsync(_channel, _world, _first + patient, token))
                    .Select(document => document.UniqueId).Where(id => id.StartsWith(prefix, StringComparison.Ordinal)).ToList();
                var once = ids.Distinct(StringComparer.Ordinal).Count();
                Interlocked.Add(ref found, once);
                Interlocked.Add(ref wrong, Math.Abs(once - _acknowledged[patient]) + (ids.Count - once));
            });
        return (found, wrong);
    }

    private async Task<bool> TryAsync(long number, int patient, CancellationToken cancellation)
    {
        try
        {
            await _channel.UnaryAsync<SubmitRequest, SubmitResponse>(Methods.Submit, RequestOf(number, patient), _asProducer, cancellation);
            Took(patient);
            return true;
        }
        catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
        {
            Interlocked.Increment(ref _refused);
            return false;
        }
    }

    private long Took(int patient)
    {
        Interlocked.Increment(ref _acknowledged[patient]);
        return Interlocked.Increment(ref _total);
    }

    private SubmitRequest RequestOf(long number, int patient) =>
        _documents.Request(number, _patients[patient] ??= _world.Patient(_first + patient), out _, out _);
}
