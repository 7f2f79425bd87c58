using System.Globalization;
using HealthGrains.Domain.Access;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Services.DomainMapping;

/// <summary>Why somebody may read, or may not.</summary>
internal static class ExplanationMapping
{
    /// <param name="explanation">What the patient's grain answered.</param>
    /// <param name="advises">True for a professional, who is told what to ask for.</param>
    public static Wire.ExplainAccessResponse ToWire(AccessExplanation explanation, bool advises)
    {
        var wire = new Wire.ExplainAccessResponse
        {
            MatrixVersion = explanation.MatrixVersion,
            At = WireTimes.Of(explanation.At),
            ConsentVersion = explanation.ConsentVersion,
            ViewersLeftOut = explanation.LeftOut,
        };
        if (explanation.Verdict is { } verdict)
        {
            wire.Outcome = verdict.Name;
            wire.AuthorizationId = NumberOf(verdict);
            wire.Steps.Add(StepsOf(verdict));
            if (advises)
                wire.AskFor.Add(AdviceFor(verdict.Outcome.Refusal?.Code));
        }

        if (explanation.After is { } after)
        {
            wire.OutcomeAfter = after.Name;
            wire.StepsAfter.Add(StepsOf(after));
        }

        foreach (var viewer in explanation.Viewers)
            wire.Viewers.Add(ToWire(viewer));
        return wire;
    }

    private static Wire.ExplainAccessResponse.Types.Viewer ToWire(Viewer viewer)
    {
        var wire = new Wire.ExplainAccessResponse.Types.Viewer
        {
            Profession = viewer.Profession.Code,
            ProfessionAssumed = viewer.IsProfessionAssumed,
            Name = viewer.Name,
            Outcome = viewer.Verdict.Name,
            Because = viewer.Verdict.Because,
            AuthorizationId = NumberOf(viewer.Verdict),
        };
        if (viewer.Professional is { } professional)
            wire.ProfessionalId = professional;
        else if (viewer.Structure is { } structure)
            wire.OrganizationId = structure;
        else if (viewer.Emergency is { } mode)
            wire.Emergency = (Wire.AccessContext.Types.Mode)mode;
        wire.Steps.Add(StepsOf(viewer.Verdict));
        if (viewer.After is { } after)
        {
            wire.OutcomeAfter = after.Name;
            wire.BecauseAfter = after.Because;
            wire.StepsAfter.Add(StepsOf(after));
        }

        return wire;
    }

    private static IEnumerable<Wire.ExplainAccessResponse.Types.Step> StepsOf(AccessVerdict verdict) =>
        verdict.Findings.Select(finding => new Wire.ExplainAccessResponse.Types.Step
        {
            Step_ = (int)finding.Step, Rule = finding.Rule, Passed = finding.Passed, Explanation = finding.Why,
        });

    private static string NumberOf(AccessVerdict verdict) =>
        verdict.Authorization?.ToString(CultureInfo.InvariantCulture) ?? "";

    // By the outcome alone: an advice that knew more would tell more.
    private static string[] AdviceFor(RefusalCode? refusal) => refusal switch
    {
        RefusalCode.ConsentRequired or RefusalCode.AccessDenied => ["AUTHORIZATION", "EMERGENCY_MODE"],
        RefusalCode.AccessBlocked => ["UNBLOCKING"],
        RefusalCode.EmergencyReasonRequired => ["REASON"],
        RefusalCode.EmergencyRefused => ["AUTHORIZATION"],
        RefusalCode.RegulationRoleRequired => ["REGULATION_ROLE", "EMERGENCY_MODE"],
        RefusalCode.DocumentNotFound => ["PATIENT"],
        _ => [],
    };
}
