using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;

namespace HealthGrains.Campaigns.Cluster;

/// <summary>A network for each silo, joined by a bridge, whose wires can be cut in one direction or in both.</summary>
/// <remarks>
/// <para>It is made only where this process is alone in its network, as under <c>unshare --mount --net</c>: everything in it goes
/// with the process, and the machine's own network is not touched.</para>
/// <para>A wire is cut by a neighbour entry that names a card which nobody has. Packets vanish: no connection is refused or
/// reset, and what is already open stays open. What the other one sends still arrives, unless it is cut there, too.</para>
/// </remarks>
internal sealed class ClusterNetwork : IDisposable
{
    private const string Bridge = "hgbridge";
    private const string NobodysCard = "02:00:00:00:00:99";

    private readonly int _silos;
    private readonly HashSet<(int From, int To)> _cut = [];

    private ClusterNetwork(int silos) => _silos = silos;

    /// <summary>Null where this process shares its network with anybody, or may not make one.</summary>
    public static ClusterNetwork? TryCreate(int silos)
    {
        if (NetworkInterface.GetAllNetworkInterfaces().Any(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback))
            return null;
        var network = new ClusterNetwork(silos);
        try
        {
            network.Make();
            return network;
        }
        catch (FaultUnavailableException)
        {
            network.Dispose();
            return null;
        }
    }

    public static string AddressOf(int silo) => string.Create(CultureInfo.InvariantCulture, $"10.77.0.{silo + 1}");

    /// <summary>What stands before a program that runs in a silo's network.</summary>
    public static IReadOnlyList<string> Inside(int silo) => ["ip", "netns", "exec", NameOf(silo)];

    /// <summary>From now on nothing that one sends reaches the other.</summary>
    public void Cut(int from, int to)
    {
        Ip("-n", NameOf(from), "neigh", "replace", AddressOf(to), "lladdr", NobodysCard, "dev", "eth0", "nud", "permanent");
        _cut.Add((from, to));
    }

    /// <summary>Joins all wires again.</summary>
    public void Heal()
    {
        foreach (var (from, to) in _cut)
            Ip("-n", NameOf(from), "neigh", "del", AddressOf(to), "dev", "eth0");
        _cut.Clear();
    }

    public void Dispose()
    {
        for (var silo = 0; silo < _silos; silo++)
            Run("netns", "del", NameOf(silo));
        Run("link", "del", Bridge);
    }

    private static string NameOf(int silo) =>
        string.Create(CultureInfo.InvariantCulture, $"hg{Environment.ProcessId}-{silo}");

    private void Make()
    {
        Ip("link", "set", "lo", "up");
        Ip("link", "add", Bridge, "type", "bridge");
        Ip("addr", "add", "10.77.0.254/24", "dev", Bridge);
        Ip("link", "set", Bridge, "up");
        for (var silo = 0; silo < _silos; silo++)
        {
            var wire = string.Create(CultureInfo.InvariantCulture, $"hgwire{silo}");
            Ip("netns", "add", NameOf(silo));
            Ip("link", "add", wire, "type", "veth", "peer", "name", "eth0", "netns", NameOf(silo));
            Ip("link", "set", wire, "master", Bridge, "up");
            Ip("-n", NameOf(silo), "link", "set", "lo", "up");
            Ip("-n", NameOf(silo), "addr", "add", AddressOf(silo) + "/24", "dev", "eth0");
            Ip("-n", NameOf(silo), "link", "set", "eth0", "up");
        }
    }

    private static void Ip(params string[] arguments)
    {
        if (Run(arguments) is { } said)
            throw new FaultUnavailableException($"ip {string.Join(' ', arguments)}: {said}");
    }

    /// <returns>Null if it was done.</returns>
    private static string? Run(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ip", arguments)
            {
                RedirectStandardError = true,
                UseShellExecute = false,
            });
            var said = process?.StandardError.ReadToEnd() ?? "";
            process?.WaitForExit();
            return process?.ExitCode == 0 ? null : said.Trim();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
