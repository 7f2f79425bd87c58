using HealthGrains.Domain.Cda;
using HealthGrains.Domain.Refusals;
using Xunit;
using Xunit.Abstractions;

namespace HealthGrains.Domain.Tests.Cda;

/// <summary>A directory of CDA documents that nobody here wrote, named by HG_CDA_SAMPLES; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ForeignDocumentsFactAttribute : FactAttribute
{
    internal static string? Directory => Environment.GetEnvironmentVariable("HG_CDA_SAMPLES");

    public ForeignDocumentsFactAttribute()
    {
        if (!System.IO.Directory.Exists(Directory))
            Skip = "Set HG_CDA_SAMPLES to a directory of CDA R2 files, such as HL7's public C-CDA examples.";
    }
}

public sealed class ForeignDocumentsTests(ITestOutputHelper output)
{
    /// <summary>They are American, so the right answer names the missing French identity.</summary>
    [ForeignDocumentsFact]
    public void Each_foreign_document_gets_a_clear_refusal()
    {
        var files = Directory.GetFiles(ForeignDocumentsFactAttribute.Directory!, "*.xml").Order(StringComparer.Ordinal).ToArray(); // ! the attribute checked
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var refusal = CdaHeaderReader.Read(File.ReadAllBytes(file)).Refusal;
            output.WriteLine($"{Path.GetFileName(file)}: {refusal?.Name} {refusal?.Field} {refusal?.Message}");
            Assert.NotNull(refusal);
            Assert.Equal(RefusalCode.InsMissing, refusal.Code);
        }
    }
}
