using System.Net;
using System.Net.Sockets;

namespace HealthGrains.Campaigns.HalfOpen;

/// <summary>A line between two programs that can go dead: what is connected stays connected and carries nothing more, in either
/// direction, and nobody is told. What connects afterwards is carried.</summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<EndPoint> _to;
    private readonly bool _neverHeals;
    private readonly Lock _gate = new();
    private readonly List<Pair> _pairs = [];
    private readonly Task _accepting;
    private bool _isDead;

    /// <param name="to">Where it leads, asked at each connection.</param>
    /// <param name="neverHeals">A planted fault of the fault: once dead, it carries nothing that connects later either.</param>
    public Line(Func<EndPoint> to, bool neverHeals)
    {
        _to = to;
        _neverHeals = neverHeals;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port; // ! bound above

    /// <returns>Connections that are dead from now on.</returns>
    public int Freeze()
    {
        lock (_gate)
        {
            _isDead = true;
            var open = _pairs.Where(pair => pair.IsCarrying).ToList();
            open.ForEach(pair => pair.Stop());
            return open.Count;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        lock (_gate)
        {
            _pairs.ForEach(pair => pair.Dispose());
            _pairs.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket near;
            try
            {
                near = await _listener.AcceptAsync();
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                return;
            }

            var to = _to();
            var far = new Socket(to.AddressFamily, SocketType.Stream, to is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
            try
            {
                await far.ConnectAsync(to);
            }
            catch (SocketException)
            {
                near.Dispose();
                far.Dispose();
                continue;
            }

            if (to is not UnixDomainSocketEndPoint)
                far.NoDelay = true;
            near.NoDelay = true;
            var pair = new Pair(near, far);
            lock (_gate)
            {
                _pairs.Add(pair);
                if (!_isDead || !_neverHeals)
                    pair.Start();
            }
        }
    }

    private sealed class Pair(Socket near, Socket far) : IDisposable
    {
        private readonly CancellationTokenSource _stopped = new();
        private int _ended;

        public bool IsCarrying { get; private set; }

        public void Start()
        {
            IsCarrying = true;
            _ = CarryAsync(near, far);
            _ = CarryAsync(far, near);
        }

        public void Stop()
        {
            IsCarrying = false;
            _stopped.Cancel();
        }

        public void Dispose()
        {
            _stopped.Cancel();
            near.Dispose();
            far.Dispose();
        }

        private async Task CarryAsync(Socket from, Socket to)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (await from.ReceiveAsync(buffer, _stopped.Token) is > 0 and var read)
                {
                    for (var sent = 0; sent < read;)
                        sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stopped.Token);
                }

                to.Shutdown(SocketShutdown.Send);
            }
            catch (OperationCanceledException)
            {
                // Dead: both ends stay open.
                return;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                near.Dispose();
                far.Dispose();
            }

            // Both directions have ended in good order.
            if (Interlocked.Increment(ref _ended) == 2)
            {
                IsCarrying = false;
                near.Dispose();
                far.Dispose();
            }
        }
    }
}
