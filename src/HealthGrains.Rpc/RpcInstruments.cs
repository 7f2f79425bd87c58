using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace HealthGrains.Rpc;

/// <summary>What this layer counts, under the meter "HealthGrains.Rpc". Tags come from bounded sets: methods that are
/// mapped, status codes, encodings.</summary>
public static class RpcInstruments
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "HealthGrains.Rpc";

    private static readonly Meter s_meter = new(MeterName);

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>(
        "rpc.server.call.duration", "s", "Time from a call's headers to its status, by method and status.");

    private static readonly UpDownCounter<long> s_underWay = s_meter.CreateUpDownCounter<long>(
        "healthgrains.rpc.calls_under_way", "{call}", "Calls whose handlers run.");

    private static readonly Counter<long> s_received = s_meter.CreateCounter<long>(
        "healthgrains.rpc.messages_received", "{message}", "Messages taken in, by encoding.");

    private static readonly Counter<long> s_sent = s_meter.CreateCounter<long>(
        "healthgrains.rpc.messages_sent", "{message}", "Messages sent, by encoding.");

    private static readonly Counter<long> s_receivedBytes = s_meter.CreateCounter<long>(
        "healthgrains.rpc.received", "By", "Bytes of messages as received, before inflating.");

    private static readonly Counter<long> s_sentBytes = s_meter.CreateCounter<long>(
        "healthgrains.rpc.sent", "By", "Bytes of messages as sent, after compression.");

    private static readonly UpDownCounter<long> s_connections = s_meter.CreateUpDownCounter<long>(
        "healthgrains.rpc.connections", "{connection}", "Open connections.");

    private static readonly Counter<long> s_connectionsRefused = s_meter.CreateCounter<long>(
        "healthgrains.rpc.connections_refused", "{connection}", "Connections closed at once, by the limit that spoke.");

    private static readonly Counter<long> s_calmedDown = s_meter.CreateCounter<long>(
        "healthgrains.rpc.connections_calmed", "{connection}", "Connections ended with ENHANCE_YOUR_CALM.");

    private static readonly KeyValuePair<string, object?> s_gzip = new("encoding", "gzip");
    private static readonly KeyValuePair<string, object?> s_identity = new("encoding", "identity");

    internal static void CallBegan() => s_underWay.Add(1);

    internal static void CallEnded(string method, RpcStatusCode status, TimeSpan duration)
    {
        s_underWay.Add(-1);
        if (!s_duration.Enabled)
            return;
        var tags = new TagList
        {
            { "rpc.system", "grpc" },
            { "rpc.method", method },
            { "rpc.response.status_code", (int)status },
        };
        s_duration.Record(duration.TotalSeconds, tags);
    }

    internal static void MessageReceived(bool compressed, long bytes)
    {
        s_received.Add(1, compressed ? s_gzip : s_identity);
        s_receivedBytes.Add(bytes, compressed ? s_gzip : s_identity);
    }

    internal static void MessageSent(bool compressed, long bytes)
    {
        s_sent.Add(1, compressed ? s_gzip : s_identity);
        s_sentBytes.Add(bytes, compressed ? s_gzip : s_identity);
    }

    internal static void ConnectionOpened() => s_connections.Add(1);

    internal static void ConnectionClosed() => s_connections.Add(-1);

    internal static void ConnectionRefused(string limit) => s_connectionsRefused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    internal static void ConnectionCalmed(string frame) => s_calmedDown.Add(1, new KeyValuePair<string, object?>("frame", frame));
}
