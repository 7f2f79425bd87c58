using System.Diagnostics;
using HealthGrains.EndToEnd.Tests.Hosting;
using HealthGrains.Host.Files;
using HealthGrains.Host.Submitting;
using HealthGrains.Testing.Clocks;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.CommandLine;

/// <summary>Files as they are found on disks: vanishing, linked in circles, no files at all.</summary>
public sealed class FileWalkTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Everything_below_a_directory_is_found_once()
    {
        Directory.CreateDirectory(_directory.File("a/b"));
        string[] names = ["1.xml", "a/2.xml", "a/b/3.xml", ".hidden"];
        foreach (var name in names) File.WriteAllText(_directory.File(name), "x");
        var found = FileWalk.Enumerate([_directory.Path]).ToList();
        Assert.All(found, f => Assert.Null(f.Problem));
        Assert.Equal(names.Select(_directory.File).Order(), found.Select(f => f.Path).Order());
    }

    [Fact]
    public void A_loop_of_links_ends()
    {
        Directory.CreateDirectory(_directory.File("a"));
        File.WriteAllText(_directory.File("a/1.xml"), "x");
        Directory.CreateSymbolicLink(_directory.File("a/up"), _directory.Path);
        var found = FileWalk.Enumerate([_directory.Path]).ToList();
        Assert.Equal(2, found.Count);
        Assert.Equal("LINK_NOT_FOLLOWED", Assert.Single(found, f => f.Problem is not null).Problem!.Code);
    }

    [Fact]
    public void A_hundred_thousand_files_are_found_without_being_kept()
    {
        // A stream of paths: nothing is asked for before it is taken.
        var taken = 0;
        IEnumerable<string> Endless()
        {
            while (true)
            {
                taken++;
                yield return "x";
            }
        }

        Assert.Equal(10, FileWalk.Enumerate(Endless()).Take(10).Count());
        Assert.InRange(taken, 10, 11);
    }

    [Fact]
    public void Too_deep_is_told()
    {
        var path = _directory.Path;
        for (var i = 0; i < HealthGrains.Host.HostLimits.DirectoryDepthMax + 2; i++) path = Path.Combine(path, "d");
        Directory.CreateDirectory(path);
        Assert.Contains(FileWalk.Enumerate([_directory.Path]), f => f.Problem?.Code == "FILE_UNREADABLE");
    }

    [Fact]
    public void What_is_no_file_is_not_read()
    {
        Assert.Equal(WholeFileState.NotFound, WholeFile.TryRead(_directory.File("none"), 100, out _));
        Assert.Equal(WholeFileState.NotFound, WholeFile.TryRead(_directory.File("none/below"), 100, out _));
        Assert.Equal(WholeFileState.NotRegular, WholeFile.TryRead(_directory.Path, 100, out _));
        File.WriteAllText(_directory.File("empty"), "");
        Assert.Equal(WholeFileState.Empty, WholeFile.TryRead(_directory.File("empty"), 100, out _));
        Assert.Equal(WholeFileState.Empty, WholeFile.TryRead("/dev/null", 100, out _));
        File.WriteAllText(_directory.File("five"), "12345");
        Assert.Equal(WholeFileState.TooLarge, WholeFile.TryRead(_directory.File("five"), 4, out _));
        Assert.Equal(WholeFileState.Read, WholeFile.TryRead(_directory.File("five"), 5, out var bytes));
        Assert.Equal("12345"u8.ToArray(), bytes);
        File.CreateSymbolicLink(_directory.File("round"), _directory.File("about"));
        File.CreateSymbolicLink(_directory.File("about"), _directory.File("round"));
        Assert.Equal(WholeFileState.Unreadable, WholeFile.TryRead(_directory.File("round"), 100, out _));
    }

    [Fact]
    public async Task A_pipe_without_a_writer_keeps_nobody_waiting()
    {
        using (var make = Process.Start("mkfifo", [_directory.File("pipe")])) await make.WaitForExitAsync().Within("making a pipe");
        var state = await Task.Run(() => WholeFile.TryRead(_directory.File("pipe"), 100, out _)).Within("reading a pipe");
        Assert.Equal(WholeFileState.NotRegular, state);
    }

    [Fact]
    public void A_list_takes_paths_and_results()
    {
        File.WriteAllText(_directory.File("list"), "plain path.xml\n\n{\"v\":1,\"file\":\"of json.xml\",\"refusal\":{}}\n");
        Assert.Equal(["plain path.xml", "of json.xml"], PathList.Read(_directory.File("list")));
    }
}
