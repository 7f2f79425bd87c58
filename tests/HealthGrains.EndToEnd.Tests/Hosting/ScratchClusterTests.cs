using System.Diagnostics;
using System.Globalization;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Databases;
using HealthGrains.Testing;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>The database of a first look: who reaches it, who stops it, and what a killed one leaves behind.</summary>
[RequiresEnvironment("HG_TEST_SCRATCH_CLUSTER", OrProgram = "/usr/lib/postgresql/*/bin/initdb")]
public sealed class ScratchClusterTests : IDisposable
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly TemporaryDirectory _directory = new();

    // With a space, as a user's folder may have.
    private string Root => _directory.File("my data");

    public void Dispose() => _directory.Dispose();

    [SuiteFact]
    public async Task Nobody_else_on_the_machine_reaches_a_server_that_trusts_everybody()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using var cluster = await ScratchCluster.StartAsync(Root);

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(cluster.Root) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(cluster.Sockets, ".s.PGSQL.5432")) & Others);
    }

    [SuiteFact]
    public async Task The_last_host_that_leaves_stops_it()
    {
        await using var one = await ScratchCluster.StartAsync(Root);
        var starting = Enumerable.Range(0, 2).Select(_ => Task.Run(() => ScratchCluster.StartAsync(Root))).ToArray();
        var others = await Task.WhenAll(starting);
        var server = one.Postmaster;

        await one.DisposeAsync();
        await others[0].DisposeAsync();
        Assert.Equal(server, others[1].Postmaster);
        Assert.Equal("1", (await AskAsync(others[1], "SELECT 1")).Trim());

        await others[1].DisposeAsync();
        Assert.Equal(0, one.Postmaster);
    }

    [SuiteFact]
    public async Task The_number_of_a_killed_server_may_be_that_of_another_program()
    {
        var first = await ScratchCluster.StartAsync(Root);
        await AskAsync(first, "CREATE TABLE kept AS SELECT 7 AS n");
        await first.DisposeAsync();

        // A program of the same user, as after the restart of a container.
        using var other = first.Start("/bin/sleep", "600");
        try
        {
            var sleeping = Environment.IsPrivilegedProcess ? await ChildOfAsync(other.Id) : other.Id;
            await File.WriteAllLinesAsync(
                Path.Combine(first.Data, "postmaster.pid"), [sleeping.ToString(CultureInfo.InvariantCulture), first.Data, "1", "5432", first.Sockets]);

            await using var again = await ScratchCluster.StartAsync(Root);
            Assert.Equal("7", (await AskAsync(again, "SELECT n FROM kept")).Trim());
        }
        finally
        {
            other.Kill(entireProcessTree: true);
        }
    }

    [SuiteFact]
    public async Task What_a_killed_initdb_left_is_made_anew()
    {
        Directory.CreateDirectory(Path.Combine(Root, "making"));
        await File.WriteAllTextAsync(Path.Combine(Root, "making", "PG_VERSION"), "15\n");

        await using var cluster = await ScratchCluster.StartAsync(Root);
        Assert.Equal("1", (await AskAsync(cluster, "SELECT 1")).Trim());
    }

    [SuiteFact]
    public async Task A_path_that_cannot_hold_a_socket_is_refused_before_anything_is_made()
    {
        foreach (var name in (string[])["it's", "a;Password=b", new string('é', 60)])
        {
            var path = _directory.File(name);
            var refused = await Assert.ThrowsAsync<CliException>(() => ScratchCluster.StartAsync(path));
            Assert.Equal(ExitCode.Usage, refused.Exit);
            Assert.False(Directory.Exists(path));
        }
    }

    private static async Task<string> AskAsync(ScratchCluster cluster, string sql)
    {
        var (exit, said) = await cluster.RunAsync(
            "psql", "--no-psqlrc", "-qAt", "-h", cluster.Sockets, "-U", ScratchCluster.User, "-d", ScratchCluster.Database, "-c", sql);
        Assert.True(exit == 0, said);
        return said;
    }

    /// <summary>The program that <c>runuser</c> started.</summary>
    private static async Task<int> ChildOfAsync(int parent)
    {
        var id = parent.ToString(CultureInfo.InvariantCulture);
        var path = $"/proc/{id}/task/{id}/children";
        for (var waiting = Stopwatch.StartNew(); waiting.Elapsed < TimeSpan.FromSeconds(30); await Task.Yield())
        {
            var children = await File.ReadAllTextAsync(path);
            if (children.Trim() is { Length: > 0 } child
                && File.ReadAllText($"/proc/{child}/comm").StartsWith("sleep", StringComparison.Ordinal))
            {
                return int.Parse(child, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException("runuser started nothing.");
    }
}
