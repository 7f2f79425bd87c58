namespace HealthGrains.Campaigns.Linear;

/// <summary>Whether the calls on one record can be explained: is there an order of them, in which a call that ended before another
/// began comes first, and in which the model gives each the answer that it got?</summary>
/// <remarks>
/// <para>The search takes effect after effect: at each step some call that may come next is placed, and when the model
/// contradicts every such call, the last choice is taken back. What was placed and what it led to is remembered (as a 128-bit
/// sum of random numbers, one for each call, and the model), so that no position is searched twice. After Wing and Gong
/// (1993) and Lowe (2017).</para>
/// <para>H1. A call whose answer fits and that changes nothing is placed at once and is no choice: were it placed later
/// in some order, it could be moved to here. That leaves the overlapping changes of one record as the only choices.</para>
/// <para>H2. A call without an answer may be placed until its end, or left out. H1 is not used on a call that begins after
/// the end of such a call that is still open, which could not be placed behind it.</para>
/// <para>Records are independent: a history is checked for each by itself.</para>
/// </remarks>
internal sealed class HistoryChecker
{
    private readonly RecordCall[] _calls;
    private readonly UInt128[] _sums;
    private readonly bool[] _placed;
    private readonly HashSet<(UInt128 Placed, RecordModel Model)> _seen = [];
    private readonly Stack<Choice> _choices = new();
    private RecordModel _model;
    private UInt128 _sum;
    private int _open;
    private int _first;

    private HistoryChecker(IEnumerable<RecordCall> history)
    {
        _calls = [.. history.OrderBy(call => call.Start)];
        _placed = new bool[_calls.Length];
        _open = _calls.Count(call => call.Answer is not null);

        // Any numbers do that are not made by who makes the history; always the same, so that a run can be repeated.
        var random = new Random(_calls.Length);
        _sums = [.. _calls.Select(_ => new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64() << 1))];
    }

    public static HistoryVerdict Check(IEnumerable<RecordCall> history) => new HistoryChecker(history).Search();

    private HistoryVerdict Search()
    {
        var positions = 0L;
        var most = -1;
        RecordCall? unexplained = null;
        var from = 0;
        while (_open > 0)
        {
            while (_placed[_first])
                _first++;
            var (earliest, until) = EarliestEnd();
            positions++;
            if (Next(from, until) is { } next)
            {
                Place(next.Call, next.After, next.IsForced);
                from = 0;
                continue;
            }

            if (_choices.Count > most)
                (most, unexplained) = (_choices.Count, _calls[earliest]);

            // Forced steps are taken back with the choice that led to them.
            Choice last;
            do
            {
                if (!_choices.TryPop(out last))
                    return new HistoryVerdict(false, most, _calls.Length, unexplained, positions);
                TakeBack(last);
            }
            while (last.IsForced);
            from = last.Call + 1;
        }

        return new HistoryVerdict(true, _choices.Count, _calls.Length, null, positions);
    }

    // Whatever begins after the first end of an answered call that is not placed yet must wait for it.
    private (int Call, long End) EarliestEnd()
    {
        var (earliest, end) = (-1, long.MaxValue);
        for (var i = _first; i < _calls.Length && _calls[i].Start <= end; i++)
        {
            if (!_placed[i] && _calls[i].Answer is not null && _calls[i].End < end)
                (earliest, end) = (i, _calls[i].End);
        }

        return (earliest, end);
    }

    /// <param name="from">Behind the choice that was taken back; 0 for a new position.</param>
    /// <param name="until">The earliest end: nothing that starts later may come now.</param>
    private (int Call, RecordModel After, bool IsForced)? Next(int from, long until)
    {
        var begun = _choices.TryPeek(out var last) ? last.LatestStart : long.MinValue;

        // An unanswered call that could still be placed keeps back what begins after its end; also one that would change nothing
        // now, because it may change something behind another.
        var openEnd = long.MaxValue;
        for (var i = _first; i < _calls.Length && _calls[i].Start <= until; i++)
        {
            var call = _calls[i];
            if (_placed[i])
                continue;
            if (call.Answer is null && call.End >= begun && call.End < openEnd)
                openEnd = call.End;
        }

        for (var i = _first; from == 0 && i < _calls.Length && _calls[i].Start <= until; i++)
        {
            var call = _calls[i];
            if (!_placed[i] && call.Answer is { } said && call.Start <= openEnd && _model.Take(call) == (said, _model))
                return (i, _model, true);
        }

        for (var i = Math.Max(from, _first); i < _calls.Length && _calls[i].Start <= until; i++)
        {
            var call = _calls[i];
            if (_placed[i] || call.End < begun)
                continue;
            var (answer, after) = _model.Take(call);
            if (call.Answer is { } said ? said == answer : after != _model)
            {
                if (_seen.Add((_sum + _sums[i], after)))
                    return (i, after, false);
            }
        }

        return null;
    }

    private void Place(int call, RecordModel after, bool isForced)
    {
        var latest = _choices.TryPeek(out var last) ? Math.Max(last.LatestStart, _calls[call].Start) : _calls[call].Start;
        _choices.Push(new Choice(call, _model, latest, isForced));
        _placed[call] = true;
        _sum += _sums[call];
        _model = after;
        _open -= _calls[call].Answer is null ? 0 : 1;
    }

    private void TakeBack(Choice choice)
    {
        _placed[choice.Call] = false;
        _sum -= _sums[choice.Call];
        _model = choice.Before;
        _open += _calls[choice.Call].Answer is null ? 0 : 1;
        _first = 0;
    }

    private readonly record struct Choice(int Call, RecordModel Before, long LatestStart, bool IsForced);
}

/// <summary>What the search found.</summary>
/// <param name="IsExplained">There is such an order.</param>
/// <param name="Placed">The longest beginning of an order that was found.</param>
/// <param name="Unexplained">The call that no beginning could go on with; null if all are explained.</param>
/// <param name="Positions">How many were looked at.</param>
internal sealed record HistoryVerdict(bool IsExplained, int Placed, int Calls, RecordCall? Unexplained, long Positions);
