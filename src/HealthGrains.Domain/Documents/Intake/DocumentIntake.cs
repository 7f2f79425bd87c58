using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Records;
using HealthGrains.Domain.Refusals;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents.Intake;

/// <summary>From what a request states to a submission that the patient's turn can decide.</summary>
/// <remarks>
/// <para>The order of the checks is part of the contract: caller, shape of the ids, idempotency, record open, metadata, CDA
/// cross-check, labels, replacement target and author. The first two are answered here, since without them no record can be
/// asked; the turn answers idempotency and the state of the record; what is wrong with metadata, header and labels is found
/// here and goes along as <see cref="SubmitDocument.Problem"/>, to be answered in its place.</para>
/// <para>A header that cannot be read leaves open whose document it is and who wrote it. If the request states both, the
/// order holds; else that refusal is the first that can be given.</para>
/// <para>The content is read twice and copied never: once for its hash, once for its header. One that was uploaded was
/// read by whoever took it in (<see cref="UploadedContent"/>) and is judged by the same rules.</para>
/// </remarks>
public static class DocumentIntake
{
    /// <param name="stated">As received.</param>
    /// <param name="by">The depositor: a facility, the patient, or who acts for the patient.</param>
    /// <param name="own">Whose token it is, when a patient deposits; else none.</param>
    /// <param name="newId">The id that the document gets if it is new.</param>
    /// <param name="rules">Parameters and value sets.</param>
    /// <param name="now">The server's time, UTC.</param>
    public static IntakeResult Prepare(
        SubmissionStatement stated, Actor by, PatientId own, DocumentId newId, IntakeRules rules, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(stated);
        ArgumentNullException.ThrowIfNull(by);
        ArgumentNullException.ThrowIfNull(rules);
        var byPatient = by.IsPatientSide;
        var content = stated.Content ?? default;
        var uploaded = stated.Uploaded;
        var contentProblem = uploaded is null ? CheckContent(stated.Content, byPatient) : CheckUploaded(uploaded, byPatient);

        CdaHeader? header = null;
        if (uploaded is not null)
        {
            header = contentProblem is null ? uploaded.Cda?.Header : null;
            contentProblem ??= uploaded.Cda?.Refusal;
        }
        else if (contentProblem is null && MediaTypes.IsCda(stated.Metadata.MimeType, content.Span))
        {
            var read = CdaHeaderReader.Read(content, rules.Identity, rules.Codes);
            header = read.Header;
            contentProblem = read.Refusal;
        }

        // 1. The caller. Nothing of a record is told to who does not speak for the document.
        if (DepositorRules.Check(by, stated.Metadata, header, rules) is { } caller)
            return IntakeResult.Refused(Prefer(caller, contentProblem));

        // 2. Shape of the ids.
        if (TryIdentify(stated, header, contentProblem, rules, out var patient, out var uniqueId) is { } identity)
            return IntakeResult.Refused(identity);

        // Whose delegate somebody is, the record itself knows.
        if (by.Kind == ActorKind.Patient && patient != own)
        {
            return IntakeResult.Refused(new Refusal(
                RefusalCode.DelegationForbidden, "The caller has no right to this record.", "patient"));
        }

        if (!byPatient && !stated.InsQualified)
        {
            return IntakeResult.Refused(new Refusal(
                RefusalCode.InsNotQualified, "Only a qualified INS is taken: confirmed, and checked on the person.", "ins_qualified"));
        }

        // 3. What the turn answers after idempotency and the state of the record.
        var check = new MetadataRules(stated, header, patient, byPatient, rules, now);
        var refsProblem = ReadRelations(stated, header, out var replaces, out var twinOf);
        var metadataProblem = check.Complete(uniqueId, out var metadata);
        var sha256 = uploaded?.Sha256 ?? Sha256.Of(content.Span);
        var problem = CheckStatement(stated, byPatient, rules, now)
            ?? contentProblem
            ?? metadataProblem
            ?? refsProblem
            ?? CheckHash(stated.DeclaredSha256.Span, sha256)
            ?? (header is null ? null : CdaCrossCheck.Check(stated, header))
            ?? CheckLabels(metadata, header, stated.SecretSession, rules, now);

        return IntakeResult.Ready(
            patient,
            new SubmitDocument(
                newId,
                metadata,
                new DocumentContent(sha256, content) { Size = uploaded?.Size ?? content.Length, Upload = uploaded?.Upload },
                by)
            {
                ClassCode = check.ClassCode,
                BodySha256 = header?.BodySha256 ?? sha256,
                Replaces = replaces,
                Change = stated.Change ?? ChangeKind.Content,
                Feeding = stated.Feeding ?? FeedingOpposition.NotCollected,
                InsQualifiedAt = stated.InsQualifiedAt.Value?.ToUniversalTime(),
                SecretSession = stated.SecretSession,
                TwinOf = twinOf,
                Traits = header is null ? null : TraitsOf(header.Traits),
                ValidateOnly = stated.ValidateOnly,
                Problem = problem,
            },
            check.Warnings.Codes);
    }

    private static Refusal? CheckContent(ReadOnlyMemory<byte>? content, bool byPatient)
    {
        if (content is not { } bytes)
            return new Refusal(RefusalCode.MetadataInvalid, "The request holds no content.", "content");
        if (bytes.Length == 0)
            return new Refusal(RefusalCode.MetadataInvalid, "A document has at least one byte.", "content");
        if (bytes.Length > IntakeLimits.InlineContentBytesMax
            || (byPatient && bytes.Length > IntakeLimits.PatientDepositBytesMax))
        {
            return new Refusal(
                RefusalCode.DocumentTooLarge, "The content is over the limit of a request: use Upload.", "content");
        }

        return null;
    }

    private static Refusal? CheckUploaded(UploadedContent content, bool byPatient) =>
        content.Size > (byPatient ? IntakeLimits.PatientDepositBytesMax : IntakeLimits.UploadBytesMax)
            ? new Refusal(RefusalCode.DocumentTooLarge, "The content is over the limit of an upload.", "upload_id")
            : null;

    // Without an author the caller cannot be checked; if that is because the header could not be read, that is the reason.
    private static Refusal Prefer(Refusal caller, Refusal? contentProblem) =>
        caller.Code == RefusalCode.MetadataInvalid && contentProblem is not null ? contentProblem : caller;

    private static Refusal? TryIdentify(
        SubmissionStatement stated,
        CdaHeader? header,
        Refusal? contentProblem,
        IntakeRules rules,
        out PatientId patient,
        out UniqueId uniqueId)
    {
        uniqueId = default;
        patient = default;
        var isStated = stated.Ins.Length > 0 || stated.InsOid.Length > 0;
        if (isStated)
        {
            var problem = PatientId.TryCreate(stated.InsOid, stated.Ins, rules.Identity.Ins, out patient);
            if (problem != InsProblem.None)
                return problem.ToRefusal(FieldOf(problem, stated));
        }

        if (contentProblem is { Code: RefusalCode.InsMissing or RefusalCode.InsMalformed or RefusalCode.InsRealmMismatch
            or RefusalCode.InsMismatch or RefusalCode.InsTraitsIncomplete })
        {
            return contentProblem;
        }

        if (header is not null)
        {
            if (isStated && patient != header.Patient)
            {
                return new Refusal(
                    RefusalCode.InsMismatch, "The request and the document name different persons.", "patient");
            }

            patient = header.Patient;
        }
        else if (!isStated)
        {
            return contentProblem ?? InsProblem.Missing.ToRefusal("patient");
        }

        var text = stated.Metadata.UniqueId;
        if (text.Length == 0 && header is not null)
            text = header.UniqueId.ToString();
        if (text.Length == 0)
        {
            return contentProblem
                ?? new Refusal(RefusalCode.MetadataInvalid, "The unique id is required.", "metadata.unique_id");
        }

        return UniqueId.TryParse(text, out uniqueId)
            ? null
            : new Refusal(
                RefusalCode.MetadataInvalid,
                $"Not a unique id: an OID or an upper-case UUID, ^ and an extension if need be, at most {UniqueId.LengthMax} characters.",
                "metadata.unique_id");
    }

    private static string FieldOf(InsProblem problem, SubmissionStatement stated) => problem switch
    {
        InsProblem.Missing => stated.Ins.Length == 0 ? "patient.ins" : "patient.oid",
        InsProblem.Malformed when InsOids.TryParse(stated.InsOid, out _) => "patient.ins",
        _ => "patient.oid",
    };

    private static Refusal? CheckStatement(SubmissionStatement stated, bool byPatient, IntakeRules rules, DateTimeOffset now)
    {
        if (!byPatient)
        {
            if (stated.InsQualifiedAt.IsMalformed || stated.InsQualifiedAt.Value is null)
            {
                return new Refusal(
                    RefusalCode.MetadataInvalid, "When the INS was qualified must be stated.", "ins_qualified_at");
            }

            if (stated.InsQualifiedAt.Value > now + rules.Policy.SubmitMaxClockSkew
                || stated.InsQualifiedAt.Value.Value.Year < IntakeLimits.YearMin)
            {
                return new Refusal(
                    RefusalCode.MetadataInvalid, "The INS cannot have been qualified at that time.", "ins_qualified_at");
            }
        }

        if (stated.Feeding is null)
        {
            return new Refusal(
                RefusalCode.MetadataInvalid, "Whether the patient opposes feeding must be stated.", "feeding_opposition");
        }

        return stated.Change is null
            ? new Refusal(RefusalCode.MetadataInvalid, "This kind of change is not known.", "change_kind")
            : null;
    }

    private static Refusal? ReadRelations(
        SubmissionStatement stated, CdaHeader? header, out UniqueId? replaces, out UniqueId? twinOf)
    {
        replaces = null;
        twinOf = null;
        if (stated.Replaces.Length > 0)
        {
            if (!UniqueId.TryParse(stated.Replaces, out var target))
                return new Refusal(RefusalCode.MetadataInvalid, "Not a unique id.", "replaces");
            replaces = target;
        }
        else
        {
            replaces = header?.Replaces;
        }

        if (stated.TwinOf.Length == 0)
            return null;
        if (!UniqueId.TryParse(stated.TwinOf, out var twin))
            return new Refusal(RefusalCode.MetadataInvalid, "Not a unique id.", "twin_of");
        twinOf = twin;
        return null;
    }

    private static Refusal? CheckHash(ReadOnlySpan<byte> declared, Sha256 sha256)
    {
        if (declared.IsEmpty)
            return null;
        if (!Sha256.TryRead(declared, out var hash))
            return new Refusal(RefusalCode.MetadataInvalid, "A SHA-256 is 32 bytes.", "sha256");
        return hash == sha256
            ? null
            : new Refusal(RefusalCode.HashMismatch, "The bytes received are not those of the declared SHA-256.", "sha256");
    }

    private static Refusal? CheckLabels(
        DocumentMetadata metadata, CdaHeader? header, bool secretSession, IntakeRules rules, DateTimeOffset now)
    {
        if (LabelRules.Check(metadata.Confidentiality, secretSession, rules.Policy) is { } refusal)
            return refusal;

        // Secret care is the care of a minor; the document itself says when the person was born.
        return metadata.Confidentiality.HasFlag(ConfidentialityLabels.HiddenFromRepresentatives)
            && header is not null && IsAdult(header.Traits.BirthDate, now)
                ? new Refusal(
                    RefusalCode.LabelCombination,
                    "A document of an adult is not hidden from legal representatives: there are none.",
                    "metadata.confidentiality")
                : null;
    }

    // Month and day may be unknown (00): then the last day of what is known counts.
    private static bool IsAdult(string birthDate, DateTimeOffset now)
    {
        if (birthDate.Length != 8 || !int.TryParse(birthDate.AsSpan(0, 4), out var year))
            return false;
        _ = int.TryParse(birthDate.AsSpan(4, 2), out var month);
        _ = int.TryParse(birthDate.AsSpan(6, 2), out var day);
        var age = now.Year - year;
        if (month is < 1 or > 12)
            return age - 1 >= MajorityAge;
        if (now.Month < month || (now.Month == month && now.Day < (day == 0 ? 31 : day)))
            age--;
        return age >= MajorityAge;
    }

    private static PatientTraits TraitsOf(CdaTraits traits) =>
        new(CdaTexts.Line(traits.BirthName), CdaTexts.Line(traits.FirstName), traits.Sex, traits.BirthDate);

    // Majority in French civil law (article 414 of the Code civil).
    private const int MajorityAge = 18;
}
