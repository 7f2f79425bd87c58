using Xunit;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>A number may be an alias: whoever asks a record in another way than through the context gets no answer from it, and
/// whoever reads contents where the number points finds none.</summary>
public sealed class AliasTests
{
    // Both ask the journal that was located before, and only that.
    private static readonly string[] Located = ["PatientRecordsService.Watch.cs", "DocumentExchangeService.Submit.cs"];

    [Fact]
    public void Services_ask_a_record_where_it_is()
    {
        var asking = 0;
        var folder = Path.Combine(Pages.Root, "src/HealthGrains.Services");
        foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
        {
            var (name, text) = (Path.GetFileName(file), File.ReadAllText(file));
            if (name != "RecordExport.cs") // Its target was located by ExportRecord.
                Assert.DoesNotContain("ContentOf(target.Journal", text, StringComparison.Ordinal);
            if (name == "ServiceContext.cs" || !text.Contains("Engine.AskAsync(", StringComparison.Ordinal))
                continue;
            asking++;
            Assert.Contains(name, Located);
            Assert.Contains("HomeOfAsync(", text.Replace("TraceHomeAsync(", "HomeOfAsync(", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        Assert.Equal(Located.Length, asking);
    }
}
