using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Refusals;

namespace HealthGrains.Services.Authentication;

/// <summary>The kinds of callers; the text of the claim <c>hg_kind</c> is the name in lower case.</summary>
public enum CallerKind
{
    Patient = 1,
    Professional = 2,
    Producer = 3,
    Delegate = 4,
    Operator = 5,
}

/// <summary>Who calls, as a validated token says. It decides nothing: rights are decided in the patient's turn.</summary>
public abstract record Caller
{
    // Only the kinds below exist.
    private Caller()
    {
    }

    public abstract CallerKind Kind { get; }

    /// <summary>Who acted, as the record keeps it.</summary>
    public abstract Actor Actor { get; }

    /// <summary>Names the identity for quotas and page tokens: kind and identifier, equal for every token of one identity.
    /// It may hold a patient identifier, so it belongs in no log and no metric.</summary>
    public abstract string Key { get; }

    /// <summary>The person whose record it is.</summary>
    public sealed record Patient(PatientId Id) : Caller
    {
        public override CallerKind Kind => CallerKind.Patient;

        public override Actor Actor => Domain.Actors.Actor.Patient;

        public override string Key => $"patient/{Id}";
    }

    /// <summary>A professional with an RPPS number, in a direct session.</summary>
    /// <param name="Id">Prefix 8, an RPPS number: no other can read.</param>
    /// <param name="Situations">Every situation that the token holds, at least one.</param>
    /// <param name="Situation">The one in which the caller acts; null while several are possible.</param>
    /// <param name="IsRegulation">The session is one of an emergency call centre (SAMU).</param>
    /// <param name="Name">For traces only; null if not known.</param>
    public sealed record Professional(
        ProfessionalId Id,
        IReadOnlyList<PracticeSituation> Situations,
        PracticeSituation? Situation,
        bool IsRegulation,
        string? Name) : Caller
    {
        public override CallerKind Kind => CallerKind.Professional;

        /// <summary>None while several situations are possible: ask <see cref="TryIn"/> first.</summary>
        public ProfessionCode Profession => Situation?.Profession ?? default;

        /// <summary>None while several situations are possible, and for who acts in no known structure.</summary>
        public StructureId Structure => Situation?.Structure ?? default;

        public string? Specialty => Situation?.Specialty;

        public override Actor Actor => Domain.Actors.Actor.Professional(Id, Profession, Structure, Name);

        public override string Key => $"professional/{Id}";

        /// <summary>The same caller in the situation that a request names, or that the connection's metadata named, or the
        /// only one there is.</summary>
        /// <param name="choice">What the request names; <see cref="SituationChoice.Open"/> for nothing.</param>
        /// <param name="acting">The caller with <see cref="Situation"/> set.</param>
        /// <returns>Null, or <see cref="RefusalCode.ContextIncomplete"/>: none of the token's situations fits, or several.</returns>
        public Refusal? TryIn(SituationChoice choice, out Professional acting)
        {
            ArgumentNullException.ThrowIfNull(choice);
            acting = this;
            PracticeSituation? found = null;

            // A situation chosen for the whole call stays unless the request names another.
            IEnumerable<PracticeSituation> candidates = Situation is { } chosen && choice.Fits(chosen) ? [chosen] : Situations;
            foreach (var situation in candidates)
            {
                if (!choice.Fits(situation)) continue;
                if (found is not null)
                {
                    return new Refusal(
                        RefusalCode.ContextIncomplete,
                        "The token holds several situations of practice: name profession and structure.");
                }

                found = situation;
            }

            if (found is null)
                return new Refusal(RefusalCode.ContextIncomplete, "The token does not hold the situation of practice that is named.");
            acting = this with { Situation = found };
            return null;
        }

        /// <summary>Two callers are equal when identity and every situation are.</summary>
        public bool Equals(Professional? other) =>
            other is not null && Id == other.Id && Situation == other.Situation && IsRegulation == other.IsRegulation
            && Name == other.Name && Situations.SequenceEqual(other.Situations);

        public override int GetHashCode() => HashCode.Combine(Id, Situation, IsRegulation);
    }

    /// <summary>A care structure's system, which deposits.</summary>
    /// <param name="Organization">Struct_IdNat of the structure that owns the system.</param>
    /// <param name="OnBehalfOf">The structure for which it deposits, if it is another; else none.</param>
    public sealed record Producer(StructureId Organization, StructureId OnBehalfOf) : Caller
    {
        public override CallerKind Kind => CallerKind.Producer;

        public override Actor Actor => Domain.Actors.Actor.Facility(Organization, OnBehalfOf);

        public override string Key => $"producer/{Organization}";
    }

    /// <summary>A legal representative or a caregiver; the record's delegations say of whom.</summary>
    /// <param name="Subject">The <c>sub</c> of the token.</param>
    public sealed record Delegate(string Subject) : Caller
    {
        public string? Name { get; init; }

        public override CallerKind Kind => CallerKind.Delegate;

        public override Actor Actor => new(ActorKind.Delegate, Subject) { Name = Name };

        public override string Key => $"delegate/{Subject}";
    }

    /// <summary>Somebody who runs the system.</summary>
    /// <param name="Subject">The <c>sub</c> of the token.</param>
    public sealed record Operator(string Subject) : Caller
    {
        public string? Name { get; init; }

        public override CallerKind Kind => CallerKind.Operator;

        public override Actor Actor => new(ActorKind.Support, Subject) { Name = Name };

        public override string Key => $"operator/{Subject}";
    }
}
