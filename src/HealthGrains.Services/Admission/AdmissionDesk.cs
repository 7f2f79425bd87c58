using System.Globalization;
using Google.Protobuf;
using HealthGrains.Domain.Refusals;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;
using Microsoft.Extensions.Logging;

namespace HealthGrains.Services.Admission;

/// <summary>Whom this process lets in, when everybody would be too many.</summary>
/// <remarks>
/// <para>D1. A token bucket for each identity. An organisation's is asked before the body of its call is read
/// (<see cref="AtTheDoor"/>); the others' when the request is known, because a revocation and an emergency have buckets of
/// their own, which nothing else can empty.</para>
/// <para>D2. A professional looks up at most so many distinct patients an hour (<see cref="PatientLookups"/>), in an emergency
/// too: the emergency would be the way of whoever wants to copy the country.</para>
/// <para>D3. Under load an organisation has at most a fair share of the calls under way (<see cref="FairShares"/>).
/// Revocations and emergencies are not counted in it.</para>
/// <para>D4. Whoever is refused is told which quota spoke (<c>QuotaFailure</c>) and when to come back (<c>RetryInfo</c>);
/// nothing was done.</para>
/// <para>All of it is memory of this process, bounded, and says nothing after a restart.</para>
/// </remarks>
public sealed class AdmissionDesk
{
    private const string NoOrganization = "";

    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ServicesInstruments _instruments;
    private readonly Func<TimeSpan> _expectedWait;
    private readonly RateTable? _organizations;
    private readonly RateTable? _patients;
    private readonly RateTable? _changes;
    private readonly RateTable? _professionals;
    private readonly RateTable? _emergencies;
    private readonly PatientLookups _lookups;
    private readonly FairShares _shares = new();

    /// <param name="rules">How much.</param>
    /// <param name="time">Of buckets and windows.</param>
    /// <param name="expectedWait">How long a turn that begins now will take.</param>
    /// <param name="log">Told of alarms, without a name.</param>
    /// <param name="instruments">Count what is refused.</param>
    public AdmissionDesk(
        AdmissionRules rules, TimeProvider time, Func<TimeSpan> expectedWait, ILogger log, ServicesInstruments instruments)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(rules.PatientsPerHour, 1);
        _time = time;
        _expectedWait = expectedWait;
        _log = log;
        _instruments = instruments;
        _organizations = TableOf(rules.Organization);
        _patients = TableOf(rules.Patient);
        _changes = TableOf(rules.Patient);
        _professionals = TableOf(rules.Professional);
        _emergencies = TableOf(rules.Professional);
        _lookups = new PatientLookups(rules.PatientsPerHour, AdmissionLimits.LookupsMax, time);

        RateTable? TableOf(CallRate? rate) => rate is null ? null : new RateTable(rate, AdmissionLimits.IdentitiesMax, time);
    }

    /// <summary>Professionals who looked up too many patients within the last hour, for operators.</summary>
    public IReadOnlyList<LookupAlarm> LookupAlarms => _lookups.Alarms();

    /// <summary>Right after authentication, before the body is read: an organisation beyond its rate costs no more than its
    /// headers.</summary>
    /// <exception cref="RpcException">OVERLOADED with QuotaFailure.</exception>
    public void AtTheDoor(RpcCall call)
    {
        if (CallerSession.Of(call).Caller is Caller.Producer producer)
            ThrowIfOver(_organizations, producer.Key, "organization");
    }

    /// <summary>When the request is known, before its handler.</summary>
    /// <returns>Disposed at the end of the call.</returns>
    /// <exception cref="RpcException">OVERLOADED with QuotaFailure.</exception>
    internal Visit Enter(Caller caller, CallUrgency urgency, IMessage? request)
    {
        var isEmergency = false;
        switch (caller)
        {
            case Caller.Professional professional:
                isEmergency = request is not null && urgency.IsEmergency(request);
                ThrowIfOver(isEmergency ? _emergencies : _professionals, professional.Key, "professional");
                if (request is not null && urgency.PatientOf(request) is { } patient)
                    LookUp(professional, patient);
                break;
            case Caller.Producer:
                break;
            default:
                ThrowIfOver(urgency.ChangesConsent ? _changes : _patients, caller.Key, "patient");
                break;
        }

        var organization = isEmergency || urgency.ChangesConsent ? NoOrganization : OrganizationOf(caller);
        if (organization.Length == 0)
            return default;
        if (!_shares.TryEnter(organization, _expectedWait()))
            throw RefusalStatus.Of(TooMany("share", ShareSentence, ServiceLimits.RetryDelay));
        return new Visit(_shares, organization);
    }

    /// <summary>One request of a bulk stream: its sender is slowed down before it is refused.</summary>
    /// <returns>A visit to be disposed at the end of the request; or why not.</returns>
    internal async ValueTask<(Visit Visit, Refusal? Refusal)> EnterPacedAsync(Caller caller, CancellationToken waiting)
    {
        var organization = OrganizationOf(caller);
        var began = _time.GetTimestamp();
        while (true)
        {
            var wait = _organizations?.Take(caller.Key) ?? TimeSpan.Zero;
            if (wait == TimeSpan.Zero)
                break;
            if (_time.GetElapsedTime(began) + wait > AdmissionLimits.PaceMax)
                return (default, TooMany("organization", RateSentence, wait));
            await Task.Delay(Max(wait, AdmissionLimits.PaceLook), _time, waiting);
        }

        while (true)
        {
            // What the engine would refuse to everybody waits here too.
            var expected = _expectedWait();
            if (expected <= Grains.GrainLimits.AdmissionWaitMax && _shares.TryEnter(organization, expected))
                return (new Visit(_shares, organization), null);
            if (_time.GetElapsedTime(began) > AdmissionLimits.PaceMax)
                return (default, TooMany("share", ShareSentence, ServiceLimits.RetryDelay));
            await Task.Delay(AdmissionLimits.PaceLook, _time, waiting);
        }
    }

    private const string RateSentence = "More calls of this identity than its rate allows: nothing was done, try again later.";

    private const string ShareSentence =
        "More calls of this organisation are under way than its share while the server is busy: nothing was done, try again.";

    private const string LookupSentence = "More patients in an hour than one professional may look up. Operators were told.";

    private void LookUp(Caller.Professional professional, string patient)
    {
        if (_lookups.TryLookUp(professional.Id.ToString(), patient, out var isNewAlarm))
            return;
        if (isNewAlarm)
        {
            // Who it is, an operator asks GetStatus: the log names no person.
            ServicesLog.PatientsEnumerated(_log);
            _instruments.LookupAlarm();
        }

        throw RefusalStatus.Of(TooMany("lookups", LookupSentence, TimeSpan.FromMinutes(1)));
    }

    private void ThrowIfOver(RateTable? table, string identity, string quota)
    {
        var wait = table?.Take(identity) ?? TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
            throw RefusalStatus.Of(TooMany(quota, RateSentence, wait));
    }

    private Refusal TooMany(string quota, string sentence, TimeSpan retryAfter)
    {
        _instruments.AdmissionRefused(quota);
        return new Refusal(RefusalCode.Overloaded, sentence)
            .With(RefusalStatus.QuotaKey, quota)
            .With(
                RefusalStatus.RetryAfterKey,
                Math.Ceiling(Max(retryAfter, AdmissionLimits.PaceLook).TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
    }

    // A patient is one person with one device or two: nobody's share.
    private static string OrganizationOf(Caller caller) => caller switch
    {
        Caller.Producer producer => producer.Organization.ToString(),
        Caller.Professional { Situation.Structure: { IsNone: false } structure } => structure.ToString(),
        Caller.Professional professional => professional.Key,
        _ => NoOrganization,
    };

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>A call that was let in, counted until it is disposed.</summary>
internal readonly struct Visit(FairShares shares, string organization) : IDisposable
{
    private readonly FairShares? _shares = shares;

    public void Dispose() => _shares?.Leave(organization);
}
