using System.Xml.Linq;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.House;

/// <summary>References point one way. A new arrow is a decision: it comes with a record in docs/decisions and a line here.</summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Contracts"] = [],
        ["Domain"] = [],
        ["Rpc"] = [],
        ["Grains"] = ["Domain"],
        ["Orleans"] = ["Domain", "Grains"],
        ["PostgreSql"] = ["Domain", "Grains"],
        ["Sqlite"] = ["Domain", "Grains"],
        ["Services"] = ["Contracts", "Domain", "Grains", "Rpc"],
        ["Synthetic"] = ["Domain"],
        ["Host"] = ["Contracts", "Domain", "Grains", "Orleans", "PostgreSql", "Rpc", "Services", "Sqlite", "Synthetic"],
    };

    public static TheoryData<string> Projects
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var file in Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
                data.Add(Path.GetFileNameWithoutExtension(file));
            return data;
        }
    }

    private static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "HealthGrains.sln")))
                directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The solution was not found.");
            return directory;
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_refers_only_to_what_it_may(string project)
    {
        var name = project["HealthGrains.".Length..];
        Assert.True(Allowed.ContainsKey(name), $"{project} is not in the table of references.");
        var references = XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)) // ! MSBuild asks for it
            .Select(reference => reference["HealthGrains.".Length..]);
        Assert.Empty(references.Except(Allowed[name]));
    }

    [Fact]
    public void Only_Rpc_and_Host_speak_of_Kestrel()
    {
        var strangers = Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)
                && !file.Contains("HealthGrains.Rpc", StringComparison.Ordinal)
                && !file.Contains("HealthGrains.Host", StringComparison.Ordinal)
                && File.ReadAllText(file).Contains("Server.Kestrel", StringComparison.Ordinal));
        Assert.Empty(strangers);
    }

    [Fact]
    public void Domain_opens_no_file_and_asks_no_clock()
    {
        var banned = File.ReadAllText(Path.Combine(Root, "src", "HealthGrains.Domain", "BannedSymbols.txt"));
        foreach (var symbol in new[] { "System.IO.File", "System.Random", "System.Guid.NewGuid", "System.TimeProvider" })
            Assert.Contains(symbol, banned, StringComparison.Ordinal);
    }

    [Fact]
    public void Lock_files_name_no_registry()
    {
        foreach (var file in Directory.GetFiles(Root, "*lock.json", SearchOption.AllDirectories))
        {
            if (!file.Contains("node_modules", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
                Assert.DoesNotContain("\"resolved\": \"http", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }
}
