using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Domain.Turns;

namespace HealthGrains.Domain.Documents;

/// <summary>A document that was deposited in two records, which became one: what the other deposit was.</summary>
/// <param name="Id">The id that it had there; it leads to the one document still.</param>
/// <param name="Told">The professionals who were to be told of it there.</param>
public sealed record OtherDeposit(
    DocumentId Id, Actor Depositor, DateTimeOffset SubmittedAt, EventStamp Stamp, ProfessionalId[] Told);
