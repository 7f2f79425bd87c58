using System.Globalization;
using System.Net;
using System.Text;

namespace HealthGrains.LoadTests.Reporting;

/// <summary>One line of a plot; a point without a value breaks it.</summary>
internal sealed record Series(string Name, string Colour, IReadOnlyList<(double X, double? Y)> Points)
{
    /// <summary>Marks instead of a line: failures, on the axis of what they disturb.</summary>
    public bool Marks { get; init; }
}

/// <summary>A plot as inline SVG: no script, no file beside it.</summary>
/// <param name="title">Above it.</param>
/// <param name="unit">Writes a value of the y axis.</param>
internal sealed class Plot(string title, Func<double, string> unit)
{
    private const int Width = 860;
    private const int Height = 240;
    private const int Left = 84;
    private const int Right = 12;
    private const int Top = 12;
    private const int Bottom = 34;

    private readonly List<Series> _series = [];
    private readonly List<(double Y, string Name)> _borders = [];

    /// <summary>Decades instead of an even axis; values below 1 are drawn at 1.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Bars from the axis up, for histograms; x is drawn in decades too.</summary>
    public bool IsHistogram { get; init; }

    /// <summary>Writes a value of the x axis.</summary>
    public Func<double, string> XUnit { get; init; } = x => string.Create(CultureInfo.InvariantCulture, $"{x:0} s");

    public void Add(Series series) => _series.Add(series);

    /// <summary>A dashed line across: a ceiling or a threshold.</summary>
    public void AddBorder(double y, string name) => _borders.Add((y, name));

    public string ToSvg()
    {
        var points = _series.SelectMany(series => series.Points).Where(point => point.Y is not null).ToList();
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption>");
        if (points.Count == 0)
            return html.Append("<p class=none>Nothing was measured.</p></figure>").ToString();

        double xMin = IsHistogram ? Math.Max(1, points.Min(p => p.X)) : 0, xMax = Math.Max(points.Max(p => p.X), xMin + 1);
        var most = Math.Max(points.Max(p => p.Y ?? 0), _borders.Select(border => border.Y).DefaultIfEmpty().Max());
        double yMax = IsLogarithmic ? Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(10, most)))) : most <= 0 ? 1 : most * 1.05;
        var least = IsLogarithmic ? Math.Pow(10, Math.Floor(Math.Log10(Math.Max(1, points.Min(p => p.Y ?? 1))))) : 0;
        double X(double x) => Left + ((Width - Left - Right) * (IsHistogram
            ? Math.Log(Math.Max(x, xMin) / xMin) / Math.Log(xMax / xMin)
            : (x - xMin) / (xMax - xMin)));
        double Y(double y) => Height - Bottom - ((Height - Top - Bottom) * (IsLogarithmic
            ? Math.Log(Math.Max(y, least) / least) / Math.Log(yMax / least)
            : y / yMax));

        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Text(title)}\">");
        foreach (var tick in YTicks(least, yMax))
        {
            html.Append(CultureInfo.InvariantCulture, $"<line class=g x1={Left} x2={Width - Right} y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text x={Left - 6} y=\"{Y(tick) + 4:0.#}\" class=y>{Text(unit(tick))}</text>");
        }

        for (var part = 0; part <= 6; part++)
        {
            var x = IsHistogram ? xMin * Math.Pow(xMax / xMin, part / 6.0) : xMin + ((xMax - xMin) * part / 6);
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(x):0.#}\" y={Height - 12} class=x>{Text(XUnit(x))}</text>");
        }

        foreach (var (y, name) in _borders)
        {
            html.Append(CultureInfo.InvariantCulture, $"<line class=b x1={Left} x2={Width - Right} y1=\"{Y(y):0.#}\" y2=\"{Y(y):0.#}\"/>");
            html.Append(CultureInfo.InvariantCulture, $"<text x={Width - Right} y=\"{Y(y) - 4:0.#}\" class=y>{Text(name)}</text>");
        }

        foreach (var series in _series)
            Draw(html, series, X, Y);
        html.Append("</svg><p class=key>");
        foreach (var series in _series)
            html.Append(CultureInfo.InvariantCulture, $"<span><i style=\"background:{series.Colour}\"></i>{Text(series.Name)}</span>");
        return html.Append("</p></figure>").ToString();
    }

    private void Draw(StringBuilder html, Series series, Func<double, double> x, Func<double, double> y)
    {
        if (series.Marks)
        {
            foreach (var (at, value) in series.Points.Where(point => point.Y > 0))
            {
                html.Append(CultureInfo.InvariantCulture,
                    $"<circle cx=\"{x(at):0.#}\" cy=\"{y(value ?? 0):0.#}\" r=4 fill=\"{series.Colour}\"><title>{Text(unit(value ?? 0))}</title></circle>");
            }

            return;
        }

        if (IsHistogram)
        {
            foreach (var (at, value) in series.Points.Where(point => point.Y > 0))
            {
                html.Append(CultureInfo.InvariantCulture,
                    $"<line x1=\"{x(at):0.#}\" x2=\"{x(at):0.#}\" y1={Height - Bottom} y2=\"{y(value ?? 0):0.#}\" stroke=\"{series.Colour}\" stroke-width=3 />");
            }

            return;
        }

        var path = new StringBuilder();
        var pen = 'M';
        foreach (var (at, value) in series.Points)
        {
            if (value is not { } known)
            {
                pen = 'M';
                continue;
            }

            path.Append(CultureInfo.InvariantCulture, $"{pen}{x(at):0.#} {y(known):0.#}");
            pen = 'L';
        }

        html.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" stroke=\"{series.Colour}\"/>");
    }

    private IEnumerable<double> YTicks(double least, double most)
    {
        if (IsLogarithmic)
        {
            for (var tick = least; tick <= most * 1.001; tick *= 10)
                yield return tick;
            yield break;
        }

        for (var part = 0; part <= 4; part++)
            yield return most * part / 4;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
