namespace HealthGrains.Grains.Engine;

/// <summary>The calls that wait for one grain: higher priorities first, and in the order of arrival within each.</summary>
/// <remarks>A list linked through the calls, so that an idle grain pays two fields for it. Its owner's lock guards it.
/// The last call is the one to shed: the youngest of the lowest priority.</remarks>
internal struct Mailbox
{
    private Call? _first;
    private Call? _last;

    public int Depth { get; private set; }

    public readonly Call? Last => _last;

    public void Add(Call call)
    {
        // From the end: nearly all calls have the priority of those before them.
        var before = _last;
        while (before is not null && before.Priority > call.Priority)
            before = before.MailboxPrevious;

        var after = before is null ? _first : before.MailboxNext;
        call.MailboxPrevious = before;
        call.MailboxNext = after;
        if (before is null)
            _first = call;
        else
            before.MailboxNext = call;
        if (after is null)
            _last = call;
        else
            after.MailboxPrevious = call;
        Depth++;
    }

    public Call? TakeFirst()
    {
        if (_first is { } call)
        {
            Remove(call);
            return call;
        }

        return null;
    }

    /// <param name="call">It is in here.</param>
    public void Remove(Call call)
    {
        if (call.MailboxPrevious is { } before)
            before.MailboxNext = call.MailboxNext;
        else
            _first = call.MailboxNext;
        if (call.MailboxNext is { } after)
            after.MailboxPrevious = call.MailboxPrevious;
        else
            _last = call.MailboxPrevious;
        call.MailboxPrevious = null;
        call.MailboxNext = null;
        Depth--;
    }
}
