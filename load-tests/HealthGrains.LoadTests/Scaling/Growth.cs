using System.Globalization;
using HealthGrains.Contracts.V1;
using HealthGrains.LoadTests.Scenarios;
using HealthGrains.Rpc;

namespace HealthGrains.LoadTests.Scaling;

/// <summary>What one operation costs while something grows: documents of a record, recipients, patients of the store.</summary>
/// <remarks>One call at a time, so that a figure is a cost and not a queue: the median of the latency, and the processor time of the
/// server for each call, from its page of metrics. A step is measured only after everything before it was routed.</remarks>
internal sealed class Growth(RpcChannel channel, World world, IDocumentSource documents, Uri metrics, int calls, TimeProvider time, TextWriter output)
{
    private const int FillCallers = 64;

    // The runtime compiles what is called often a second time; the first rows would pay for it.
    private const int WarmUpCalls = 4_000;
    private const int WarmUpPatient = 19_999_999;

    private static readonly TimeSpan RoutedWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new();
    private long _number;

    /// <summary>One record of more and more documents.</summary>
    public async Task DocumentsAsync(IReadOnlyList<int> sizes, CancellationToken cancellation)
    {
        Head("documents of the record", "Submit", "ListDocuments, 50", "GetRecord", "ChangesSince, 50");
        const int patient = 0;
        await FillAsync(WarmUpCalls, _ => WarmUpPatient, cancellation);
        await Reading.OpenAsync(channel, world, patient, cancellation);
        var held = 0;
        foreach (var size in sizes)
        {
            held += await FillAsync(size - held, _ => patient, cancellation);
            var list = new ListDocumentsRequest { Patient = world.Patient(patient), PageSize = 50 };
            var record = new GetRecordRequest { Patient = world.Patient(patient) };
            var changes = new ChangesSinceRequest { Patient = world.Patient(patient), AfterSequence = Math.Max(0, size - 50), PageSize = 50 };
            Row(
                size,
                await CostAsync(_ => SubmitAsync(patient, cancellation), cancellation),
                await CostAsync(_ => Ask<ListDocumentsRequest, ListDocumentsResponse>(Methods.ListDocuments, list), cancellation),
                await CostAsync(_ => Ask<GetRecordRequest, GetRecordResponse>(Methods.GetRecord, record), cancellation),
                await CostAsync(_ => Ask<ChangesSinceRequest, ChangesSinceResponse>(Methods.ChangesSince, changes), cancellation));
            held += calls;
        }

        Task Ask<TRequest, TReply>(string method, TRequest request)
            where TRequest : Google.Protobuf.IMessage<TRequest>
            where TReply : class, Google.Protobuf.IMessage<TReply>, new() =>
            channel.UnaryAsync<TRequest, TReply>(method, request, world.AsPatient(patient), cancellation);
    }

    /// <summary>Records with more and more followers.</summary>
    public async Task RecipientsAsync(IReadOnlyList<int> counts, CancellationToken cancellation)
    {
        Head("recipients of each document", "Submit, with its routing");
        var patient = 1;
        await FillAsync(WarmUpCalls, _ => WarmUpPatient, cancellation);
        foreach (var count in counts)
        {
            patient++;
            await Reading.OpenAsync(channel, world, patient, cancellation);
            for (var professional = 0; professional < count; professional++)
            {
                await channel.UnaryAsync<AuthorizeProfessionalRequest, AuthorizeProfessionalResponse>(
                    Methods.AuthorizeProfessional,
                    new AuthorizeProfessionalRequest
                    {
                        Patient = world.Patient(patient), Holder = new Holder { ProfessionalId = world.Professional(professional) },
                    },
                    world.AsPatient(patient), cancellation);
                await channel.UnaryAsync<FollowRequest, FollowResponse>(
                    Methods.Follow, new FollowRequest { Patient = world.Patient(patient) }, world.AsProfessional(professional), cancellation);
            }

            var one = patient;
            Row(count, await CostAsync(_ => SubmitAsync(one, cancellation), cancellation));
        }
    }

    /// <summary>A store of more and more patients, each with one document; then one more for patients who sleep.</summary>
    public async Task PatientsAsync(IReadOnlyList<int> counts, CancellationToken cancellation)
    {
        Head("patients of the store", "Submit to a record that sleeps, or nearly so", "the same again, awake");
        const int first = 1_000;
        var held = 0;
        await FillAsync(WarmUpCalls, _ => WarmUpPatient, cancellation);
        foreach (var count in counts)
        {
            var from = first + held;
            held += await FillAsync(count - held, i => from + i, cancellation);

            // A stride through the oldest: those were let go first.
            var stride = Math.Max(1, held / 2 / calls);
            int Old(int i) => first + (i * stride);
            Row(
                count,
                await CostAsync(i => SubmitAsync(Old(i), cancellation), cancellation),
                await CostAsync(i => SubmitAsync(Old(i), cancellation), cancellation));
        }
    }

    private async Task<int> FillAsync(int count, Func<int, int> patient, CancellationToken cancellation)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Math.Max(0, count)),
            new ParallelOptions { MaxDegreeOfParallelism = FillCallers, CancellationToken = cancellation },
            async (i, token) =>
            {
                while (true)
                {
                    try
                    {
                        await SubmitAsync(patient(i), token);
                        return;
                    }
                    catch (RpcException busy) when (busy.Code == RpcStatusCode.ResourceExhausted)
                    {
                        await Task.Delay(Look, time, token);
                    }
                }
            });
        return Math.Max(0, count);
    }

    private Task SubmitAsync(int patient, CancellationToken cancellation) => channel.UnaryAsync<SubmitRequest, SubmitResponse>(
        Methods.Submit, documents.Make(Interlocked.Increment(ref _number), patient).Request, world.AsProducer(), cancellation);

    private async Task<Cost> CostAsync(Func<int, Task> call, CancellationToken cancellation)
    {
        await RoutedAsync(cancellation);
        for (var i = 0; i < calls / 10; i++) await call(i);
        await RoutedAsync(cancellation);
        var before = await ScrapeAsync(cancellation);
        var latencies = new TimeSpan[calls];
        for (var i = 0; i < calls; i++)
        {
            var begin = time.GetTimestamp();
            await call(i);
            latencies[i] = time.GetElapsedTime(begin);
        }

        await RoutedAsync(cancellation);
        var after = await ScrapeAsync(cancellation);
        Array.Sort(latencies);
        return new Cost(
            latencies[calls / 2],
            TimeSpan.FromSeconds(Math.Max(0, after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]) / calls),
            (after["healthgrains_journal_entries_total"] - before["healthgrains_journal_entries_total"]) / calls);
    }

    private async Task RoutedAsync(CancellationToken cancellation)
    {
        var begin = time.GetTimestamp();
        while ((await ScrapeAsync(cancellation))["healthgrains_routing_lag"] > 0)
        {
            if (time.GetElapsedTime(begin) > RoutedWithin)
                throw new RpcException(RpcStatusCode.DeadlineExceeded, "routing did not come to its end");
            await Task.Delay(Look, time, cancellation);
        }
    }

    // Each name with the sum of its series; 0 for what was never measured.
    private async Task<Dictionary<string, double>> ScrapeAsync(CancellationToken cancellation)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal) { ["healthgrains_journal_entries_total"] = 0 };
        foreach (var line in (await _http.GetStringAsync(metrics, cancellation)).Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
            values[name] = values.GetValueOrDefault(name) + double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture);
        }

        return values;
    }

    private void Head(string what, params string[] operations)
    {
        output.WriteLine();
        output.WriteLine($"| {what} | {string.Join(" | ", operations.Select(o => $"{o}: median, processor, entries"))} |");
        output.WriteLine($"| --- |{string.Concat(operations.Select(_ => " --- |"))}");
    }

    private void Row(int size, params Cost[] costs)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {size:N0} | {string.Join(" | ", costs.Select(c => c.ToString()))} |"));
        output.Flush();
    }

    private sealed record Cost(TimeSpan Median, TimeSpan Processor, double Entries)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{Median.TotalMilliseconds:0.00} ms, {Processor.TotalMilliseconds:0.00} ms, {Entries:0.#}");
    }
}
