using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Caregivers;
using HealthGrains.Domain.Delegates;
using HealthGrains.Domain.Documents.Intake;
using HealthGrains.Domain.Refusals;
using HealthGrains.Grains;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using HealthGrains.Services.DomainMapping;

namespace HealthGrains.Services.Consents;

/// <summary>The three calls about who acts for the patient.</summary>
internal sealed partial class ConsentsService
{
    private static readonly Refusal NoSuchDelegation =
        new(RefusalCode.TargetNotFound, "There is no such delegation.", "delegate_id");

    private static readonly Refusal NotASubject = new(
        RefusalCode.MetadataInvalid,
        $"Not the subject of a token: 1 to {AuthenticationLimits.SubjectLengthMax} visible ASCII characters.",
        "delegate.subject");

    private static readonly Refusal HelpsEnough = new(
        RefusalCode.Overloaded, "The caller helps as many persons as one caregiver may: end one of these first.", "patient");

    /// <summary>Invites somebody to act for the patient, or records who does.</summary>
    private async Task<Wire.AddDelegateResponse> AddDelegateAsync(
        Wire.AddDelegateRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var stated = request.Delegate ?? new Wire.Delegate();
        var kind = stated.Kind switch
        {
            Wire.Delegate.Types.Kind.LegalRepresentation => DelegationKind.LegalRepresentation,
            Wire.Delegate.Types.Kind.Caregiving => DelegationKind.Caregiving,
            Wire.Delegate.Types.Kind.HealthcareProfessional => DelegationKind.HealthcareProfessional,
            _ => throw RefusalStatus.Of(new Refusal(
                RefusalCode.MetadataInvalid, "Why somebody acts for the patient must be stated.", "delegate.kind")),
        };
        var subject = kind == DelegationKind.HealthcareProfessional
            ? ReadProfessional(stated.Subject, "delegate.subject").ToString()
            : ReadSubject(stated.Subject, target.Patient.Number);
        if (TextRules.CheckLine(stated.Name, ServiceLimits.HolderNameCharsMax, "delegate.name") is { } refusal)
            throw RefusalStatus.Of(refusal);
        if (request.BirthDate.Length > 0 && (target.By.Kind != ActorKind.Support
            || Domain.Records.Majority.Of(request.BirthDate, 0) is null))
        {
            throw RefusalStatus.Of(new Refusal(
                RefusalCode.MetadataInvalid, "A birth date is yyyyMMdd, and health insurance's to state.", "birth_date"));
        }

        var answer = await context.AskAsync(
            target.Journal,
            new AddDelegate(
                subject,
                stated.Name,
                kind,
                WireTimes.Read(stated.Start, "delegate.start"),
                WireTimes.Read(stated.End, "delegate.end"),
                target.By)
            {
                BirthDate = request.BirthDate,
            },
            ct);
        return new Wire.AddDelegateResponse { Receipt = ConsentMapping.ToReceipt(answer), Delegate = ConsentMapping.ToWire(answer) };
    }

    /// <summary>Accepts or refuses an invitation.</summary>
    private async Task<Wire.AnswerDelegationResponse> AnswerDelegationAsync(
        Wire.AnswerDelegationRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var accepts = ReadDecision(request.Answer, "answer") ?? throw RefusalStatus.Of(new Refusal(
            RefusalCode.MetadataInvalid, "PERMIT or DENY must be stated.", "answer"));
        if (accepts && target.By.Kind == ActorKind.Delegate)
            await TakePlaceAsync(target, ct);
        var answer = await context.AskAsync(target.Journal, new AnswerDelegation(accepts, target.By), ct);
        return new Wire.AnswerDelegationResponse
        {
            Receipt = ConsentMapping.ToReceipt(answer),
            Delegate = ConsentMapping.ToWire(answer),
        };
    }

    /// <summary>Ends a delegation.</summary>
    private async Task<Wire.RevokeDelegateResponse> RevokeDelegateAsync(
        Wire.RevokeDelegateRequest request, RpcCall call, CancellationToken ct)
    {
        var target = RecordTarget.Of(CallerSession.Of(call), request.Patient, null, context.Identity);
        var number = ReadNumber(request.DelegateId) ?? throw RefusalStatus.Of(NoSuchDelegation);
        var answer = await context.AskAsync(target.Journal, new RevokeDelegate(number, target.By), ct);
        return new Wire.RevokeDelegateResponse { Receipt = ConsentMapping.ToReceipt(answer), Delegate = ConsentMapping.ToWire(answer) };
    }

    // A caregiver helps a few persons at most, which no single record can see: a place in the caregiver's own journal comes before the
    // acceptance. Places of delegations that are over are given back when somebody needs one, and nobody has to remember to.
    private async ValueTask TakePlaceAsync(RecordTarget target, CancellationToken ct)
    {
        var (number, home) = await context.AskThereAsync(target.Journal, new FindInvitation(target.By), ct);
        if (number == 0)
            return;
        var places = GrainIds.CaregiverOf(target.By.Id);
        var patient = GrainIds.PatientOf(home);
        var first = await context.AskAsync(places, new TakePlace(patient, number, []), ct);
        if (first.IsTaken)
            return;
        var over = new List<CaregiverPlace>();
        foreach (var place in first.Places)
        {
            if (!await context.AskAsync(GrainIds.Of(place.Patient), new HelpsOrMay(target.By.Id), ct))
                over.Add(place);
        }

        if (over.Count == 0 || !(await context.AskAsync(places, new TakePlace(patient, number, over), ct)).IsTaken)
            throw RefusalStatus.Of(HelpsEnough);
    }

    // Nobody is his or her own delegate; a subject that is the person's own number would be that.
    private static string ReadSubject(string text, string number) =>
        text.Length is > 0 and <= AuthenticationLimits.SubjectLengthMax && text != number
        && text.All(c => c is >= '!' and <= '~')
            ? text
            : throw RefusalStatus.Of(NotASubject);
}
