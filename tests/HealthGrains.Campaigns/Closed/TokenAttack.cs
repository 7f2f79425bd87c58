using System.Collections.Concurrent;
using HealthGrains.Contracts.V1;
using HealthGrains.Rpc;

namespace HealthGrains.Campaigns.Closed;

/// <summary>Forged and broken tokens to a method that their caller could call: each must be UNAUTHENTICATED.</summary>
/// <remarks>PERMISSION_DENIED would say that the token was believed.</remarks>
internal sealed class TokenAttack(TokenGrammar grammar, Uri server)
{
    private const int Lanes = 16;

    private readonly ConcurrentDictionary<string, int> _refused = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _problems = [];
    private int _done;

    public IReadOnlyCollection<string> Problems => _problems;

    public int Done => _done;

    public int ClassesSeen => _refused.Count;

    public async Task RunAsync(int tokens, CancellationToken cancellation)
    {
        await using var channel = new RpcChannel(server, new RpcChannelOptions { Connections = 2 });

        // The grammar's own control: with nothing wrong it is let in.
        if (await AskAsync(channel, grammar.Good(), cancellation) is { } refused)
            throw new InvalidOperationException($"The token with nothing wrong was refused: {refused.Code} {refused.Detail}");
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(
            async () =>
            {
                for (var number = lane; number < tokens && _problems.Count < 20; number += Lanes)
                    await OneAsync(channel, number, cancellation);
            },
            cancellation)));
        if (await AskAsync(channel, grammar.Good(), cancellation) is { } after)
            _problems.Enqueue($"the honest token after all of them was refused: {after.Code} {after.Detail}");
    }

    private async Task OneAsync(RpcChannel channel, int number, CancellationToken cancellation)
    {
        var (name, token) = grammar.Make(number);
        var answer = await AskAsync(channel, token, cancellation);
        Interlocked.Increment(ref _done);
        if (answer?.Code == RpcStatusCode.Unauthenticated)
            _refused.AddOrUpdate(name, 1, static (_, n) => n + 1);
        else
            _problems.Enqueue($"token {number} ({name}) was {(answer is null ? "LET IN" : $"answered {answer.Code} '{answer.Detail}'")}: {token[..Math.Min(token.Length, 1_000)]}");
    }

    /// <returns>Null when it was let in.</returns>
    private static async Task<RpcException?> AskAsync(RpcChannel channel, string token, CancellationToken cancellation)
    {
        var headers = new RpcMetadata();
        headers.Add("authorization", $"Bearer {token}");
        try
        {
            await channel.UnaryAsync<GetStatusRequest, GetStatusResponse>(
                "/healthgrains.v1.Operations/GetStatus", new GetStatusRequest(), new RpcCallOptions { Headers = headers, Timeout = TimeSpan.FromSeconds(20) }, cancellation);
            return null;
        }
        catch (RpcException refused)
        {
            return refused;
        }
    }
}
