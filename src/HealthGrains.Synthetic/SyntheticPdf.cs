using System.Globalization;
using System.Text;

namespace HealthGrains.Synthetic;

/// <summary>A small valid PDF of a wanted size (ISO 32000-1): one page of text, and a stream of noise as its weight.</summary>
internal static class SyntheticPdf
{
    /// <summary>The smallest PDF that is made, in bytes: nothing smaller is asked of real ones.</summary>
    internal const int BytesMin = 1024;

    /// <param name="size">Wanted size in bytes; the result has exactly this size, or <see cref="BytesMin"/> if that is more.</param>
    /// <param name="line">One line of ASCII text to show.</param>
    /// <param name="random">Where the noise comes from: incompressible, as the insides of real PDFs are.</param>
    internal static byte[] Make(int size, string line, ref SplitMix64 random)
    {
        size = Math.Max(size, BytesMin);
        var page = $"BT /F1 12 Tf 72 770 Td ({line}) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            string.Create(CultureInfo.InvariantCulture, $"<< /Length {page.Length} >>\nstream\n{page}\nendstream"),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];

        var head = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Length; i++)
        {
            offsets.Add(head.Length);
            head.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        // Numbers of fixed width, so that the length of everything but the noise is known before the noise is.
        offsets.Add(head.Length);
        const string noiseEnd = "\nendstream\nendobj\n";
        var noiseHead = "6 0 obj\n<< /Length 0000000000 >>\nstream\n";
        var tailLength = Tail(offsets, 0).Length;
        var noise = size - head.Length - noiseHead.Length - noiseEnd.Length - tailLength;
        noiseHead = noiseHead.Replace("0000000000", noise.ToString("0000000000", CultureInfo.InvariantCulture), StringComparison.Ordinal);

        var pdf = new byte[size];
        var at = Encoding.ASCII.GetBytes(head.Append(noiseHead).ToString(), pdf);
        random.Fill(pdf.AsSpan(at, noise));
        at += noise;
        at += Encoding.ASCII.GetBytes(noiseEnd, pdf.AsSpan(at));
        Encoding.ASCII.GetBytes(Tail(offsets, at), pdf.AsSpan(at));
        return pdf;
    }

    private static string Tail(List<int> offsets, int start)
    {
        var tail = new StringBuilder();
        tail.Append(CultureInfo.InvariantCulture, $"xref\n0 {offsets.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets) tail.Append(CultureInfo.InvariantCulture, $"{offset:0000000000} 00000 n \n");
        tail.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {offsets.Count + 1} /Root 1 0 R >>\nstartxref\n{start:0000000000}\n%%EOF\n");
        return tail.ToString();
    }
}
