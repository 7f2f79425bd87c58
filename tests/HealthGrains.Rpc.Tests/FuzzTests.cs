using System.Net;
using Google.Protobuf;
using RpcTest;
using Xunit.Abstractions;

namespace HealthGrains.Rpc.Tests;

/// <summary>Mutated bytes in great number: each has an answer with a status, nothing is logged as our error, and the
/// next honest call is answered. HG_TEST_SEED repeats a run.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Messages = 20_000;
    private const int Lanes = 16;

    [Fact]
    public async Task Mutated_messages_are_all_answered_and_the_next_honest_call_too()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("HG_TEST_SEED"), out int given) ? given : Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        await using TestHost host = await TestHost.StartAsync();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        int refused = 0, done = 0;
        async Task LaneAsync(int lane)
        {
            var random = new Random(seed + lane);
            for (int i = 0; i < Messages / Lanes; i++)
            {
                (string path, byte[] body, bool gzip) = Mutant(random);
                string? status = await SendAsync(client, host, path, body, gzip);
                Assert.True(int.TryParse(status, out int code) && code is >= 0 and <= 16, $"seed {seed} lane {lane} message {i}: status '{status}'");
                if (code != 0)
                    Interlocked.Increment(ref refused);
                Interlocked.Increment(ref done);
            }
        }
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(LaneAsync)).WaitAsync(TimeSpan.FromSeconds(60));
        output.WriteLine($"{done} messages, {refused} refused");
        Assert.Equal(Messages, done);
        // A fuzzer whose input is all good, or all bad, shows nothing.
        Assert.InRange(refused, Messages / 10, Messages * 99 / 100);
        await host.AnswersAsync();
    }

    private static (string Path, byte[] Body, bool Gzip) Mutant(Random random)
    {
        byte[] payload = new byte[random.Next(64)];
        random.NextBytes(payload);
        IMessage message = random.Next(4) == 0
            ? new Nested { Inner = new Nested { Inner = new Nested() } }
            : new EchoRequest { Text = "text", Payload = ByteString.CopyFrom(payload), Count = random.Next(4), Part = new Part { Colour = Colour.Green } };
        bool gzip = random.Next(3) == 0;
        byte[] body = gzip ? RawCall.Frame(1, RawCall.Gzip(message.ToByteArray())) : RawCall.Frame(message);
        var bytes = new List<byte>(body);
        for (int n = random.Next(4); n > 0 && bytes.Count > 0; n--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, random.Next(bytes.Count - at)); break;
                case 3: bytes.Insert(at, (byte)random.Next(256)); break;
                default: bytes.AddRange(bytes[at..]); break;
            }
        }
        string method = message is Nested ? "Nest" : random.Next(3) switch { 0 => "Say", 1 => "Join", _ => "Chat" };
        return ($"/rpctest.Echo/{method}", [.. bytes], gzip);
    }

    private static async Task<string?> SendAsync(HttpMessageInvoker client, TestHost host, string path, byte[] body, bool gzip)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        if (gzip)
            request.Headers.TryAddWithoutValidation("grpc-encoding", "gzip");
        using HttpResponseMessage response = await client.SendAsync(request, CancellationToken.None);
        await response.Content.ReadAsByteArrayAsync();
        return response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? values)
            || response.Headers.TryGetValues("grpc-status", out values) ? values.First() : null;
    }
}
