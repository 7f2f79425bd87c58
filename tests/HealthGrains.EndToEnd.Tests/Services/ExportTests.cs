using System.Globalization;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.PatientRecords;
using Xunit;
using Part = HealthGrains.Contracts.V1.ExportChunk.PartOneofCase;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Taking a record along: what it holds, who may, and what ends it.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private static readonly PatientId Person = People.Patient(1);

    private readonly Wire.Patient _patient = Person.ToWire();
    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _owner = null!; // ! set before each test
    private TestClient _parent = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _owner = _host.As(new Caller.Patient(Person));
        _parent = _host.As(new Caller.Delegate("parent-1"));
        await _owner.OpenRecordAsync(_patient);
        await _owner.AuthorizeAsync(_patient, People.DoctorId);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task An_export_is_every_entry_with_its_bytes_the_consents_and_the_traces()
    {
        var large = string.Concat(Enumerable.Range(0, 50_000).Select(n => n.ToString("x8", CultureInfo.InvariantCulture)));
        var first = await _hospital.SubmitAsync(People.Document(Person));
        var replacing = People.Document(Person, "2", large);
        replacing.Replaces = "2.999.7^1";
        var second = await _hospital.SubmitAsync(replacing);
        await _hospital.SubmitAsync(People.Document(Person, "3"));
        await _hospital.WithdrawAsync(People.Withdrawal(Person, "3"));
        await _host.As(People.Doctor).ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient, DocumentId = second.DocumentId });

        var chunks = await ExportAsync(_owner);
        Assert.Equal(
            [Part.Header, Part.Entry, Part.Data, Part.Entry, Part.Data, Part.Data, Part.Consents, Part.Trace, Part.Trace, Part.Summary],
            chunks.Select(chunk => chunk.PartCase));
        Assert.Equal(_patient, chunks[0].Header.Patient);
        Assert.Equal((await _owner.GetRecordAsync(_patient)).Sequence, chunks[0].Header.Sequence);
        Assert.Equal([first.DocumentId, second.DocumentId], Entries(chunks));
        Assert.Equal(
            [Wire.DocumentStatus.Deprecated, Wire.DocumentStatus.Approved],
            chunks.Where(chunk => chunk.PartCase == Part.Entry).Select(chunk => chunk.Entry.Status));
        Assert.Equal("Hémoglobine 12,5 g/dL", chunks[2].Data.ToStringUtf8());
        var data = chunks[4..6];
        Assert.Equal(large, string.Concat(data.Select(chunk => chunk.Data.ToStringUtf8())));
        Assert.Equal([0, data[0].Data.Length], data.Select(chunk => chunk.Offset));
        Assert.Single(chunks[6].Consents.Authorizations);
        Assert.Equal(["ReadContent", "ExportRecord"], chunks[7..9].Select(chunk => chunk.Trace.Action));
        Assert.Equal([1L, 2L], chunks[7..9].Select(chunk => chunk.Trace.Sequence));
        var summary = chunks[^1].Summary;
        Assert.Equal((2, first.Size + second.Size, 2), (summary.Documents, summary.Bytes, summary.Traces));

        // What was taken along, and when, is seen by the person afterwards.
        var trace = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces[0];
        Assert.Equal(("ExportRecord", "ALLOW"), (trace.Action, trace.Outcome));
        Assert.Equal([first.DocumentId, second.DocumentId], trace.DocumentIds);

        var bare = await ExportAsync(_owner, new Wire.ExportRecordRequest { Patient = _patient, WithoutContent = true });
        Assert.DoesNotContain(bare, chunk => chunk.PartCase == Part.Data);
        Assert.Equal((2, 0L, 3), (bare[^1].Summary.Documents, bare[^1].Summary.Bytes, bare[^1].Summary.Traces));
    }

    [Fact]
    public async Task A_representative_takes_along_what_may_be_seen_and_a_caregiver_nothing()
    {
        await _host.As(People.Operator).AddRepresentativeAsync(_patient, "parent-1", "20150224");
        await _parent.AddDelegateAsync(_patient, "carer-1");
        var carer = _host.As(new Caller.Delegate("carer-1"));
        await carer.AnswerDelegationAsync(_patient);
        var shown = await _hospital.SubmitAsync(People.Document(Person));
        var secret = People.Document(Person, "2");
        secret.SecretSession = true;
        secret.Metadata.Confidentiality.Add(Wire.Confidentiality.HiddenFromRepresentatives);
        var hidden = await _hospital.SubmitAsync(secret);

        var chunks = await ExportAsync(_parent);
        Assert.Equal([shown.DocumentId], Entries(chunks));
        Assert.DoesNotContain(hidden.DocumentId, string.Concat(chunks), StringComparison.Ordinal);
        Assert.Equal([shown.DocumentId, hidden.DocumentId], Entries(await ExportAsync(_owner)));

        await Waiting.RefusedAsync(() => ExportAsync(carer), RefusalCode.DelegationForbidden, "patient");
        await Waiting.RefusedAsync(() => ExportAsync(_host.As(People.Doctor)), RefusalCode.CallerKindForbidden);
        await Waiting.RefusedAsync(
            () => ExportAsync(_host.As(new Caller.Patient(People.Patient(2)))), RefusalCode.DelegationForbidden, "patient");
        var traces = (await _owner.AccessesAsync(new Wire.ListAccessesRequest { Patient = _patient })).Traces
            .Where(trace => trace.Action == "ExportRecord").Select(trace => (trace.Actor.Id, trace.Outcome));
        Assert.Contains(("parent-1", "ALLOW"), traces);
        Assert.Contains(("carer-1", "DELEGATION_FORBIDDEN"), traces);
    }

    [Fact]
    public async Task An_export_of_several_pages_goes_on_where_it_broke()
    {
        var ids = new List<string>();
        for (var i = 0; i < 205; i++)
            ids.Add((await _hospital.SubmitAsync(People.Document(Person, i.ToString(CultureInfo.InvariantCulture)))).DocumentId);
        var whole = await ExportAsync(_owner);
        Assert.Equal(ids, Entries(whole));
        Assert.Equal([200, 5], whole.Where(chunk => chunk.PartCase == Part.Trace).Select(chunk => chunk.Trace.DocumentIds.Count));

        var rest = await ExportAsync(_owner, new Wire.ExportRecordRequest { Patient = _patient, AfterDocumentId = ids[201] });
        Assert.Equal(ids[202..], Entries(rest));
        Assert.Equal(3, rest[^1].Summary.Documents);

        foreach (var unknown in (string[])["x", Guid.AllBitsSet.ToString()])
        {
            await Waiting.RefusedAsync(
                () => ExportAsync(_owner, new Wire.ExportRecordRequest { Patient = _patient, AfterDocumentId = unknown }),
                RefusalCode.MetadataInvalid,
                "after_document_id");
        }
    }

    [Theory]
    [InlineData(true, RefusalCode.RecordClosed)]
    [InlineData(false, RefusalCode.DelegationForbidden)]
    public async Task A_right_that_is_lost_in_the_middle_ends_the_stream_with_its_refusal(bool closes, RefusalCode code)
    {
        var representation = await _host.As(People.Operator).AddRepresentativeAsync(_patient, "parent-1", "20150224");
        await _hospital.SubmitAsync(People.Document(Person));
        await _hospital.SubmitAsync(People.Document(Person, "2"));
        var sent = new Sent(async chunk =>
        {
            if (chunk.PartCase != Part.Entry)
                return;
            if (closes)
                await _owner.CloseRecordAsync(_patient);
            else
                await _host.As(People.Operator).RevokeDelegateAsync(_patient, representation.Delegate.DelegateId);
        });
        await Waiting.RefusedAsync(() => RunAsync(new Caller.Delegate("parent-1"), sent), code, "patient");
        Assert.Equal([Part.Header, Part.Entry, Part.Data], sent.Chunks.Select(chunk => chunk.PartCase));
    }

    [Fact]
    public async Task A_right_that_is_lost_in_the_middle_of_a_content_ends_it_there()
    {
        await _hospital.SubmitAsync(People.Document(Person, text: new string('x', 3_500_000)));
        var time = new MovedTimestamps();
        var sent = new Sent(async chunk =>
        {
            if (chunk.PartCase != Part.Data || chunk.Offset > 0)
                return;
            await _owner.CloseRecordAsync(_patient);

            // The next chunk goes on an answer of half a second at most.
            time.Forward(TimeSpan.FromSeconds(1));
        });
        await Waiting.RefusedAsync(() => RunAsync(new Caller.Patient(Person), sent, time), RefusalCode.RecordClosed, "patient");
        Assert.Equal([Part.Header, Part.Entry, Part.Data], sent.Chunks.Select(chunk => chunk.PartCase));
    }

    [Fact]
    public async Task A_document_that_was_withdrawn_since_its_page_is_left_out()
    {
        var first = await _hospital.SubmitAsync(People.Document(Person));
        await _hospital.SubmitAsync(People.Document(Person, "2"));
        var third = await _hospital.SubmitAsync(People.Document(Person, "3"));
        var sent = new Sent(async chunk =>
        {
            if (chunk.PartCase == Part.Entry && chunk.Entry.DocumentId == first.DocumentId)
                await _hospital.WithdrawAsync(People.Withdrawal(Person, "2"));
        });
        await RunAsync(new Caller.Patient(Person), sent);
        Assert.Equal([first.DocumentId, third.DocumentId], Entries(sent.Chunks));
        Assert.Equal(2, sent.Chunks[^1].Summary.Documents);
    }

    private Task RunAsync(Caller caller, Sent sent, TimeProvider? time = null)
    {
        var context = new ServiceContext(_host.Dependencies with { Time = time ?? _host.Dependencies.Time });
        var session = new CallerSession(caller, null);
        var target = RecordTarget.Of(session, _patient, null, IdentityRules.Default);
        return new RecordExport(context, session, target, [], sent).RunAsync(null, true, CancellationToken.None).Within("the export");
    }

    private Task<List<Wire.ExportChunk>> ExportAsync(TestClient client, Wire.ExportRecordRequest? request = null)
    {
        return AllAsync().Within("the export");

        async Task<List<Wire.ExportChunk>> AllAsync()
        {
            var chunks = new List<Wire.ExportChunk>();
            await foreach (var chunk in client.Stream<Wire.ExportRecordRequest, Wire.ExportChunk>(
                "PatientRecords/ExportRecord", request ?? new Wire.ExportRecordRequest { Patient = _patient }, CancellationToken.None))
            {
                chunks.Add(chunk);
            }

            return chunks;
        }
    }

    private static IEnumerable<string> Entries(IEnumerable<Wire.ExportChunk> chunks) =>
        chunks.Where(chunk => chunk.PartCase == Part.Entry).Select(chunk => chunk.Entry.DocumentId);

    private sealed class MovedTimestamps : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Forward(TimeSpan time) => _ticks += time.Ticks;
    }

    /// <summary>What is sent, with something done after each message before the next is taken.</summary>
    private sealed class Sent(Func<Wire.ExportChunk, Task> then) : IRpcReplyStream<Wire.ExportChunk>
    {
        public List<Wire.ExportChunk> Chunks { get; } = [];

        public async ValueTask WriteAsync(Wire.ExportChunk message, CancellationToken ct)
        {
            Chunks.Add(message.Clone());
            await then(message);
        }
    }
}
