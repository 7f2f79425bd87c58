using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Contents;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Synthetic;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

/// <summary>Large contents: uploaded in chunks, resumed, submitted, read; and everything that an upload can do wrong.</summary>
public sealed class UploadTests : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;

    private readonly PatientId _patient = People.Patient(1);
    private ServiceHost _host = null!; // ! set before each test

    private TestClient Producer => _host.As(People.HospitalSystem);

    public async Task InitializeAsync() => _host = await ServiceHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData((4 * Mebibyte) + 1)]
    [InlineData(ContentLimits.UploadBytesMax)]
    public async Task What_was_uploaded_is_submitted_and_read_as_it_was(int size)
    {
        var bytes = Bytes(size);
        var answer = await Producer.UploadAsync(_patient.ToWire(), bytes);
        Assert.Equal(size, answer.Size);
        Assert.Equal(size, answer.Received);
        Assert.Equal(SHA256.HashData(bytes), answer.Sha256.ToByteArray());

        var receipt = await Producer.SubmitAsync(Request(answer.UploadId, bytes));
        Assert.Equal(size, receipt.Size);
        Assert.False(receipt.AlreadyKnown);
        var again = await Producer.SubmitAsync(Request(answer.UploadId, bytes));
        Assert.True(again.AlreadyKnown);
        Assert.Equal(receipt.DocumentId, again.DocumentId);

        var owner = _host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        var (entry, read) = await owner.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient.ToWire(), DocumentId = receipt.DocumentId });
        Assert.Equal(size, entry?.Size);
        Assert.True(bytes.AsSpan().SequenceEqual(read));
        var offset = size / 3;
        var (_, rest) = await owner.ReadContentAsync(new Wire.ReadContentRequest
        {
            Patient = _patient.ToWire(), DocumentId = receipt.DocumentId, Offset = offset,
        });
        Assert.True(bytes.AsSpan(offset).SequenceEqual(rest));
    }

    [Fact]
    public async Task A_broken_upload_goes_on_where_it_stood()
    {
        var bytes = Bytes((5 * Mebibyte) + 3);
        var declaration = Declare(bytes);
        var opened = await Producer.SendAsync([new Wire.UploadChunk { Declaration = declaration }]);
        Assert.Equal(0, opened.Received);
        Assert.NotEqual("", opened.UploadId);
        declaration.UploadId = opened.UploadId;

        // The caller vanishes in the middle of a stream.
        var broken = Producer.Upload();
        await broken.WriteAsync(new Wire.UploadChunk { Declaration = declaration });
        await broken.WriteAsync(Chunk(bytes, 0, Mebibyte));
        await broken.WriteAsync(Chunk(bytes, Mebibyte, 1_000));
        await broken.DisposeAsync();
        var received = await AskUntilStillAsync(declaration);
        Assert.InRange(received, 0, Mebibyte + 1_000);

        // A stream that ends early by itself keeps what it brought.
        var end = Math.Min(bytes.Length, received + 700_000);
        var part = await Producer.SendAsync(
            [new Wire.UploadChunk { Declaration = declaration }, Chunk(bytes, (int)received, (int)(end - received))]);
        Assert.Equal(end, part.Received);

        var chunks = new List<Wire.UploadChunk> { new() { Declaration = declaration } };
        for (var at = (int)end; at < bytes.Length; at += Mebibyte)
            chunks.Add(Chunk(bytes, at, Math.Min(Mebibyte, bytes.Length - at)));
        var whole = await Producer.SendAsync(chunks);
        Assert.Equal(bytes.Length, whole.Received);
        Assert.Equal(bytes.Length, (await Producer.SendAsync([new Wire.UploadChunk { Declaration = declaration }])).Received);
        Assert.Equal(bytes.Length, (await Producer.SubmitAsync(Request(whole.UploadId, bytes))).Size);
    }

    [Fact]
    public async Task Half_an_upload_is_no_document()
    {
        var bytes = Bytes(2_000);
        var declaration = Declare(bytes);
        var opened = await Producer.SendAsync([new Wire.UploadChunk { Declaration = declaration }]);
        await Waiting.RefusedAsync(
            () => Producer.SubmitAsync(Request(opened.UploadId, bytes)), RefusalCode.TargetNotFound, "upload_id");
    }

    [Fact]
    public async Task An_upload_serves_its_producer_and_its_patient_alone()
    {
        var bytes = Bytes(2_000);
        var answer = await Producer.UploadAsync(_patient.ToWire(), bytes);
        var stranger = _host.As(People.OtherHospitalSystem);
        var request = Request(answer.UploadId, bytes);
        request.Metadata.Authors[0].OrganizationId = People.OtherHospital;
        request.Metadata.LegalAuthenticator.OrganizationId = People.OtherHospital;
        await Waiting.RefusedAsync(() => stranger.SubmitAsync(request), RefusalCode.TargetNotFound, "upload_id");
        var declaration = Declare(bytes);
        declaration.UploadId = answer.UploadId;
        await Waiting.RefusedAsync(
            () => stranger.SendAsync([new Wire.UploadChunk { Declaration = declaration }]), RefusalCode.TargetNotFound, "upload_id");

        var other = Request(answer.UploadId, bytes);
        other.Patient = People.Patient(2).ToWire();
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(other), RefusalCode.TargetNotFound, "upload_id");
        Assert.Equal(0, await _host.EntriesAsync());
    }

    [Fact]
    public async Task A_cda_that_was_uploaded_is_judged_like_any_other()
    {
        var sample = SyntheticDocuments.Generate(seed: 7, index: 3);
        var producer = _host.As(People.Producer(sample.StructureId.ToString()));
        var patient = sample.PatientId.ToWire();
        var padded = new byte[(6 * Mebibyte) + 5];
        padded.AsSpan().Fill((byte)' ');
        sample.Cda.CopyTo(padded, 0);

        var good = await producer.UploadAsync(patient, padded);
        var mismatch = CdaRequest(good.UploadId);
        mismatch.Metadata.UniqueId = "2.999.7^other";
        await Waiting.RefusedAsync(() => producer.SubmitAsync(mismatch), RefusalCode.CdaHeaderMismatch, "metadata.unique_id");
        var receipt = await producer.SubmitAsync(CdaRequest(good.UploadId));
        Assert.Equal(sample.UniqueId.ToString(), receipt.UniqueId);
        Assert.Equal(padded.Length, receipt.Size);

        // Not well-formed at its very end: found, although the header was long past.
        padded[^1] = (byte)'<';
        var bad = await producer.UploadAsync(patient, padded);
        await Waiting.RefusedAsync(() => producer.SubmitAsync(CdaRequest(bad.UploadId)), RefusalCode.MetadataInvalid);

        // A media type that hides a CDA does not pass its header by.
        var hidden = CdaRequest(good.UploadId);
        hidden.Metadata.MimeType = "application/pdf";
        await Waiting.RefusedAsync(() => producer.SubmitAsync(hidden), RefusalCode.CdaHeaderMismatch, "metadata.mime_type");

        static Wire.SubmitRequest CdaRequest(string upload) => new()
        {
            Metadata = new Wire.DocumentMetadata { Confidentiality = { Wire.Confidentiality.Normal } },
            UploadId = upload,
            InsQualified = true,
            InsQualifiedAt = People.Ago(TimeSpan.FromDays(1)),
            FeedingOpposition = Wire.FeedingOpposition.Ino,
        };
    }

    [Fact]
    public async Task A_media_type_or_a_hash_that_is_wrong_is_refused_as_in_a_request()
    {
        var bytes = Bytes(2_000);
        var answer = await Producer.UploadAsync(_patient.ToWire(), bytes);
        var mime = Request(answer.UploadId, bytes);
        mime.Metadata.MimeType = "application/x-msdownload";
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(mime), RefusalCode.MimeNotAllowed, "metadata.mime_type");
        var hash = Request(answer.UploadId, bytes);
        hash.Sha256 = ByteString.CopyFrom(SHA256.HashData([1]));
        await Waiting.RefusedAsync(() => Producer.SubmitAsync(hash), RefusalCode.HashMismatch, "sha256");
        var validated = Request(answer.UploadId, bytes);
        validated.ValidateOnly = true;
        Assert.Equal("", (await Producer.SubmitAsync(validated)).DocumentId);
        Assert.Equal(0, await _host.EntriesAsync());
    }

    public static TheoryData<string> Animals => [.. Zoo.Keys];

    private static readonly byte[] Content = Bytes(3_000);

    private static readonly Dictionary<string, (Func<Wire.UploadDeclaration, IEnumerable<Wire.UploadChunk>> Send, RefusalCode Code)> Zoo = new()
    {
        ["nothing"] = (_ => [], RefusalCode.MetadataInvalid),
        ["data first"] = (_ => [Chunk(Content, 0, 3_000)], RefusalCode.MetadataInvalid),
        ["empty message first"] = (_ => [new Wire.UploadChunk()], RefusalCode.MetadataInvalid),
        ["no patient"] = (d => [With(d, x => x.Patient = null)], RefusalCode.InsMissing),
        ["no size"] = (d => [With(d, x => x.Size = 0)], RefusalCode.MetadataInvalid),
        ["negative size"] = (d => [With(d, x => x.Size = -1)], RefusalCode.MetadataInvalid),
        ["a byte over the limit"] = (d => [With(d, x => x.Size = ContentLimits.UploadBytesMax + 1L)], RefusalCode.DocumentTooLarge),
        ["short hash"] = (d => [With(d, x => x.Sha256 = ByteString.CopyFrom(1, 2, 3))], RefusalCode.MetadataInvalid),
        ["upload that is not there"] = (d => [With(d, x => x.UploadId = "7d3f0c1e-52a4-4b8f-9a66-0d1c2b3a4f5e")], RefusalCode.TargetNotFound),
        ["upload of another spelling"] = (d => [With(d, x => x.UploadId = "../../etc/passwd")], RefusalCode.TargetNotFound),
        ["fewer bytes"] = (d => [Of(d), Chunk(Content, 0, 2_999)], RefusalCode.HashMismatch),
        ["one byte more"] = (d => [Of(d), Chunk(Content, 0, 3_000), new Wire.UploadChunk { Data = ByteString.CopyFrom(1), Offset = 3_000 }], RefusalCode.HashMismatch),
        ["other bytes"] = (d => [With(d, x => x.Sha256 = ByteString.CopyFrom(SHA256.HashData([1]))), Chunk(Content, 0, 3_000)], RefusalCode.HashMismatch),
        ["a gap"] = (d => [Of(d), Chunk(Content, 0, 1_000), Chunk(Content, 2_000, 1_000)], RefusalCode.HashMismatch),
        ["a chunk twice"] = (d => [Of(d), Chunk(Content, 0, 1_000), Chunk(Content, 0, 1_000)], RefusalCode.HashMismatch),
        ["chunks out of order"] = (d => [Of(d), Chunk(Content, 1_000, 2_000), Chunk(Content, 0, 1_000)], RefusalCode.HashMismatch),
        ["a negative offset"] = (d => [Of(d), new Wire.UploadChunk { Data = ByteString.CopyFrom(1), Offset = -1 }], RefusalCode.HashMismatch),
        ["an empty chunk"] = (d => [Of(d), new Wire.UploadChunk { Data = ByteString.Empty }], RefusalCode.MetadataInvalid),
        ["a message of nothing"] = (d => [Of(d), new Wire.UploadChunk()], RefusalCode.MetadataInvalid),
        ["declared twice"] = (d => [Of(d), Of(d)], RefusalCode.MetadataInvalid),
        ["a chunk over 1 MiB"] = (d => [With(d, x => x.Size = 2 * Mebibyte), new Wire.UploadChunk { Data = ByteString.CopyFrom(new byte[Mebibyte + 1]) }], RefusalCode.DocumentTooLarge),
    };

    [Theory]
    [MemberData(nameof(Animals))]
    public async Task What_an_upload_does_wrong_is_refused_and_leaves_nothing(string animal)
    {
        var (send, code) = Zoo[animal];
        var declaration = Declare(Content);
        await Waiting.RefusedAsync(() => Producer.SendAsync(send(declaration)), code);

        Assert.Empty(await _host.Dependencies.Contents.ListUnsettledAsync(DateTimeOffset.MaxValue, default, default));
        Assert.Equal(Content.Length, (await Producer.UploadAsync(_patient.ToWire(), Content)).Received);
    }

    [Fact]
    public async Task Another_declaration_of_the_same_upload_is_refused()
    {
        var declaration = Declare(Content);
        declaration.UploadId = (await Producer.SendAsync([Of(declaration)])).UploadId;
        foreach (var bend in (Action<Wire.UploadDeclaration>[])
            [d => d.Size--, d => d.Patient = People.Patient(2).ToWire(), d => d.Sha256 = ByteString.CopyFrom(SHA256.HashData([1]))])
        {
            var other = declaration.Clone();
            bend(other);
            await Waiting.RefusedAsync(() => Producer.SendAsync([Of(other)]), RefusalCode.MetadataInvalid, "declaration");
        }
    }

    [Fact]
    public async Task A_producer_has_a_bounded_number_of_uploads_without_a_document()
    {
        string last = "";
        for (var i = 0; i < ContentLimits.UnsettledPerOwnerMax; i++)
            last = (await Producer.UploadAsync(_patient.ToWire(), Content)).UploadId;
        var error = await Waiting.RefusedAsync(
            () => Producer.UploadAsync(_patient.ToWire(), Content), RefusalCode.Overloaded);
        Assert.NotNull(error.FindDetail<Google.Rpc.RetryInfo>());
        Assert.Equal(Content.Length, (await _host.As(People.OtherHospitalSystem).UploadAsync(_patient.ToWire(), Content)).Received);

        await Producer.SubmitAsync(Request(last, Content));
        await Producer.UploadAsync(_patient.ToWire(), Content);
    }

    private async Task<long> AskUntilStillAsync(Wire.UploadDeclaration declaration)
    {
        // The server hears of the end of a stream in its own time: two equal answers after a refusal-free question.
        var before = -1L;
        while (true)
        {
            var now = (await Producer.SendAsync([Of(declaration)])).Received;
            if (now == before && now > 0)
                return now;
            before = now;
            await Task.Yield();
        }
    }

    private Wire.UploadDeclaration Declare(byte[] bytes) => TestClient.Declare(_patient.ToWire(), bytes);

    private Wire.SubmitRequest Request(string upload, byte[] bytes)
    {
        var request = People.Document(_patient);
        request.UploadId = upload;
        request.Metadata.MimeType = "application/dicom";
        request.Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes));
        return request;
    }

    private static Wire.UploadChunk Of(Wire.UploadDeclaration declaration) => new() { Declaration = declaration };

    private static Wire.UploadChunk With(Wire.UploadDeclaration declaration, Action<Wire.UploadDeclaration> bend)
    {
        bend(declaration);
        return Of(declaration);
    }

    private static Wire.UploadChunk Chunk(byte[] bytes, int offset, int count) =>
        new() { Data = UnsafeByteOperations.UnsafeWrap(bytes.AsMemory(offset, count)), Offset = offset };

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
