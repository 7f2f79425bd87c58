using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Senders;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Grains.Routing;
using HealthGrains.Services;
using HealthGrains.Services.Authentication;
using Xunit;
using Difference = HealthGrains.Contracts.V1.ReconcileLine.Types.Difference;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>A producer compares its own books with what arrived.</summary>
public sealed class ReconcileTests
{
    private readonly PatientId _patient = People.Patient(1);

    [Fact]
    public async Task Every_document_has_one_line_in_order_and_a_cursor_goes_on()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        var receipts = new List<Wire.Receipt>();
        for (var i = 0; i < 70; i++)
            receipts.Add(await producer.SubmitAsync(People.Document(People.Patient(1 + (i % 7)), Extension(i), $"text {i}")));
        await producer.SubmitAsync(People.Document(People.Patient(1), Extension(0), "text 0"));
        await producer.WithdrawAsync(People.Withdrawal(People.Patient(1), Extension(0)));
        await TakenInAsync(host, 70);

        var lines = await ReconcileAsync(producer, new Wire.ReconcileRequest());
        Assert.Equal(Enumerable.Range(1, 70).Select(n => (long)n), lines[..^1].Select(line => line.Sequence));
        Assert.Equal(
            receipts.Select(receipt => receipt.DocumentId).Order(), lines[..^1].Select(line => line.DocumentId).Order());
        foreach (var line in lines[..^1])
        {
            var receipt = receipts.Single(receipt => receipt.UniqueId == line.UniqueId);
            Assert.Equal(receipt.Sha256, line.Sha256);
            Assert.Equal(receipt.AcceptedAt, line.AcceptedAt);
            Assert.Equal((Wire.DeliveryState.Notified, Difference.Unspecified, false), (line.State, line.Difference, line.MisroutingSuspected));
        }

        Assert.Equal(70, lines[^1].Sequence);
        Assert.Equal(new Wire.ReconcileTotals { Accepted = 70, Delivered = 70 }, lines[^1].Totals);

        var rest = await ReconcileAsync(producer, new Wire.ReconcileRequest { AfterSequence = 64 });
        Assert.Equal(lines[64..^1], rest[..^1]);
        Assert.Equal(6, rest[^1].Totals.Accepted);
        Assert.Single(await ReconcileAsync(producer, new Wire.ReconcileRequest { AfterSequence = 70 }));

        // Another producer sees its own ledger, and nothing of this one.
        var other = await ReconcileAsync(host.As(People.OtherHospitalSystem), new Wire.ReconcileRequest());
        Assert.Equal(new Wire.ReconcileLine { Totals = new Wire.ReconcileTotals() }, Assert.Single(other));
    }

    [Fact]
    public async Task Claims_are_compared_with_the_ledger_before_the_cursor_too()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        var taken = 0;
        foreach (var name in (string[])["before", "changed-before", "same", "changed", "unclaimed"])
        {
            await producer.SubmitAsync(People.Document(_patient, name, name));
            await TakenInAsync(host, ++taken);
        }

        Wire.ReconcileClaim[] claims =
        [
            Claim("before", "before"), Claim("changed-before", "x"), Claim("same", "same"), Claim("changed", "x"), Claim("lost", "lost"),
        ];
        var all = await ReconcileAsync(producer, new Wire.ReconcileRequest { Claims = { claims } });
        Assert.Equal(
            [
                (1, "before", Difference.Same), (2, "changed-before", Difference.OtherBytes), (3, "same", Difference.Same),
                (4, "changed", Difference.OtherBytes), (5, "unclaimed", Difference.NotClaimed), (0, "lost", Difference.NotReceived),
            ],
            all[..^1].Select(Compared));
        Assert.Equal("", all[5].DocumentId);

        var later = await ReconcileAsync(producer, new Wire.ReconcileRequest { AfterSequence = 2, Claims = { claims } });
        Assert.Equal(
            [
                (3, "same", Difference.Same), (4, "changed", Difference.OtherBytes), (5, "unclaimed", Difference.NotClaimed),
                (0, "changed-before", Difference.OtherBytes), (0, "lost", Difference.NotReceived),
            ],
            later[..^1].Select(Compared));
    }

    /// <summary>What was accepted a moment ago may be on its way to the ledger: it must not be called lost.</summary>
    [Fact]
    public async Task Nothing_is_called_not_received_while_routing_lags()
    {
        await using var store = new MemoryJournalStore(new MemoryJournalMedium());
        var entry = await store.AppendAsync(
            new JournalTurn(GrainIds.Of(_patient), 0, [new byte[] { 1 }]), CancellationToken.None);
        await using var host = await ServiceHost.StartAsync(
            change: dependencies => dependencies with { Store = store, Time = new HastyTime() });
        var producer = host.As(People.HospitalSystem);
        var request = new Wire.ReconcileRequest { Claims = { Claim("1", "text") } };
        var unsaid = (await ReconcileAsync(producer, request))[0];
        Assert.Equal((0, "1", Difference.Unspecified), Compared(unsaid));

        await store.MoveCheckpointAsync(
            new CheckpointMove(Router.CheckpointName, entry.Shard, 0, entry.FirstPosition), CancellationToken.None);
        Assert.Equal((0, "1", Difference.NotReceived), Compared((await ReconcileAsync(producer, request))[0]));
    }

    [Fact]
    public async Task States_and_the_balance_follow_the_recipients_and_the_deadline()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        var owner = host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        await owner.AuthorizeAsync(_patient.ToWire(), People.DoctorId);
        var doctor = host.As(People.Doctor);
        await doctor.FollowAsync(_patient.ToWire());
        var taken = 0;
        foreach (var name in (string[])["1", "2"])
        {
            await producer.SubmitAsync(People.Document(_patient, name));
            await TakenInAsync(host, ++taken);
        }

        await using (var inbox = doctor.WatchInbox(0))
        {
            await inbox.NextAsync("the first item");
            await inbox.NextAsync("the second item");
        }

        await doctor.AcknowledgeAsync(1);
        var open = await ReconcileAsync(producer, new Wire.ReconcileRequest());
        Assert.Equal([Wire.DeliveryState.Delivered, Wire.DeliveryState.Notified], open[..^1].Select(line => line.State));
        Assert.Equal(new Wire.ReconcileTotals { Accepted = 2, Delivered = 1, Open = 1 }, open[^1].Totals);

        host.Pass(DomainPolicy.Default.DeliveryDeadline + TimeSpan.FromMinutes(1));
        var late = await ReconcileAsync(producer, new Wire.ReconcileRequest());
        Assert.Equal(new Wire.ReconcileTotals { Accepted = 2, Delivered = 1, Dead = 1 }, late[^1].Totals);
        Assert.DoesNotContain(People.DoctorId, string.Concat(late), StringComparison.Ordinal);
        Assert.DoesNotContain(_patient.Number, string.Concat(late), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_unique_id_under_two_patients_is_suspected_on_both_lines()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        for (var patient = 1; patient <= 2; patient++)
        {
            await producer.SubmitAsync(People.Document(People.Patient(patient)));
            await producer.SubmitAsync(People.Document(People.Patient(patient), "own" + Extension(patient)));
        }

        await TakenInAsync(host, 4);
        var lines = await ReconcileAsync(producer, new Wire.ReconcileRequest());
        Assert.Equal(4, lines.Count - 1);
        Assert.All(lines[..^1], line => Assert.Equal(line.UniqueId == "2.999.7^1", line.MisroutingSuspected));
    }

    [Fact]
    public async Task A_cursor_or_a_claim_that_is_none_is_refused()
    {
        await using var host = await ServiceHost.StartAsync();
        var producer = host.As(People.HospitalSystem);
        foreach (var (request, field) in new (Wire.ReconcileRequest, string)[]
        {
            (new() { AfterSequence = 1 }, "after_sequence"),
            (new() { AfterSequence = -1 }, "after_sequence"),
            (new() { Claims = { Claim("1", "x"), Claim("1", "y") } }, "claims[1].unique_id"),
            (new() { Claims = { new Wire.ReconcileClaim { UniqueId = "x y", Sha256 = Claim("1", "x").Sha256 } } }, "claims[0].unique_id"),
            (new() { Claims = { new Wire.ReconcileClaim { UniqueId = "2.999.7^1" } } }, "claims[0].sha256"),
            (new() { Claims = { Enumerable.Range(0, ServiceLimits.ClaimsMax + 1).Select(n => Claim(Extension(n), "x")) } }, "claims"),
        })
        {
            await Waiting.RefusedAsync(() => ReconcileAsync(producer, request), RefusalCode.MetadataInvalid, field);
        }
    }

    private static string Extension(int n) => n.ToString(CultureInfo.InvariantCulture);

    private static Wire.ReconcileClaim Claim(string extension, string text) => new()
    {
        UniqueId = $"2.999.7^{extension}", Sha256 = ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
    };

    private static (long, string, Difference) Compared(Wire.ReconcileLine line) =>
        (line.Sequence, line.UniqueId["2.999.7^".Length..], line.Difference);

    // Routing goes on beside the calls, on the silo of the shard where there is a cluster: waited for until the ledger has this many.
    private static async Task TakenInAsync(ServiceHost host, long lines)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (true)
        {
            var ledger = await host.Dependencies.Engine.AskAsync(
                GrainIds.SenderOf(StructureId.Parse(People.Hospital)), new GetLedger(), CancellationToken.None);
            if (ledger.Value.Submitted == lines)
                return;

            Assert.True(
                System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20),
                $"The ledger stands at {ledger.Value.Submitted}.");
            await Task.Yield();
        }
    }

    /// <summary>Each look at the clock is a minute after the one before it.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _ticks, TimeSpan.TicksPerMinute);
    }

    private static Task<List<Wire.ReconcileLine>> ReconcileAsync(TestClient client, Wire.ReconcileRequest request)
    {
        return AllAsync().Within("the reconciliation");

        async Task<List<Wire.ReconcileLine>> AllAsync()
        {
            var lines = new List<Wire.ReconcileLine>();
            await foreach (var line in client.Stream<Wire.ReconcileRequest, Wire.ReconcileLine>(
                "DocumentExchange/Reconcile", request, CancellationToken.None))
            {
                lines.Add(line);
            }

            return lines;
        }
    }
}
