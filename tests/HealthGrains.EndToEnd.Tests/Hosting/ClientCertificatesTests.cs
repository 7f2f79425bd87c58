using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using HealthGrains.Host.CommandLine;
using HealthGrains.Host.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HealthGrains.EndToEnd.Tests.Hosting;

/// <summary>Which client certificates are let in, and until when.</summary>
public sealed class ClientCertificatesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateZoo _zoo = new();
    private readonly Names _log = new();

    public void Dispose()
    {
        _zoo.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_zoo_stays_outside()
    {
        await using var clients = Open(_zoo.Root);
        var day = TimeSpan.FromDays(1);
        var middle = _zoo.Authority("CN=Middle", _zoo.Root);
        Assert.True(clients.IsLetIn(_zoo.Client()));
        Assert.True(clients.IsLetIn(_zoo.Client(rsaBits: 2048)));
        var animals = new Dictionary<string, X509Certificate2>
        {
            ["expired"] = _zoo.Client(from: -20 * day, until: -day),
            ["not yet valid"] = _zoo.Client(from: day),
            ["same subject and authority's name, another authority"] = _zoo.Client(_zoo.Other),
            ["another authority"] = _zoo.Client(_zoo.Authority("CN=Elsewhere")),
            ["made for servers"] = _zoo.Client(usage: CertificateZoo.ForServers),
            ["made for anything"] = _zoo.Client(usage: "2.5.29.37.0"),
            ["says not what for"] = _zoo.Client(usage: null),
            ["an authority itself"] = _zoo.Client(isAuthority: true),
            ["self-signed"] = _zoo.SelfSigned(),
            ["weak"] = _zoo.Client(rsaBits: 1024),
            ["of an authority that is not sent"] = _zoo.Client(middle),
            ["the root itself"] = _zoo.Root,
        };
        foreach (var (name, animal) in animals)
            Assert.False(clients.IsLetIn(animal), name);
    }

    [Fact]
    public async Task A_chain_goes_through_authorities_that_are_known_and_not_for_ever()
    {
        var chain = new List<X509Certificate2> { _zoo.Root };
        for (var i = 0; i < 3; i++) chain.Add(_zoo.Authority($"CN=Level {i}", chain[^1]));
        await using var clients = Open([.. chain]);
        Assert.True(clients.IsLetIn(_zoo.Client(chain[1])));
        Assert.True(clients.IsLetIn(_zoo.Client(chain[2])));
        Assert.False(clients.IsLetIn(_zoo.Client(chain[3])));
        var weak = _zoo.Authority("CN=Weak", _zoo.Root, rsaBits: 1024);
        await using var others = Open(_zoo.Root, weak);
        Assert.False(others.IsLetIn(_zoo.Client(weak)));
    }

    [Fact]
    public async Task A_revoked_certificate_is_not_let_in_and_loses_the_connection_that_it_has()
    {
        var good = _zoo.Client();
        var revoked = _zoo.Client();
        Write(_zoo.Revocations(_zoo.Root, null, revoked));
        await using var clients = Open(_zoo.Root);
        Assert.True(clients.IsLetIn(good) && clients.StillHolds(good));
        Assert.False(clients.IsLetIn(revoked) || clients.StillHolds(revoked));
        Assert.DoesNotContain("RevocationNotChecked", _log.Seen);
        Assert.False(clients.StillHolds(_zoo.Client(from: TimeSpan.FromDays(-9), until: TimeSpan.FromDays(-1))));
    }

    [Fact]
    public async Task A_list_that_has_run_out_or_is_not_there_lets_nobody_in()
    {
        var good = _zoo.Client();
        Write(_zoo.Revocations(_zoo.Root, TimeSpan.FromMinutes(-1)));
        await using (var clients = Open(_zoo.Root))
            Assert.False(clients.IsLetIn(good) || clients.StillHolds(good));

        var middle = _zoo.Authority("CN=Middle", _zoo.Root);
        Write(_zoo.Revocations(_zoo.Root));
        await using (var clients = Open(_zoo.Root, middle))
            Assert.False(clients.IsLetIn(_zoo.Client(middle)));
        Write(_zoo.Revocations(_zoo.Root) + _zoo.Revocations(middle));
        await using (var clients = Open(_zoo.Root, middle))
            Assert.True(clients.IsLetIn(_zoo.Client(middle)));
        Write(_zoo.Revocations(_zoo.Root, null, middle) + _zoo.Revocations(middle));
        await using (var clients = Open(_zoo.Root, middle))
            Assert.False(clients.IsLetIn(_zoo.Client(middle)));
    }

    [Fact]
    public async Task Lists_of_others_and_broken_ones_are_not_taken()
    {
        var bad = new[]
        {
            "", "nothing", _zoo.Revocations(_zoo.Other), _zoo.Revocations(_zoo.Root) + _zoo.Revocations(_zoo.Root), _zoo.Root.ExportCertificatePem(),
            "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", Altered(_zoo.Revocations(_zoo.Root, null, _zoo.Client())),
        };
        foreach (var text in bad)
        {
            Write(text);
            Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => Open(_zoo.Root)).Exit);
        }

        // A bad one does not replace a good one.
        var revoked = _zoo.Client();
        Write(_zoo.Revocations(_zoo.Root, null, revoked));
        var time = new Testing.Clocks.ManualTimeProvider(TimeProvider.System.GetUtcNow());
        await using var clients = Open(time, _zoo.Root);
        foreach (var text in bad)
        {
            Write(text);
            time.Advance(Host.HostLimits.DataFileLookEvery);
            Assert.False(clients.StillHolds(revoked));
        }

        Write(_zoo.Revocations(_zoo.Root));
        time.Advance(Host.HostLimits.DataFileLookEvery);
        Assert.True(clients.StillHolds(revoked));
        Assert.Contains("DataFileNotTaken", _log.Seen);
        Assert.Contains("DataFileReplaced", _log.Seen);
    }

    // One byte in the middle of what is signed.
    private static string Altered(string pem)
    {
        var fields = System.Security.Cryptography.PemEncoding.Find(pem);
        var bytes = Convert.FromBase64String(pem[fields.Base64Data]);
        bytes[bytes.Length / 2] ^= 1;
        return System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", bytes);
    }

    private void Write(string text) => File.WriteAllText(_directory.File("revoked.pem"), text);

    private ClientCertificates Open(params X509Certificate2[] authorities) => Open(TimeProvider.System, authorities);

    private ClientCertificates Open(TimeProvider time, params X509Certificate2[] authorities)
    {
        File.WriteAllText(_directory.File("authorities.pem"), string.Join('\n', authorities.Select(one => one.ExportCertificatePem())));
        return ClientCertificates.Open(
            TlsSettings.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Tls:Certificate"] = "unused.pem",
                ["Tls:Key"] = "unused.key",
                ["Tls:ClientCa"] = _directory.File("authorities.pem"),
                ["Tls:ClientCrl"] = File.Exists(_directory.File("revoked.pem")) ? _directory.File("revoked.pem") : null,
            }).Build()),
            time,
            _log)!; // ! authorities are named
    }

    private sealed class Names : ILogger
    {
        public ConcurrentQueue<string?> Seen { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Seen.Enqueue(eventId.Name);
    }
}
