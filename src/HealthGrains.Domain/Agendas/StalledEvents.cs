namespace HealthGrains.Domain.Agendas;

/// <summary>A recipient was set aside: from here on the shard goes on without it, and it is tried alone.</summary>
public sealed record DeliverySetAside(DateTimeOffset At, Guid Owner, HeldDelivery Held, int Attempts) : AgendaEvent(At);

/// <summary>How it stands with a recipient that is set aside.</summary>
/// <param name="IsOverdue">Past the deadline: from the first such event on it is an alarm.</param>
public sealed record DeliveryNoted(DateTimeOffset At, long Number, HeldDelivery Held, int Attempts, bool IsOverdue)
    : AgendaEvent(At);

/// <summary>Another router has what is set aside in hand since.</summary>
public sealed record StalledClaimed(DateTimeOffset At, Guid Owner, IReadOnlyList<long> Numbers) : AgendaEvent(At);

/// <summary>The recipients are with the others again, or the cause of the alarm is gone.</summary>
public sealed record StalledSettled(DateTimeOffset At, IReadOnlyList<long> Numbers) : AgendaEvent(At);

/// <summary>One unique id under two patients.</summary>
public sealed record MisroutingNoted(DateTimeOffset At, Misrouting Misrouting) : AgendaEvent(At);
