using System.Globalization;
using System.Text;

namespace HealthGrains.Host.Metrics;

/// <summary>One number, or one histogram, with its labels known elsewhere. Adding takes no lock.</summary>
internal sealed class Series(double[] bounds)
{
    // One more than there are bounds: what is above the last.
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _value;

    public bool IsCurrent { get; set; } = true;

    public void Set(double value)
    {
        Interlocked.Exchange(ref _value, value);
        IsCurrent = true;
    }

    public void Add(double value)
    {
        double before;
        do before = Volatile.Read(ref _value);
        while (!Interlocked.CompareExchange(ref _value, before + value, before).Equals(before));
    }

    public void Record(double value)
    {
        var bucket = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _buckets[bucket < 0 ? ~bucket : bucket]);
        Add(value);
    }

    public static void Write(StringBuilder text, string name, string labels, IReadOnlyList<Series> same)
    {
        var first = same[0];
        if (!first.IsHistogram)
        {
            Line(text, name, labels, same.Sum(s => Volatile.Read(ref s._value)));
            return;
        }

        var separated = labels.Length == 0 ? "" : labels + ",";
        long count = 0;
        for (var i = 0; i <= first.Bounds.Length; i++)
        {
            count += same.Sum(s => Volatile.Read(ref s._buckets[i]));
            var bound = i < first.Bounds.Length ? first.Bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            Line(text, name + "_bucket", $"{separated}le=\"{bound}\"", count);
        }

        Line(text, name + "_sum", labels, same.Sum(s => Volatile.Read(ref s._value)));
        Line(text, name + "_count", labels, count);
    }

    private double[] Bounds => bounds;

    private bool IsHistogram => bounds.Length > 0;

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
