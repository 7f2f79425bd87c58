using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Policies;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using Xunit;
using Wire = HealthGrains.Contracts.V1;

namespace HealthGrains.EndToEnd.Tests.Services;

public sealed class SubmitTests : IAsyncLifetime
{
    private readonly PatientId _patient = People.Patient(1);
    private ServiceHost _host = null!; // ! set before each test

    public async Task InitializeAsync() => _host = await ServiceHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public static TheoryData<string, RefusalCode, string> Animals()
    {
        var data = new TheoryData<string, RefusalCode, string>();
        foreach (var (name, animal) in Zoo)
            data.Add(name, animal.Code, animal.Field);
        return data;
    }

    private static readonly Dictionary<string, (Action<Wire.SubmitRequest> Bend, RefusalCode Code, string Field)> Zoo = new()
    {
        ["no patient"] = (r => r.Patient = null, RefusalCode.InsMissing, "patient"),
        ["no number"] = (r => r.Patient.Ins = "", RefusalCode.InsMissing, "patient.ins"),
        ["no oid"] = (r => r.Patient.Oid = "", RefusalCode.InsMissing, "patient.oid"),
        ["wrong key"] = (r => r.Patient.Ins = "279035121518988", RefusalCode.InsMalformed, "patient.ins"),
        ["13 characters"] = (r => r.Patient.Ins = "2790351215189", RefusalCode.InsMalformed, "patient.ins"),
        ["look-alike digits"] = (r => r.Patient.Ins = "２79035121518989", RefusalCode.InsMalformed, "patient.ins"),
        ["legacy oid"] = (r => r.Patient.Oid = "1.2.250.1.213.1.4.2", RefusalCode.InsMalformed, "patient.oid"),
        ["real person on a test server"] = (r => r.Patient.Oid = "1.2.250.1.213.1.4.8", RefusalCode.InsRealmMismatch, "patient.oid"),
        ["identity not qualified"] = (r => r.InsQualified = false, RefusalCode.InsNotQualified, "ins_qualified"),
        ["not qualified at any time"] = (r => r.InsQualifiedAt = null, RefusalCode.MetadataInvalid, "ins_qualified_at"),
        ["qualified tomorrow"] = (r => r.InsQualifiedAt = People.Ago(TimeSpan.FromDays(-1)), RefusalCode.MetadataInvalid, "ins_qualified_at"),
        ["opposition not stated"] = (r => r.FeedingOpposition = Wire.FeedingOpposition.Unspecified, RefusalCode.MetadataInvalid, "feeding_opposition"),
        ["opposition unknown"] = (r => r.FeedingOpposition = (Wire.FeedingOpposition)9, RefusalCode.MetadataInvalid, "feeding_opposition"),
        ["patient opposes"] = (r => r.FeedingOpposition = Wire.FeedingOpposition.Io, RefusalCode.FeedingOpposed, "feeding_opposition"),
        ["change unknown"] = (r => r.ChangeKind = (Wire.ChangeKind)9, RefusalCode.MetadataInvalid, "change_kind"),
        ["no metadata"] = (r => r.Metadata = null, RefusalCode.MetadataInvalid, "metadata.authors"),
        ["no unique id"] = (r => r.Metadata.UniqueId = "", RefusalCode.MetadataInvalid, "metadata.unique_id"),
        ["unique id is text"] = (r => r.Metadata.UniqueId = "document 1", RefusalCode.MetadataInvalid, "metadata.unique_id"),
        ["unique id too long"] = (r => r.Metadata.UniqueId = "2.999^" + new string('x', 300), RefusalCode.MetadataInvalid, "metadata.unique_id"),
        ["no title"] = (r => r.Metadata.Title = "", RefusalCode.MetadataInvalid, "metadata.title"),
        ["blank title"] = (r => r.Metadata.Title = "   ", RefusalCode.MetadataInvalid, "metadata.title"),
        ["title too long"] = (r => r.Metadata.Title = new string('a', 257), RefusalCode.MetadataInvalid, "metadata.title"),
        ["title with NUL"] = (r => r.Metadata.Title = "a\0b", RefusalCode.MetadataInvalid, "metadata.title"),
        ["title with a line end"] = (r => r.Metadata.Title = "a\nb", RefusalCode.MetadataInvalid, "metadata.title"),
        ["title turned around"] = (r => r.Metadata.Title = "fdp.\u202Eexe", RefusalCode.MetadataInvalid, "metadata.title"),
        ["title with isolates"] = (r => r.Metadata.Title = "\u2066x\u2069", RefusalCode.MetadataInvalid, "metadata.title"),
        ["no type"] = (r => r.Metadata.TypeCode = "", RefusalCode.MetadataInvalid, "metadata.type_code"),
        ["unknown type"] = (r => r.Metadata.TypeCode = "00000-0", RefusalCode.TypeUnknown, "metadata.type_code"),
        ["refused type"] = (r => r.Metadata.TypeCode = "E1762", RefusalCode.TypeUnknown, "metadata.type_code"),
        ["type of history"] = (r => r.Metadata.TypeCode = "10213-7", RefusalCode.TypeUnknown, "metadata.type_code"),
        ["type of patients"] = (r => r.Metadata.TypeCode = "EXPPAT_1", RefusalCode.TypeUnknown, "metadata.type_code"),
        ["no format"] = (r => r.Metadata.FormatCode = "", RefusalCode.MetadataInvalid, "metadata.format_code"),
        ["no media type"] = (r => r.Metadata.MimeType = "", RefusalCode.MetadataInvalid, "metadata.mime_type"),
        ["media type not taken"] = (r => r.Metadata.MimeType = "application/x-msdownload", RefusalCode.MimeNotAllowed, "metadata.mime_type"),
        ["no language"] = (r => r.Metadata.LanguageCode = "", RefusalCode.MetadataInvalid, "metadata.language_code"),
        ["language is a sentence"] = (r => r.Metadata.LanguageCode = "en français", RefusalCode.MetadataInvalid, "metadata.language_code"),
        ["no setting"] = (r => r.Metadata.PracticeSettingCode = "", RefusalCode.MetadataInvalid, "metadata.practice_setting_code"),
        ["unknown setting"] = (r => r.Metadata.PracticeSettingCode = "BEACH", RefusalCode.TypeUnknown, "metadata.practice_setting_code"),
        ["no facility"] = (r => r.Metadata.FacilityTypeCode = "", RefusalCode.MetadataInvalid, "metadata.facility_type_code"),
        ["unknown facility"] = (r => r.Metadata.FacilityTypeCode = "SA11", RefusalCode.TypeUnknown, "metadata.facility_type_code"),
        ["not written at any time"] = (r => r.Metadata.CreatedAt = null, RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["written in 1800"] = (r => r.Metadata.CreatedAt = Year(1800), RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["written in 9999"] = (r => r.Metadata.CreatedAt = Year(9999), RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["written in an hour"] = (r => r.Metadata.CreatedAt = People.Ago(TimeSpan.FromHours(-1)), RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["written at no time"] = (r => r.Metadata.CreatedAt = new Timestamp { Seconds = long.MaxValue }, RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["nanoseconds negative"] = (r => r.Metadata.CreatedAt = new Timestamp { Nanos = -1 }, RefusalCode.MetadataInvalid, "metadata.created_at"),
        ["no act"] = (r => r.Metadata.ServiceStart = null, RefusalCode.MetadataInvalid, "metadata.service_start"),
        ["act in 1800"] = (r => r.Metadata.ServiceStart = Year(1800), RefusalCode.MetadataInvalid, "metadata.service_start"),
        ["act until 9999"] = (r => r.Metadata.ServiceStop = Year(9999), RefusalCode.MetadataInvalid, "metadata.service_stop"),
        ["no author"] = (r => r.Metadata.Authors.Clear(), RefusalCode.MetadataInvalid, "metadata.authors"),
        ["51 authors"] = (r => r.Metadata.Authors.Add(Enumerable.Repeat(People.Author(), 50)), RefusalCode.MetadataInvalid, "metadata.authors"),
        ["author without number"] = (r => r.Metadata.Authors[0].Id = "", RefusalCode.MetadataInvalid, "metadata.authors[0].id"),
        ["author with a wrong digit"] = (r => r.Metadata.Authors[0].Id = "899700218895", RefusalCode.MetadataInvalid, "metadata.authors[0].id"),
        ["author of no known kind"] = (r => { r.Metadata.Authors[0].Kind = Wire.Author.Types.Kind.Unspecified; r.Metadata.Authors[0].Id = "3990000002/x"; }, RefusalCode.MetadataInvalid, "metadata.authors[0].kind"),
        ["author is another patient"] = (r => { r.Metadata.Authors[0].Kind = Wire.Author.Types.Kind.Patient; r.Metadata.Authors[0].Id = "279035121518989"; }, RefusalCode.MetadataInvalid, "metadata.authors[0].id"),
        ["author's name with NUL"] = (r => r.Metadata.Authors[0].Name = "a\0", RefusalCode.MetadataInvalid, "metadata.authors[0].name"),
        ["author's role with spaces"] = (r => r.Metadata.Authors[0].Role = "a b", RefusalCode.MetadataInvalid, "metadata.authors[0].role"),
        ["author's structure ill-formed"] = (r => r.Metadata.Authors[0].OrganizationId = "1990000003", RefusalCode.MetadataInvalid, "metadata.authors[0].organization_id"),
        ["second author's structure ill-formed"] = (r => r.Metadata.Authors.Add(People.Author("1990000003")), RefusalCode.MetadataInvalid, "metadata.authors[1].organization_id"),
        ["author of another structure"] = (r => r.Metadata.Authors[0].OrganizationId = People.OtherHospital, RefusalCode.StructureMismatch, ""),
        ["author of no structure"] = (r => r.Metadata.Authors[0].OrganizationId = "", RefusalCode.StructureMismatch, ""),
        ["nobody answers for it"] = (r => r.Metadata.LegalAuthenticator = null, RefusalCode.MetadataInvalid, "metadata.legal_authenticator"),
        ["confidentiality not stated"] = (r => r.Metadata.Confidentiality.Clear(), RefusalCode.MetadataInvalid, "metadata.confidentiality"),
        ["confidentiality unspecified"] = (r => r.Metadata.Confidentiality[0] = Wire.Confidentiality.Unspecified, RefusalCode.MetadataInvalid, "metadata.confidentiality"),
        ["confidentiality unknown"] = (r => r.Metadata.Confidentiality[0] = (Wire.Confidentiality)77, RefusalCode.MetadataInvalid, "metadata.confidentiality"),
        ["masked and hidden"] = (r => r.Metadata.Confidentiality.Add([Wire.Confidentiality.MaskedFromProfessionals, Wire.Confidentiality.HiddenFromPatient]), RefusalCode.LabelCombination, "metadata.confidentiality"),
        ["secret session without its label"] = (r => r.SecretSession = true, RefusalCode.LabelRequiredSecret, "metadata.confidentiality"),
        ["101 event codes"] = (r => r.Metadata.EventCodes.Add(Enumerable.Repeat("x", 101)), RefusalCode.MetadataInvalid, "metadata.event_codes"),
        ["empty event code"] = (r => r.Metadata.EventCodes.Add(""), RefusalCode.MetadataInvalid, "metadata.event_codes[0]"),
        ["101 references"] = (r => r.Metadata.ReferenceIds.Add(Enumerable.Repeat("x", 101)), RefusalCode.MetadataInvalid, "metadata.reference_ids"),
        ["reference too long"] = (r => r.Metadata.ReferenceIds.Add(new string('x', 257)), RefusalCode.MetadataInvalid, "metadata.reference_ids[0]"),
        ["comments too long"] = (r => r.Metadata.Comments = new string('x', 1001), RefusalCode.MetadataInvalid, "metadata.comments"),
        ["comments with escape"] = (r => r.Metadata.Comments = "\u001b[2J", RefusalCode.MetadataInvalid, "metadata.comments"),
        ["no content"] = (r => r.ClearSource(), RefusalCode.MetadataInvalid, "content"),
        ["0 bytes"] = (r => { r.Content = ByteString.Empty; r.Sha256 = ByteString.Empty; }, RefusalCode.MetadataInvalid, "content"),
        ["4 MiB and one"] = (r => { r.Content = ByteString.CopyFrom(new byte[(4 * 1024 * 1024) + 1]); r.Sha256 = ByteString.Empty; }, RefusalCode.DocumentTooLarge, "content"),
        ["an upload that is not there"] = (r => r.UploadId = "u-1", RefusalCode.TargetNotFound, "upload_id"),
        ["other bytes than declared"] = (r => r.Content = ByteString.CopyFromUtf8("other"), RefusalCode.HashMismatch, "sha256"),
        ["hash of 31 bytes"] = (r => r.Sha256 = ByteString.CopyFrom(new byte[31]), RefusalCode.MetadataInvalid, "sha256"),
        ["replaces no id"] = (r => r.Replaces = "the last one", RefusalCode.MetadataInvalid, "replaces"),
        ["replaces itself"] = (r => r.Replaces = r.Metadata.UniqueId, RefusalCode.MetadataInvalid, "replaces"),
        ["replaces before the original"] = (r => r.Replaces = "2.999.7^never", RefusalCode.TargetNotFound, "replaces"),
        ["twin of no id"] = (r => r.TwinOf = "the other one", RefusalCode.MetadataInvalid, "twin_of"),
        ["correlation id too long"] = (r => r.CorrelationId = new string('c', 129), RefusalCode.MetadataInvalid, "correlation_id"),
        ["says CDA and is text"] = (r => r.Metadata.MimeType = "text/xml", RefusalCode.MetadataInvalid, ""),
        ["DTD"] = (r => { r.Metadata.MimeType = "text/xml"; r.Content = ByteString.CopyFromUtf8("<!DOCTYPE a [<!ENTITY b \"c\">]><ClinicalDocument xmlns=\"urn:hl7-org:v3\">&b;</ClinicalDocument>"); r.Sha256 = ByteString.Empty; }, RefusalCode.MetadataInvalid, ""),
        ["CDA under another name"] = (r => { r.Content = ByteString.CopyFromUtf8("<ClinicalDocument xmlns=\"urn:hl7-org:v3\"/>"); r.Sha256 = ByteString.Empty; }, RefusalCode.MetadataInvalid, ""),
    };

    [Theory]
    [MemberData(nameof(Animals))]
    public async Task A_bad_submission_is_refused_by_name_and_stores_nothing(string animal, RefusalCode code, string field)
    {
        var hospital = _host.As(People.HospitalSystem);
        var request = People.Document(_patient);
        Zoo[animal].Bend(request);
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(request), code, field.Length > 0 ? field : null);
        Assert.Equal(0, await _host.EntriesAsync());

        Assert.False((await hospital.SubmitAsync(People.Document(_patient))).AlreadyKnown);
    }

    [Fact]
    public async Task A_refusal_says_nothing_of_the_patient()
    {
        var request = People.Document(_patient);
        request.Metadata.TypeCode = "00000-0";
        var error = await Waiting.RefusedAsync(
            () => _host.As(People.HospitalSystem).SubmitAsync(request), RefusalCode.TypeUnknown, "metadata.type_code");
        var told = error.Detail + string.Join(';', error.Details) + string.Join(';', error.Trailers);
        Assert.DoesNotContain(_patient.Number, told, StringComparison.Ordinal);
        Assert.DoesNotContain("00000-0", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receipt_says_what_was_accepted()
    {
        var request = People.Document(_patient);
        var receipt = await _host.As(People.HospitalSystem).SubmitAsync(request);
        Assert.True(Guid.TryParseExact(receipt.DocumentId, "D", out _));
        Assert.Equal("2.999.7^1", receipt.UniqueId);
        Assert.Equal(request.Sha256, receipt.Sha256);
        Assert.Equal(request.Content.Length, receipt.Size);
        Assert.Equal("10", receipt.ClassCode);
        Assert.Equal(1, receipt.Recipients);
        Assert.True(receipt.Position > 0);
        Assert.False(receipt.AlreadyKnown);
        Assert.Empty(receipt.Warnings);
    }

    [Fact]
    public async Task The_same_bytes_again_are_answered_like_the_first_time()
    {
        var hospital = _host.As(People.HospitalSystem);
        var first = await hospital.SubmitAsync(People.Document(_patient));
        var entries = await _host.EntriesAsync();
        var again = await hospital.SubmitAsync(People.Document(_patient));
        Assert.True(again.AlreadyKnown);
        again.AlreadyKnown = false;
        Assert.Equal(first, again);
        Assert.Equal(entries, await _host.VersionOfAsync(_patient) + await LedgerEntriesAsync());
    }

    [Fact]
    public async Task A_retry_is_answered_whatever_is_wrong_with_its_metadata_and_after_a_withdrawal()
    {
        var hospital = _host.As(People.HospitalSystem);
        var first = await hospital.SubmitAsync(People.Document(_patient));
        await hospital.WithdrawAsync(People.Withdrawal(_patient));
        var version = await _host.VersionOfAsync(_patient);

        var retry = People.Document(_patient);
        retry.Metadata.Title = "";
        retry.Metadata.TypeCode = "00000-0";
        var again = await hospital.SubmitAsync(retry);
        Assert.True(again.AlreadyKnown);
        Assert.Equal(first.DocumentId, again.DocumentId);
        Assert.Equal(version, await _host.VersionOfAsync(_patient));

        // The withdrawn document stays withdrawn.
        var owner = _host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        Assert.Empty((await owner.ListAsync(new Wire.ListDocumentsRequest { Patient = _patient.ToWire() })).Documents);
    }

    [Fact]
    public async Task Other_bytes_under_the_same_id_are_refused_before_anything_else()
    {
        var hospital = _host.As(People.HospitalSystem);
        await hospital.SubmitAsync(People.Document(_patient));
        var other = People.Document(_patient, text: "other bytes");
        other.Metadata.TypeCode = "00000-0";
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(other), RefusalCode.UniqueIdReused, "metadata.unique_id");
    }

    [Fact]
    public async Task A_closed_record_takes_nothing_and_says_so_before_metadata()
    {
        var hospital = _host.As(People.HospitalSystem);
        var owner = _host.As(new Caller.Patient(_patient));
        await hospital.SubmitAsync(People.Document(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        await owner.CloseRecordAsync(_patient.ToWire());
        var version = await _host.VersionOfAsync(_patient);
        var request = People.Document(_patient, "2", "two");
        request.Metadata.Title = "";
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(request), RefusalCode.RecordClosed, "patient");
        Assert.Equal(version, await _host.VersionOfAsync(_patient));
    }

    [Fact]
    public async Task Where_deposits_open_no_records_an_absent_one_is_unknown()
    {
        await using var strict = await ServiceHost.StartAsync(DomainPolicy.Default with { OpenOnFirstDeposit = false });
        await Waiting.RefusedAsync(
            () => strict.As(People.HospitalSystem).SubmitAsync(People.Document(_patient)), RefusalCode.PatientUnknown, "patient");
        Assert.Equal(0, await strict.EntriesAsync());
    }

    [Fact]
    public async Task Validation_says_who_would_be_told_and_stores_nothing()
    {
        var request = People.Document(_patient);
        request.ValidateOnly = true;
        var receipt = await _host.As(People.HospitalSystem).SubmitAsync(request);
        Assert.Equal("", receipt.DocumentId);
        Assert.Equal(0, receipt.Position);
        Assert.Equal(1, receipt.Recipients);
        Assert.Equal(0, await _host.EntriesAsync());
    }

    [Fact]
    public async Task Odd_times_and_formats_are_kept_with_a_notice()
    {
        var request = People.Document(_patient);
        request.Metadata.ServiceStart = People.Ago(TimeSpan.FromHours(1));
        request.Metadata.FormatCode = "urn:example:unknown";
        var receipt = await _host.As(People.HospitalSystem).SubmitAsync(request);
        Assert.Equal(["TIMES_OUT_OF_ORDER", "FORMAT_UNKNOWN"], receipt.Warnings);
    }

    [Fact]
    public async Task Lenient_servers_keep_failing_check_digits_with_a_notice()
    {
        await using var lenient = await ServiceHost.StartAsync(change: d => d with
        {
            Identity = new IdentityRules { LenientRpps = true, LenientFiness = true },
        });
        var request = People.Document(_patient);
        request.Metadata.Authors.Add(People.Author("1990000003"));
        request.Metadata.Authors[1].Id = "899700218895";
        var receipt = await lenient.As(People.HospitalSystem).SubmitAsync(request);
        Assert.Equal(["PROFESSIONAL_ID_CHECK", "STRUCTURE_ID_CHECK"], receipt.Warnings);
    }

    [Fact]
    public async Task Exactly_4_MiB_are_taken_and_come_back()
    {
        var hospital = _host.As(People.HospitalSystem);
        var request = People.Document(_patient);
        var bytes = new byte[4 * 1024 * 1024];
        new Random(4).NextBytes(bytes);
        request.Metadata.MimeType = "application/pdf";
        request.Content = ByteString.CopyFrom(bytes);
        request.Sha256 = ByteString.Empty;
        Assert.Equal(bytes.Length, (await hospital.SubmitAsync(request)).Size);

        var owner = _host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        var (entry, read) = await owner.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient.ToWire(), UniqueId = "2.999.7^1" });
        Assert.Equal(bytes, read);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(read), entry!.Sha256.ToByteArray());

        (_, read) = await owner.ReadContentAsync(
            new Wire.ReadContentRequest { Patient = _patient.ToWire(), UniqueId = "2.999.7^1", Offset = 300_000 });
        Assert.Equal(bytes[300_000..], read);
    }

    [Fact]
    public async Task A_system_may_deposit_on_behalf_of_another_structure()
    {
        var engine = _host.As(People.Producer(People.OtherHospital, People.Hospital));
        Assert.NotEqual("", (await engine.SubmitAsync(People.Document(_patient))).DocumentId);
    }

    [Fact]
    public async Task A_listed_depositor_may_deposit_and_only_for_whom_it_is_listed()
    {
        await using var host = await ServiceHost.StartAsync(change: d => d with
        {
            DepositsFor = (system, structure) =>
                system.ToString() == People.OtherHospital && structure.ToString() == People.Hospital,
        });
        var listed = host.As(People.OtherHospitalSystem);
        Assert.NotEqual("", (await listed.SubmitAsync(People.Document(_patient))).DocumentId);
        var request = People.Document(_patient, "2", "two");
        request.Metadata.Authors[0].OrganizationId = People.Practice;
        await Waiting.RefusedAsync(() => listed.SubmitAsync(request), RefusalCode.StructureMismatch);
    }

    [Fact]
    public async Task Only_the_head_is_replaced_by_its_authors_and_a_loser_is_told_the_head()
    {
        var hospital = _host.As(People.HospitalSystem);
        await hospital.SubmitAsync(People.Document(_patient));
        var next = People.Document(_patient, "2", "two");
        next.Replaces = "2.999.7^1";
        var second = await hospital.SubmitAsync(next);

        var late = People.Document(_patient, "3", "three");
        late.Replaces = "2.999.7^1";
        var version = await _host.VersionOfAsync(_patient);
        var stale = await Waiting.RefusedAsync(() => hospital.SubmitAsync(late), RefusalCode.StaleVersion, "replaces");
        var info = stale.FindDetail<Google.Rpc.ErrorInfo>()!;
        Assert.Equal(second.DocumentId, info.Metadata["head_document_id"]);
        Assert.Equal("2.999.7^2", info.Metadata["head_unique_id"]);
        Assert.Equal("1", info.Metadata["head_entry_version"]);

        var foreign = People.Document(_patient, "4", "four");
        foreign.Replaces = "2.999.7^2";
        foreign.Metadata.Authors[0].OrganizationId = People.OtherHospital;
        await Waiting.RefusedAsync(
            () => _host.As(People.OtherHospitalSystem).SubmitAsync(foreign), RefusalCode.NotAuthor, "replaces");

        var otherType = People.Document(_patient, "5", "five");
        otherType.Replaces = "2.999.7^2";
        otherType.Metadata.TypeCode = "34112-3";
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(otherType), RefusalCode.MetadataInvalid, "metadata.type_code");
        Assert.Equal(version, await _host.VersionOfAsync(_patient));

        var owner = _host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        var old = await owner.GetDocumentAsync(
            new Wire.GetDocumentRequest { Patient = _patient.ToWire(), UniqueId = "2.999.7^1" });
        Assert.Equal(Wire.DocumentStatus.Deprecated, old.Status);
        Assert.Equal("2.999.7^2", old.ReplacedBy);
        Assert.Contains("SUPERSEDED", old.Warnings);
    }

    [Fact]
    public async Task Twins_are_replaced_and_withdrawn_together()
    {
        var hospital = _host.As(People.HospitalSystem);
        await hospital.SubmitAsync(People.Document(_patient));
        var twin = People.Document(_patient, "2", "two");
        twin.TwinOf = "2.999.7^1";
        await hospital.SubmitAsync(twin);

        var alone = People.Document(_patient, "3", "three");
        alone.Replaces = "2.999.7^1";
        await Waiting.RefusedAsync(() => hospital.SubmitAsync(alone), RefusalCode.TwinMissing, "twin_of");
        await Waiting.RefusedAsync(
            () => hospital.WithdrawAsync(People.Withdrawal(_patient)), RefusalCode.TwinMissing, "twin_of");

        var both = People.Withdrawal(_patient);
        both.TwinOf = "2.999.7^2";
        Assert.False((await hospital.WithdrawAsync(both)).AlreadyWithdrawn);
        Assert.True((await hospital.WithdrawAsync(People.Withdrawal(_patient, "2"))).AlreadyWithdrawn);
    }

    [Fact]
    public async Task A_withdrawal_is_the_authors_and_final()
    {
        var hospital = _host.As(People.HospitalSystem);
        var receipt = await hospital.SubmitAsync(People.Document(_patient));
        await Waiting.RefusedAsync(
            () => _host.As(People.OtherHospitalSystem).WithdrawAsync(People.Withdrawal(_patient)), RefusalCode.NotAuthor, "unique_id");
        await Waiting.RefusedAsync(
            () => hospital.WithdrawAsync(People.Withdrawal(_patient, "9")), RefusalCode.TargetNotFound, "unique_id");
        var unqualified = People.Withdrawal(_patient);
        unqualified.InsQualified = false;
        await Waiting.RefusedAsync(() => hospital.WithdrawAsync(unqualified), RefusalCode.InsNotQualified, "ins_qualified");
        var wordy = People.Withdrawal(_patient);
        wordy.Reason = new string('x', 1001);
        await Waiting.RefusedAsync(() => hospital.WithdrawAsync(wordy), RefusalCode.MetadataInvalid, "reason");

        var first = await hospital.WithdrawAsync(People.Withdrawal(_patient));
        Assert.Equal(receipt.DocumentId, first.DocumentId);
        Assert.Equal(2, first.EntryVersion);
        Assert.False(first.AlreadyWithdrawn);
        var again = await hospital.WithdrawAsync(People.Withdrawal(_patient));
        Assert.True(again.AlreadyWithdrawn);
        Assert.Equal(first.WithdrawnAt, again.WithdrawnAt);

        var owner = _host.As(new Caller.Patient(_patient));
        await owner.OpenRecordAsync(_patient.ToWire());
        await Waiting.RefusedAsync(
            () => owner.GetDocumentAsync(new Wire.GetDocumentRequest { Patient = _patient.ToWire(), UniqueId = "2.999.7^1" }),
            RefusalCode.DocumentNotFound);
    }

    [Fact]
    public async Task Patients_deposit_and_withdraw_documents_of_their_own_and_no_others()
    {
        var owner = _host.As(new Caller.Patient(_patient));
        var own = People.Document(_patient);
        own.Metadata.TypeCode = "DOCPAT03";
        own.Metadata.Authors[0] = new Wire.Author { Kind = Wire.Author.Types.Kind.Patient, Id = _patient.Number, Name = "moi" };
        own.Metadata.LegalAuthenticator = own.Metadata.Authors[0].Clone();
        own.InsQualified = false;

        // Before activation, and for somebody else.
        await _host.As(People.HospitalSystem).SubmitAsync(People.Document(_patient, "hospital"));
        await Waiting.RefusedAsync(() => owner.SubmitAsync(own), RefusalCode.RecordNotActivated, "patient");
        await owner.OpenRecordAsync(_patient.ToWire());
        var foreign = own.Clone();
        foreign.Patient = People.Patient(2).ToWire();
        foreign.Metadata.Authors[0].Id = People.Patient(2).Number;
        await Waiting.RefusedAsync(() => owner.SubmitAsync(foreign), RefusalCode.DelegationForbidden, "patient");

        var clinical = own.Clone();
        clinical.Metadata.TypeCode = "11502-2";
        await Waiting.RefusedAsync(() => owner.SubmitAsync(clinical), RefusalCode.TypeUnknown, "metadata.type_code");
        var doctor = own.Clone();
        doctor.Metadata.Authors[0] = People.Author();
        await Waiting.RefusedAsync(() => owner.SubmitAsync(doctor), RefusalCode.MetadataInvalid, "metadata.authors[0].kind");
        var media = own.Clone();
        media.Metadata.MimeType = "application/dicom";
        await Waiting.RefusedAsync(() => owner.SubmitAsync(media), RefusalCode.MimeNotAllowed, "metadata.mime_type");

        await owner.SubmitAsync(own);
        await Waiting.RefusedAsync(
            () => owner.WithdrawAsync(People.Withdrawal(_patient, "hospital")), RefusalCode.NotAuthor, "unique_id");
        Assert.False((await owner.WithdrawAsync(People.Withdrawal(_patient))).AlreadyWithdrawn);
    }

    [Theory]
    [InlineData(JournalFault.Busy, RpcStatusCode.ResourceExhausted, RefusalCode.Overloaded)]
    [InlineData(JournalFault.DiskFull, RpcStatusCode.ResourceExhausted, RefusalCode.Overloaded)]
    [InlineData(JournalFault.Away, RpcStatusCode.Unavailable, RefusalCode.TemporarilyUnavailable)]
    [InlineData(JournalFault.UnknownNotWritten, RpcStatusCode.Unavailable, RefusalCode.TemporarilyUnavailable)]
    [InlineData(JournalFault.UnknownWritten, RpcStatusCode.Unavailable, RefusalCode.TemporarilyUnavailable)]
    public async Task A_store_that_fails_is_a_status_with_RetryInfo_and_a_retry_settles_it(
        JournalFault fault, RpcStatusCode status, RefusalCode code)
    {
        var hospital = _host.As(People.HospitalSystem);
        _host.Store.Faults.FailNextAppend(fault, turn => turn.Journal.Kind == JournalKind.Patient);
        var error = await Waiting.RefusedAsync(() => hospital.SubmitAsync(People.Document(_patient)), code);
        Assert.Equal(status, error.Code);
        Assert.NotNull(error.FindDetail<Google.Rpc.RetryInfo>());
        Assert.Equal(1, _host.Store.Faults.Met);

        var retry = await hospital.SubmitAsync(People.Document(_patient));
        Assert.Equal(fault == JournalFault.UnknownWritten, retry.AlreadyKnown);
    }

    private async Task<long> LedgerEntriesAsync() => (await _host.Store.ReadAsync(
        Grains.GrainIds.SenderOf(StructureId.Parse(People.Hospital)), 0, CancellationToken.None)).Version;

    private static Timestamp Year(int year) =>
        Timestamp.FromDateTimeOffset(new DateTimeOffset(year, 6, 1, 0, 0, 0, TimeSpan.Zero));
}
