using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Operations;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class OperationsTests : IAsyncLifetime
{
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _operator = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _operator = _host.As(People.Operator);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task The_status_counts_what_was_done()
    {
        var hospital = _host.As(People.HospitalSystem);
        await hospital.SubmitAsync(People.Document(People.Patient(1)));
        await hospital.SubmitAsync(People.Document(People.Patient(1)));
        var bad = People.Document(People.Patient(1), "2", "two");
        bad.Metadata.Title = "";
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(bad), RefusalCode.MetadataInvalid, "metadata.title");

        var status = await StatusAsync();
        Assert.Equal("memory", status.StoreKind);
        Assert.Equal("standalone", status.EngineKind);
        Assert.Equal(_host.Store.StoreId.ToString("D"), status.StoreId);
        Assert.Equal(1, status.DocumentsAccepted);
        Assert.Equal(1, status.DocumentsRefused);
        Assert.Equal(_host.Store.Shards, status.Shards.Count);
        Assert.Equal(await _host.EntriesAsync(), status.Shards.Sum(shard => shard.Position));
        Assert.All(status.Shards, shard => Assert.Equal(shard.Position - shard.RouterCheckpoint, shard.Lag));
        Assert.True(status.MatrixIsPlaceholder);
        Assert.Equal(Domain.Access.AccessMatrix.Shipped.Version, status.MatrixVersion);
        Assert.True(status.Activations > 0);
    }

    [Fact]
    public async Task Watchers_are_counted_while_they_watch()
    {
        var owner = _host.As(new Caller.Patient(People.Patient(1)));
        await owner.OpenRecordAsync(People.Patient(1).ToWire());
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(People.Patient(1)));
        await using var watch = owner.Watch(People.Patient(1).ToWire(), 0);
        await watch.NextAsync("the document");
        Assert.Equal(1, (await StatusAsync()).RecordWatchers);
        Assert.Equal(0, (await StatusAsync()).InboxWatchers);
    }

    [Fact]
    public async Task A_sound_store_verifies_and_a_flipped_byte_does_not_pass()
    {
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(People.Patient(1)));
        var one = await VerifyAsync(new Wire.VerifyRecordRequest { Patient = People.Patient(1).ToWire() });
        Assert.Null(one.FirstBad);
        Assert.Equal(1, one.Journals);
        Assert.Equal(2, one.Entries);
        Assert.Equal(1, one.Contents);
        Assert.Null((await VerifyAsync(new Wire.VerifyRecordRequest { Everything = true })).FirstBad);
        await Waiting.RefusedAsync(
            () => VerifyAsync(new Wire.VerifyRecordRequest()), RefusalCode.MetadataInvalid, "patient");
        await Waiting.RefusedAsync(
            () => VerifyAsync(new Wire.VerifyRecordRequest { Everything = true, PageToken = "x" }),
            RefusalCode.MetadataInvalid,
            "page_token");
    }

    [Theory]
    [InlineData("An entry does not fit the hash chain.", "HASH_CHAIN")]
    [InlineData("A content does not have its SHA-256.", "CONTENT_HASH")]
    [InlineData("An entry of the log is missing.", "POSITION_GAP")]
    [InlineData("An entry of the journal is missing.", "MISSING_ENTRY")]
    [InlineData("'/var/lib/x' cannot be read (disk I/O error).", "UNREADABLE_ENTRY")]
    public void A_damage_is_told_by_code_and_never_by_a_path(string what, string code) =>
        Assert.Equal(code, DamageReasons.Of(new JournalDamage(null, -1, 0, 0, what)));

    [Fact]
    public async Task The_log_tells_kinds_and_pseudonyms_and_never_who()
    {
        var patient = People.Patient(1);
        var shard = GrainIds.Of(patient).ShardOf(_host.Store.Shards);
        await using var tail = Tail(new Wire.TailLogRequest { Shard = shard });
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(patient));
        var opened = await tail.NextAsync("the opening");
        var submitted = await tail.NextAsync("the submission");
        Assert.Equal(["RecordOpened", "DocumentSubmitted"], [opened.EventType, submitted.EventType]);
        Assert.Equal([1L, 2L], [opened.Position, submitted.Position]);
        Assert.Equal("patient", submitted.JournalKind);
        Assert.Equal(opened.Journal, submitted.Journal);
        Assert.Equal(2, submitted.Version);
        Assert.DoesNotContain(patient.Number, submitted.ToString(), StringComparison.Ordinal);

        var until = new List<Wire.LogEntry>();
        await foreach (var entry in _operator.Stream<Wire.TailLogRequest, Wire.LogEntry>(
            "Operations/TailLog", new Wire.TailLogRequest { Shard = shard, AfterPosition = 1, UntilNow = true }, CancellationToken.None))
        {
            until.Add(entry);
        }

        Assert.Equal(2, until[0].Position);
        Assert.Equal(opened.Journal, until[0].Journal);
    }

    [Theory]
    [InlineData(-1, 0, "shard")]
    [InlineData(256, 0, "shard")]
    [InlineData(0, -1, "after_position")]
    [InlineData(0, long.MaxValue, "after_position")]
    public async Task The_log_begins_where_it_is(int shard, long position, string field)
    {
        await using var tail = Tail(new Wire.TailLogRequest { Shard = shard, AfterPosition = position });
        await Waiting.RefusedAsync(() => tail.NextAsync("a refusal"), RefusalCode.MetadataInvalid, field);
    }

    private TestStream<Wire.LogEntry> Tail(Wire.TailLogRequest request) => new(ct =>
        _operator.Stream<Wire.TailLogRequest, Wire.LogEntry>("Operations/TailLog", request, ct));

    private Task<Wire.GetStatusResponse> StatusAsync() =>
        _operator.CallAsync<Wire.GetStatusRequest, Wire.GetStatusResponse>("Operations/GetStatus", new Wire.GetStatusRequest());

    private Task<Wire.VerifyRecordResponse> VerifyAsync(Wire.VerifyRecordRequest request) =>
        _operator.CallAsync<Wire.VerifyRecordRequest, Wire.VerifyRecordResponse>("Operations/VerifyRecord", request);
}
