using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using HealthGrains.Domain.Aliases;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Two numbers of one person that both have a record become one, as callers see it.</summary>
public sealed class MergeTests : IAsyncLifetime
{
    private static readonly PatientId Old = People.Patient(1);
    private static readonly PatientId New = People.Patient(2);

    private ServiceHost _host = null!; // ! set before each test
    private TestClient _hospital = null!; // ! set before each test
    private TestClient _doctor = null!; // ! set before each test

    public async Task InitializeAsync()
    {
        _host = await ServiceHost.StartAsync();
        _hospital = _host.As(People.HospitalSystem);
        _doctor = _host.As(People.Doctor);
        foreach (var number in new[] { Old, New })
        {
            await Self(number).OpenRecordAsync(number.ToWire());
            await Self(number).AuthorizeAsync(number.ToWire(), People.DoctorId);
        }
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Both_numbers_answer_as_one_record()
    {
        await _doctor.FollowAsync(Old.ToWire());
        var bytes = Encoding.UTF8.GetBytes(new string('x', 10_000));
        var upload = await _hospital.UploadAsync(Old.ToWire(), bytes);
        var large = People.Document(Old, "9", "large");
        large.ClearContent();
        large.UploadId = upload.UploadId;
        large.Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes));
        var uploaded = await _hospital.SubmitAsync(large);
        var first = await _hospital.SubmitAsync(People.Document(Old, "1", "old one"));
        await _hospital.SubmitAsync(People.Document(Old, "2", "both"));
        var kept = await _hospital.SubmitAsync(People.Document(New, "2", "both"));
        var third = await _hospital.SubmitAsync(People.Document(New, "3", "new three"));
        await _hospital.SubmitAsync(People.Document(Old, "4", "other bytes"));
        await _hospital.SubmitAsync(People.Document(New, "4", "than these"));
        await using var watch = Self(Old).Watch(Old.ToWire(), 2);
        Assert.Equal(3, (await watch.NextAsync("the third of four")).Sequence);

        var answer = await AliasAsync(Old, New);
        Assert.True(answer is { Merged: true, AlreadyKnown: false, Documents: 4, SameDocuments: 1, UniqueIdsApart: 1 });
        Assert.True((await AliasAsync(New, Old)).AlreadyKnown);

        // The stream that was open is told to come again; with its cursor, it goes on where it was.
        while (true)
        {
            try
            {
                await watch.NextAsync("the end");
            }
            catch (Rpc.RpcException ended)
            {
                Assert.Equal(Rpc.RpcStatusCode.Unavailable, ended.Code);
                break;
            }
        }

        // Seven items for both, each number with its own first; nothing is missing from either cursor.
        Assert.Equal(7, (await Self(Old).GetRecordAsync(Old.ToWire())).Sequence);
        Assert.Equal(7, (await Self(New).GetRecordAsync(New.ToWire())).Sequence);
        Assert.Equal(
            [.. (await ToldAsync(Old)).Skip(4), .. (await ToldAsync(Old)).Take(4)],
            (await ToldAsync(New)).ToList());
        Assert.Equal(uploaded.DocumentId, (await ToldAsync(Old))[0]);
        Assert.Equal(kept.DocumentId, (await ToldAsync(New))[0]);
        await using var again = Self(Old).Watch(Old.ToWire(), 4);
        Assert.Equal((5, kept.DocumentId), await Next());
        await using var ofNew = Self(New).Watch(New.ToWire(), 6);
        Assert.Equal(7, (await ofNew.NextAsync("the last of the old record")).Sequence);

        // One index, by either number and either id; contents wherever they were written; one unique id for both.
        foreach (var number in new[] { Old, New })
        {
            Assert.Equal(6, (await Self(number).GetRecordAsync(number.ToWire())).Documents);
            foreach (var (id, text) in new[] { (first.DocumentId, "old one"), (third.DocumentId, "new three"), (kept.DocumentId, "both") })
            {
                var (_, read) = await _doctor.ReadContentAsync(
                    new Wire.ReadContentRequest { Patient = number.ToWire(), DocumentId = id });
                Assert.Equal(text, Encoding.UTF8.GetString(read));
            }

            var (_, whole) = await _doctor.ReadContentAsync(
                new Wire.ReadContentRequest { Patient = number.ToWire(), DocumentId = uploaded.DocumentId });
            Assert.True(bytes.AsSpan().SequenceEqual(whole));
            Assert.True((await _hospital.SubmitAsync(People.Document(number, "4", "other bytes"))).AlreadyKnown);
            Assert.True((await _hospital.SubmitAsync(People.Document(number, "4", "than these"))).AlreadyKnown);
            await Waiting.RefusedAsync(
                () => _hospital.SubmitAsync(People.Document(number, "4", "third bytes")), RefusalCode.UniqueIdReused);
            var report = await _hospital.CallAsync<Wire.TrackDeliveryRequest, Wire.DeliveryReport>(
                "DocumentExchange/TrackDelivery", new Wire.TrackDeliveryRequest { Patient = number.ToWire(), UniqueId = "2.999.7^1" });
            Assert.Equal(first.DocumentId, report.DocumentId);
            var verified = await _host.As(People.Operator).CallAsync<Wire.VerifyRecordRequest, Wire.VerifyRecordResponse>(
                "Operations/VerifyRecord", new Wire.VerifyRecordRequest { Patient = number.ToWire() });
            Assert.Null(verified.FirstBad);
            var exported = new List<long>();
            await foreach (var chunk in Self(number).Stream<Wire.ExportRecordRequest, Wire.ExportChunk>(
                "PatientRecords/ExportRecord",
                new Wire.ExportRecordRequest { Patient = number.ToWire() },
                default))
            {
                if (chunk.Summary is { } summary)
                    exported.Add(summary.Documents);
            }

            Assert.Equal([6L], exported);
        }

        // Who followed the old record is told of what comes, under whichever number, and of nothing again.
        var next = await _hospital.SubmitAsync(People.Document(New, "5", "five"));
        Assert.Equal(next.DocumentId, (await again.NextAsync("six")).Document.DocumentId == next.DocumentId ? next.DocumentId : await SkipTo(next.DocumentId));
        await using var inbox = _doctor.WatchInbox(0);
        var told = new List<string>();
        for (var i = 1; i <= 5; i++)
            told.Add((await inbox.NextAsync($"item {i}")).DocumentId);
        Assert.Equal(5, told.Distinct().Count());
        Assert.Equal(next.DocumentId, told[^1]);

        // A block under one number holds under both, at once.
        await Self(Old).BlockAsync(Old.ToWire(), People.DoctorId);
        foreach (var number in new[] { Old, New })
        {
            await Waiting.RefusedAsync(
                () => _doctor.ListAsync(new Wire.ListDocumentsRequest { Patient = number.ToWire() }), RefusalCode.AccessBlocked);
        }

        async Task<(long, string)> Next()
        {
            var change = await again.NextAsync("the first of the new record");
            return (change.Sequence, change.Document.DocumentId);
        }

        async Task<string> SkipTo(string id)
        {
            while ((await again.NextAsync("the new document")).Document?.DocumentId != id)
            {
                // What both records had told before.
            }

            return id;
        }
    }

    [Fact]
    public async Task Page_tokens_and_numbers_of_before_are_told_to_begin_again()
    {
        var number = (await Self(Old).GetConsentsAsync(Old.ToWire())).Authorizations[0].AuthorizationId;
        foreach (var patient in new[] { Old, New })
        {
            for (var i = 0; i < 3; i++)
                await _hospital.SubmitAsync(People.Document(patient, $"{patient.Number[..5]}{i}{(patient == Old ? 1 : 2)}", "text"));
        }

        var tokens = new List<(PatientId Patient, string Token)>();
        foreach (var patient in new[] { Old, New })
        {
            tokens.Add((patient, (await Self(patient).ListAsync(
                new Wire.ListDocumentsRequest { Patient = patient.ToWire(), PageSize = 1 })).NextPageToken));
        }

        await AliasAsync(Old, New);
        foreach (var (patient, token) in tokens)
        {
            Assert.NotEqual("", token);
            await Waiting.RefusedAsync(
                () => Self(patient).ListAsync(
                    new Wire.ListDocumentsRequest { Patient = patient.ToWire(), PageSize = 1, PageToken = token }),
                RefusalCode.CursorExpired, "page_token");
            Assert.Equal(6, (await Self(patient).ListAsync(
                new Wire.ListDocumentsRequest { Patient = patient.ToWire() })).Documents.Count);
        }

        await Waiting.RefusedAsync(
            () => Self(Old).CallAsync<Wire.RevokeAuthorizationRequest, Wire.RevokeAuthorizationResponse>(
                "Consents/RevokeAuthorization",
                new Wire.RevokeAuthorizationRequest { Patient = Old.ToWire(), AuthorizationId = number }),
            RefusalCode.TargetNotFound);
    }

    [Fact]
    public async Task While_it_lasts_the_old_number_says_try_again_and_nobody_is_answered_wrongly()
    {
        await _hospital.SubmitAsync(People.Document(Old, "1", "one"));
        await _hospital.SubmitAsync(People.Document(New, "2", "two"));

        // As it stands after the first step, before anybody goes on: nobody sees to what is due.
        await _host.StopDutiesAsync();
        var begun = await _host.Dependencies.Engine.AskAsync(GrainIds.Of(Old), new BeginMerge(New, Domain.Actors.Actor.System), default);
        Assert.True(begun.Value.IsMoving);
        foreach (var call in new Func<Task>[]
        {
            () => Self(Old).GetRecordAsync(Old.ToWire()),
            () => _hospital.SubmitAsync(People.Document(Old, "3", "three")),
            () => Self(Old).BlockAsync(Old.ToWire(), People.DoctorId),
            () => _hospital.UploadAsync(Old.ToWire(), new byte[10]),
        })
        {
            var refused = await Assert.ThrowsAsync<Rpc.RpcException>(call);
            Assert.Equal(Rpc.RpcStatusCode.Unavailable, refused.Code);
        }

        // The operator asks again, and it is finished.
        var answer = await AliasAsync(Old, New);
        Assert.True(answer.Merged);
        Assert.Equal(2, (await Self(Old).GetRecordAsync(Old.ToWire())).Documents);
    }

    [Fact]
    public async Task A_closed_record_is_refused_and_stays_as_it_is()
    {
        await _hospital.SubmitAsync(People.Document(Old, "1", "one"));
        await Self(New).CloseRecordAsync(New.ToWire());
        var before = await _host.PatientEntriesAsync();
        foreach (var (one, other) in new[] { (Old, New), (New, Old) })
            await Waiting.RefusedAsync(() => AliasAsync(one, other), RefusalCode.RecordClosed, "previous");
        Assert.Equal(before, await _host.PatientEntriesAsync());
        await Self(New).OpenRecordAsync(New.ToWire());
        Assert.True((await AliasAsync(Old, New)).Merged);
    }

    private async Task<List<string>> ToldAsync(PatientId number)
    {
        var told = new List<string>();
        for (var cursor = 0L; ;)
        {
            var page = await Self(number).CallAsync<Wire.ChangesSinceRequest, Wire.ChangesSinceResponse>(
                "PatientRecords/ChangesSince",
                new Wire.ChangesSinceRequest { Patient = number.ToWire(), AfterSequence = cursor, PageSize = 2 });
            told.AddRange(page.Changes.Select(change => change.Document?.DocumentId ?? ""));
            Assert.Equal(cursor + page.Changes.Count, page.NextSequence);
            if (!page.HasMore)
                return told;
            cursor = page.NextSequence;
        }
    }

    private TestClient Self(PatientId patient) => _host.As(new Caller.Patient(patient));

    private Task<Wire.AddAliasResponse> AliasAsync(PatientId previous, PatientId current) =>
        _host.As(People.Operator).CallAsync<Wire.AddAliasRequest, Wire.AddAliasResponse>(
            "Operations/AddAlias", new Wire.AddAliasRequest { Previous = previous.ToWire(), Current = current.ToWire() });
}
