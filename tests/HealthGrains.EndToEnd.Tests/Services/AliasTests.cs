using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>A patient's INS has changed: one record answers under both numbers.</summary>
public sealed class AliasTests : IAsyncLifetime
{
    private static readonly PatientId Old = People.Patient(1);
    private static readonly PatientId New = People.Patient(2);
    private static readonly PatientId Third = People.Patient(3);

    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test
    private TestClient _operator = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _doctor = _host.As(People.Doctor);
        _operator = _host.As(People.Operator);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData(true)] // The person is known by the old number: the new one has no record yet.
    [InlineData(false)] // The new number came first: the old one had no record.
    public async Task Whoever_asks_under_either_number_is_answered_as_if_there_were_one(bool keptUnderOld)
    {
        var (kept, alias) = keptUnderOld ? (Old, New) : (New, Old);
        var person = Self(kept);
        await person.OpenRecordAsync(kept.ToWire());
        await person.AuthorizeAsync(kept.ToWire(), People.DoctorId);
        await _doctor.FollowAsync(kept.ToWire());
        var first = await _hospital.SubmitAsync(People.Document(kept));
        await using var watch = person.Watch(kept.ToWire(), 0);
        Assert.Equal(1, (await watch.NextAsync("the first document")).Sequence);

        Assert.False((await AliasAsync(Old, New)).AlreadyKnown);

        // Deposits under both numbers land in one index, and a unique id is unique in it.
        var second = await _hospital.SubmitAsync(People.Document(alias, "2", "two"));
        Assert.Equal(first.DocumentId, (await _hospital.SubmitAsync(People.Document(alias))).DocumentId);
        Assert.True((await _hospital.SubmitAsync(People.Document(kept, "2", "two"))).AlreadyKnown);
        await Waiting.RefusedAsync(
            () => _hospital.SubmitAsync(People.Document(alias, "1", "another")), RefusalCode.UniqueIdReused);
        Assert.Equal(1, await _host.VersionOfAsync(alias));

        // The watch that was open goes on without a gap, and a new one under the other number counts the same.
        var told = await watch.NextAsync("the second document");
        Assert.Equal((2, second.DocumentId), (told.Sequence, told.Document.DocumentId));
        await using var watchOfAlias = Self(alias).Watch(alias.ToWire(), 1);
        Assert.Equal(2, (await watchOfAlias.NextAsync("the same again")).Sequence);
        var third = await _hospital.SubmitAsync(People.Document(kept, "3", "three"));
        Assert.Equal(third.DocumentId, (await watchOfAlias.NextAsync("the third document")).Document.DocumentId);
        Assert.Equal(3, (await watch.NextAsync("the third document")).Sequence);

        // Contents, whichever number they came under, from both; and the doctor's inbox has all three.
        foreach (var patient in new[] { kept, alias })
        {
            foreach (var (receipt, text) in new[] { (first, "Hémoglobine 12,5 g/dL"), (second, "two"), (third, "three") })
            {
                var (entry, bytes) = await _doctor.ReadContentAsync(
                    new Wire.ReadContentRequest { Patient = patient.ToWire(), DocumentId = receipt.DocumentId });
                Assert.Equal(text, Encoding.UTF8.GetString(bytes));
                Assert.Equal(receipt.DocumentId, entry!.DocumentId);
            }
        }

        foreach (var patient in new[] { kept, alias })
        {
            var exported = new List<long>();
            await foreach (var chunk in Self(patient).Stream<Wire.ExportRecordRequest, Wire.ExportChunk>(
                "PatientRecords/ExportRecord", new Wire.ExportRecordRequest { Patient = patient.ToWire() }, default))
            {
                if (chunk.Summary is { } summary)
                    exported.Add(summary.Documents);
            }

            Assert.Equal([3L], exported);
        }

        await using var inbox = _doctor.WatchInbox(0);
        for (var i = 1; i <= 3; i++)
        {
            var item = await inbox.NextAsync($"item {i}");
            Assert.Equal((i, "AJOUT_DOCUMENT"), (item.Sequence, item.Code));
        }

        // Traces are the same from both; consent is one: a block under one number holds under the other, at once.
        var traces = await Self(alias).AccessesAsync(new Wire.ListAccessesRequest { Patient = alias.ToWire() });
        Assert.Equal(await person.AccessesAsync(new Wire.ListAccessesRequest { Patient = kept.ToWire() }), traces);
        Assert.True(traces.Traces.Count >= 6);
        await using var professionals = _doctor.Watch(kept.ToWire(), 3);
        await Self(alias).BlockAsync(alias.ToWire(), People.DoctorId);
        await professionals.EndsWithAsync(RefusalCode.AccessBlocked);
        foreach (var patient in new[] { kept, alias })
        {
            await Waiting.RefusedAsync(
                () => _doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = patient.ToWire() }), RefusalCode.AccessBlocked);
            var consents = await Self(patient).GetConsentsAsync(patient.ToWire());
            Assert.Equal(People.DoctorId, Assert.Single(consents.Blocks).ProfessionalId);
            Assert.Equal(3, (await Self(patient).GetRecordAsync(patient.ToWire())).Documents);
        }

        var report = await _hospital.CallAsync<Wire.TrackDeliveryRequest, Wire.DeliveryReport>(
            "DocumentExchange/TrackDelivery",
            new Wire.TrackDeliveryRequest { Patient = alias.ToWire(), UniqueId = "2.999.7^1" });
        Assert.Equal(first.DocumentId, report.DocumentId);
    }

    [Fact]
    public async Task Only_one_of_the_two_may_have_a_record_and_nothing_is_written_otherwise()
    {
        foreach (var bad in new Wire.Patient?[] { null, new() { Ins = "279035121518988", Oid = Old.Oid.Text() } })
        {
            var code = bad is null ? RefusalCode.InsMissing : RefusalCode.InsMalformed;
            await Waiting.RefusedAsync(() => AliasAsync(bad, New.ToWire()), code, "previous");
            await Waiting.RefusedAsync(() => AliasAsync(New.ToWire(), bad), code, "current");
        }

        await Waiting.RefusedAsync(() => AliasAsync(Old, Old), RefusalCode.MetadataInvalid, "current");
        await Waiting.RefusedAsync(() => AliasAsync(Old, New), RefusalCode.PatientUnknown, "previous");
        Assert.Equal(0, await _host.EntriesAsync());

        await _hospital.SubmitAsync(People.Document(Old));
        await _hospital.SubmitAsync(People.Document(New, "2", "two"));
        var before = await _host.PatientEntriesAsync();
        foreach (var (one, other) in new[] { (Old, New), (New, Old) })
        {
            var merge = await Assert.ThrowsAsync<RpcException>(() => AliasAsync(one, other));
            Assert.Equal(RpcStatusCode.Unimplemented, merge.Code);
            Assert.DoesNotContain(one.Number, merge.Detail, StringComparison.Ordinal);
        }

        Assert.Equal(before, await _host.PatientEntriesAsync());
        await Waiting.RefusedAsync(() => As(People.HospitalSystem), RefusalCode.CallerKindForbidden);

        Task<Wire.AddAliasResponse> As(Caller caller) => _host.As(caller).CallAsync<Wire.AddAliasRequest, Wire.AddAliasResponse>(
            "Operations/AddAlias", new Wire.AddAliasRequest { Previous = Old.ToWire(), Current = Third.ToWire() });
    }

    [Fact]
    public async Task Aliases_of_aliases_all_lead_to_the_one_record_and_no_circle_can_be_made()
    {
        await _hospital.SubmitAsync(People.Document(Old));
        await AliasAsync(Old, New);
        await AliasAsync(New, Third);
        foreach (var (one, other) in new[] { (Old, New), (New, Old), (Third, Old), (New, Third), (Third, New) })
            Assert.True((await AliasAsync(one, other)).AlreadyKnown);
        foreach (var alias in new[] { New, Third })
        {
            Assert.Equal(1, await _host.VersionOfAsync(alias));
            Assert.True((await _hospital.SubmitAsync(People.Document(alias))).AlreadyKnown);
        }

        // Two people are not made one over an alias of theirs.
        await _hospital.SubmitAsync(People.Document(People.Patient(4), "4", "four"));
        var merge = await Assert.ThrowsAsync<RpcException>(() => AliasAsync(Third, People.Patient(4)));
        Assert.Equal(RpcStatusCode.Unimplemented, merge.Code);
    }

    [Fact]
    public async Task A_closed_record_answers_as_closed_and_a_destroyed_one_is_none()
    {
        await Self(Old).OpenRecordAsync(Old.ToWire());
        await Self(Old).CloseRecordAsync(Old.ToWire());
        await AliasAsync(Old, New);
        await Waiting.RefusedAsync(() => _hospital.SubmitAsync(People.Document(New)), RefusalCode.RecordClosed);
        await Self(New).OpenRecordAsync(New.ToWire());
        await _hospital.SubmitAsync(People.Document(Old));

        await Self(Third).OpenRecordAsync(Third.ToWire());
        await Self(Third).CallAsync<Wire.CloseRecordRequest, Wire.CloseRecordResponse>(
            "Consents/CloseRecord", new Wire.CloseRecordRequest { Patient = Third.ToWire(), DeletionRequested = true });
        while ((await _host.Store.ReadAsync(Grains.GrainIds.Of(Third), 0, default)).Version < 6)
            await _host.Store.WaitForLogAsync(ShardOf(Third), await PositionOf(Third), TimeSpan.FromSeconds(1), default);
        await Waiting.RefusedAsync(() => AliasAsync(Third, People.Patient(4)), RefusalCode.PatientUnknown, "previous");
        Assert.Equal(0, await _host.VersionOfAsync(People.Patient(4)));

        int ShardOf(PatientId patient) => Grains.GrainIds.Of(patient).ShardOf(_host.Store.Shards);
        async Task<long> PositionOf(PatientId patient) => (await _host.Store.ReadPositionsAsync(default))[ShardOf(patient)];
    }

    [Fact]
    public async Task What_was_uploaded_for_a_number_before_it_became_an_alias_is_uploaded_again()
    {
        var bytes = Encoding.UTF8.GetBytes(new string('x', 10_000));
        var before = await _hospital.UploadAsync(New.ToWire(), bytes);
        await _hospital.SubmitAsync(People.Document(Old));
        await AliasAsync(Old, New);
        await Waiting.RefusedAsync(
            () => _hospital.SubmitAsync(Large(before.UploadId)), RefusalCode.TargetNotFound, "upload_id");

        var after = await _hospital.UploadAsync(New.ToWire(), bytes);
        var receipt = await _hospital.SubmitAsync(Large(after.UploadId));
        foreach (var patient in new[] { Old, New })
        {
            await Self(patient).OpenRecordAsync(patient.ToWire());
            var (_, read) = await Self(patient).ReadContentAsync(
                new Wire.ReadContentRequest { Patient = patient.ToWire(), DocumentId = receipt.DocumentId });
            Assert.True(bytes.AsSpan().SequenceEqual(read));
        }

        Wire.SubmitRequest Large(string upload)
        {
            var request = People.Document(New, "large");
            request.UploadId = upload;
            request.Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes));
            return request;
        }
    }

    [Fact]
    public async Task Whatever_races_with_it_is_either_before_it_or_in_the_one_record()
    {
        var (linked, apart) = (0, 0);
        for (var round = 0; round < 60; round++)
        {
            var (one, other) = (People.Patient(1000 + (2 * round)), People.Patient(1001 + (2 * round)));
            await _hospital.SubmitAsync(People.Document(one, $"{round}.0", "zero"));

            // In some rounds one of the two is first for certain, in the others they meet.
            var links = round % 3 == 0 ? Links() : [];
            await Task.WhenAll(links);
            var submitted = _hospital.SubmitAsync(People.Document(other, $"{round}.1", "one"));
            if (round % 3 == 1)
                await submitted;
            links = links.Length == 0 ? Links() : links;
            await Task.WhenAll(links);
            await submitted;
            Task<bool>[] Links() => [TryAsync(one, other), TryAsync(other, one)];
            var isLinked = await links[0] || await links[1];
            (linked, apart) = isLinked ? (linked + 1, apart) : (linked, apart + 1);
            foreach (var (patient, documents) in new[] { (one, isLinked ? 2 : 1), (other, isLinked ? 2 : 1) })
            {
                await Self(patient).OpenRecordAsync(patient.ToWire());
                Assert.Equal(documents, (await Self(patient).GetRecordAsync(patient.ToWire())).Documents);
            }
        }

        Assert.InRange(linked, 20, 40);
        Assert.InRange(apart, 20, 40);

        async Task<bool> TryAsync(PatientId one, PatientId other)
        {
            try
            {
                await AliasAsync(one, other);
                return true;
            }
            catch (RpcException refused) when (refused.Code == RpcStatusCode.Unimplemented)
            {
                return false;
            }
        }
    }

    private TestClient Self(PatientId patient) => _host.As(new Caller.Patient(patient));

    private Task<Wire.AddAliasResponse> AliasAsync(PatientId previous, PatientId current) =>
        AliasAsync(previous.ToWire(), current.ToWire());

    private Task<Wire.AddAliasResponse> AliasAsync(Wire.Patient? previous, Wire.Patient? current) =>
        _operator.CallAsync<Wire.AddAliasRequest, Wire.AddAliasResponse>(
            "Operations/AddAlias", new Wire.AddAliasRequest { Previous = previous, Current = current });
}
