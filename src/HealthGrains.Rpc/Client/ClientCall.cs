using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using HealthGrains.Rpc.Envelope;
using HealthGrains.Rpc.GrpcWire;

namespace HealthGrains.Rpc.Client;

/// <summary>One call of the client: sends the request, reads replies, and turns every end into a status.</summary>
/// <remarks>Disposing a call that is not over cancels it.</remarks>
internal sealed class ClientCall : IAsyncDisposable
{
    private readonly HttpMessageInvoker _connection;
    private readonly RpcChannelOptions _channel;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource? _timeout;
    private readonly CancellationTokenSource _ended;
    private Task<HttpResponseMessage>? _sending;
    private HttpResponseMessage? _response;
    private PipeReader? _body;
    private EnvelopeReader? _reader;
    private bool _over;

    public ClientCall(HttpMessageInvoker connection, RpcCallOptions options, RpcChannelOptions channel, CancellationToken caller)
    {
        _connection = connection;
        _channel = channel;
        _caller = caller;
        Options = options;
        if (options.Timeout is { } timeout)
            _timeout = new CancellationTokenSource(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, channel.TimeProvider);
        _ended = (_timeout, caller.CanBeCanceled) switch
        {
            (null, false) => new CancellationTokenSource(),
            (null, true) => CancellationTokenSource.CreateLinkedTokenSource(caller),
            (_, false) => CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token),
            (_, true) => CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, caller),
        };
    }

    public RpcCallOptions Options { get; }

    /// <summary>Fires with the caller's token, the deadline, or disposal.</summary>
    public CancellationToken Token => _ended.Token;

    /// <summary>Completes when the response headers are there, or with the reason why there are none.</summary>
    public Task Headers => _sending ?? throw new InvalidOperationException("The call was not sent.");

    public void Send(HttpRequestMessage request) => _sending = _connection.SendAsync(request, Token);

    /// <summary>The next reply; null once the server has said OK.</summary>
    /// <exception cref="RpcException">Any other status.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageCodec<T> codec)
        where T : class, IMessage<T>
    {
        if (_over)
            return null;
        try
        {
            EnvelopeReader reader = _reader ?? await OpenAsync();
            if (await reader.ReadAsync(codec, Token) is { } reply)
                return reply;
            _over = true;
            CheckStatus(_response!.TrailingHeaders); // ! opened above
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw Translate(e);
        }
    }

    /// <summary>The only reply.</summary>
    /// <exception cref="RpcException">Another status than OK, or OK without exactly one reply.</exception>
    public async ValueTask<T> ReadSingleAsync<T>(MessageCodec<T> codec)
        where T : class, IMessage<T>
    {
        T reply = await ReadAsync(codec)
            ?? throw new RpcException(RpcStatusCode.Internal, "the server said OK without a reply");
        if (await ReadAsync(codec) is not null)
            throw new RpcException(RpcStatusCode.Internal, "the server sent more than one reply");
        return reply;
    }

    /// <summary>Why a call failed: the caller's own token first, then its deadline, then the connection.</summary>
    public Exception Translate(Exception e)
    {
        if (_caller.IsCancellationRequested)
            return new OperationCanceledException("The caller cancelled the call.", e, _caller);
        if (_timeout is { IsCancellationRequested: true })
            return new RpcException(RpcStatusCode.DeadlineExceeded, "the deadline passed; the call may have taken effect", [], e);
        return ClientErrors.ToStatus(e);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_over && _sending is not null)
            await _ended.CancelAsync();
        if (_body is not null)
            await _body.CompleteAsync();
        _response?.Dispose();
        if (_response is null && _sending is not null)
            _ = ObserveAsync(_sending);
        _ended.Dispose();
        _timeout?.Dispose();
    }

    private async ValueTask<EnvelopeReader> OpenAsync()
    {
        _response = await (_sending ?? throw new InvalidOperationException("The call was not sent."));
        if (Options.Response is { } told)
        {
            told.Headers = Metadata(_response.Headers);
            told.Encoding = First(_response.Headers, GrpcHeaders.Encoding) ?? GrpcHeaders.Identity;
        }
        if (_response.StatusCode != HttpStatusCode.OK)
        {
            _over = true;
            throw new RpcException(ClientErrors.ToStatus(_response.StatusCode),
                $"the server answered with HTTP status {(int)_response.StatusCode} instead of gRPC");
        }
        if (First(_response.Headers, GrpcHeaders.Status) is not null)
        {
            _over = true;
            CheckStatus(_response.Headers);
            throw new RpcException(RpcStatusCode.Internal, "the server said OK before any reply");
        }
        bool gzip = First(_response.Headers, GrpcHeaders.Encoding) == GrpcHeaders.Gzip;
        _body = PipeReader.Create(await _response.Content.ReadAsStreamAsync(Token));
        InflateLimits inflate = InflateLimits.Default with { BytesMax = _channel.MessageBytesMax };
        return _reader = new EnvelopeReader(_body, gzip, _channel.MessageBytesMax, inflate, counted: false);
    }

    private void CheckStatus(HttpResponseHeaders headers)
    {
        if (Options.Response is { } told)
            told.Trailers = Metadata(headers);
        string? text = First(headers, GrpcHeaders.Status);
        if (text == "0")
            return;
        if (!int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int number))
            throw new RpcException(RpcStatusCode.Internal, "the server ended the call without a status");
        RpcStatusCode code = number is > 0 and <= (int)RpcStatusCode.Unauthenticated ? (RpcStatusCode)number : RpcStatusCode.Unknown;
        throw new RpcException(code, StatusMessage.Decode(First(headers, GrpcHeaders.Message) ?? ""),
            StatusDetails.Decode(First(headers, GrpcHeaders.StatusDetails)), inner: null)
        {
            Trailers = Metadata(headers),
        };
    }

    private static string? First(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;

    private static RpcMetadata Metadata(HttpResponseHeaders headers)
    {
        var metadata = new RpcMetadata();
        foreach ((string name, HeaderStringValues values) in headers.NonValidated)
        {
            if (GrpcHeaders.IsReserved(name))
                continue;
            foreach (string value in values)
                metadata.AddReceived(name, value);
        }
        return metadata;
    }

    private static async Task ObserveAsync(Task<HttpResponseMessage> sending)
    {
        try
        {
            (await sending).Dispose();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The call was given up before it had an answer.
        }
    }
}
