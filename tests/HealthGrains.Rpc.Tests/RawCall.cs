using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace HealthGrains.Rpc.Tests;

/// <summary>What came back for a hand-made request.</summary>
internal sealed record RawAnswer(
    int HttpStatus, string? Status, string? Message, IReadOnlyDictionary<string, string> Headers,
    IReadOnlyDictionary<string, string> Trailers, byte[] Body)
{
    /// <summary>The status came in the response headers, without any body.</summary>
    public bool TrailersOnly => Headers.ContainsKey("grpc-status");

    public void Is(RpcStatusCode expected) =>
        Assert.True(Status == ((int)expected).ToString(), $"expected {expected}, got http {HttpStatus} grpc-status {Status}: {Message}");
}

/// <summary>Requests made by hand over an ordinary HTTP/2 client: any headers, any bytes.</summary>
internal static class RawCall
{
    public const string Say = "/rpctest.Echo/Say";

    public static async Task<RawAnswer> PostAsync(
        this TestHost host, string path, byte[] body, string contentType = "application/grpc", HttpMethod? method = null,
        params (string Name, string Value)[] headers)
    {
        using var handler = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(method ?? HttpMethod.Post, new Uri(host.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (method is null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType.Length > 0)
                request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        }
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await client.SendAsync(request).Within($"an answer to {path}");
        byte[] answer = await response.Content.ReadAsByteArrayAsync().Within($"the body of {path}");
        Dictionary<string, string> head = Map(response.Headers), trail = Map(response.TrailingHeaders);
        foreach ((string name, HeaderStringValues values) in response.Content.Headers.NonValidated)
            head[name.ToLowerInvariant()] = values.ToString();
        string? Find(string name) => trail.GetValueOrDefault(name) ?? head.GetValueOrDefault(name);
        return new RawAnswer((int)response.StatusCode, Find("grpc-status"),
            Find("grpc-message") is { } m ? Uri.UnescapeDataString(m) : null, head, trail, answer);
    }

    public static Task<RawAnswer> SayRawAsync(this TestHost host, byte[] body, params (string Name, string Value)[] headers) =>
        host.PostAsync(Say, body, headers: headers);

    public static byte[] Frame(byte flag, byte[] body)
    {
        byte[] frame = new byte[5 + body.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame, 5);
        return frame;
    }

    public static byte[] Frame(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Gzip(byte[] plain)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize))
            gzip.Write(plain);
        return output.ToArray();
    }

    /// <summary>A length-delimited field: tag, length, bytes.</summary>
    public static byte[] Field(int number, byte[] value)
    {
        using var output = new MemoryStream();
        using (var coded = new CodedOutputStream(output))
        {
            coded.WriteTag(number, WireFormat.WireType.LengthDelimited);
            coded.WriteBytes(ByteString.CopyFrom(value));
        }
        return output.ToArray();
    }

    private static Dictionary<string, string> Map(HttpResponseHeaders headers)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
            map[name.ToLowerInvariant()] = values.ToString();
        return map;
    }
}
