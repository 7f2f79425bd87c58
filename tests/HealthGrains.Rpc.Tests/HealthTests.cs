using Grpc.Health.V1;
using Status = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace HealthGrains.Rpc.Tests;

public sealed class HealthTests
{
    private const string Check = "/grpc.health.v1.Health/Check";
    private const string Watch = "/grpc.health.v1.Health/Watch";

    [Theory]
    [InlineData("")]
    [InlineData("rpctest.Echo")]
    [InlineData("grpc.health.v1.Health")]
    public async Task A_server_serves_until_told_otherwise(string service)
    {
        await using TestHost host = await TestHost.StartAsync();
        Assert.Equal(Status.Serving, await AskAsync(host, service));
        host.Options.Health.Set("", ServingStatus.NotServing);
        Assert.Equal(Status.NotServing, await AskAsync(host, service));
    }

    [Fact]
    public async Task A_service_can_have_a_status_of_its_own()
    {
        await using TestHost host = await TestHost.StartAsync();
        host.Options.Health.Set("rpctest.Echo", ServingStatus.NotServing);
        host.Options.Health.Set("logical/name", ServingStatus.Serving);
        Assert.Equal(Status.NotServing, await AskAsync(host, "rpctest.Echo"));
        Assert.Equal(Status.Serving, await AskAsync(host, "logical/name"));
        Assert.Equal(Status.Serving, await AskAsync(host, ""));
    }

    [Fact]
    public async Task An_unknown_service_is_not_found()
    {
        await using TestHost host = await TestHost.StartAsync();
        await AskAsync(host, "no.Such").FailsAsync(RpcStatusCode.NotFound);
    }

    [Fact]
    public async Task All_statuses_can_be_listed()
    {
        await using TestHost host = await TestHost.StartAsync();
        HealthListResponse list = await host.Channel.UnaryAsync<HealthListRequest, HealthListResponse>(
            "/grpc.health.v1.Health/List", new HealthListRequest(), null, CancellationToken.None).Within("the list");
        Assert.Equal(Status.Serving, list.Statuses[""].Status);
        Assert.Contains("rpctest.Echo", list.Statuses.Keys);
    }

    [Fact]
    public async Task A_watcher_is_told_each_change()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using IAsyncEnumerator<HealthCheckResponse> watch = WatchAsync(host, "rpctest.Echo");
        Assert.Equal(Status.Serving, await NextAsync(watch));
        host.Options.Health.Set("rpctest.Echo", ServingStatus.NotServing);
        Assert.Equal(Status.NotServing, await NextAsync(watch));
        // A change elsewhere is no news here.
        host.Options.Health.Set("other", ServingStatus.NotServing);
        host.Options.Health.Set("rpctest.Echo", ServingStatus.Serving);
        Assert.Equal(Status.Serving, await NextAsync(watch));
    }

    [Fact]
    public async Task A_watcher_of_an_unknown_service_waits_until_it_is_known()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using IAsyncEnumerator<HealthCheckResponse> watch = WatchAsync(host, "later");
        Assert.Equal(Status.ServiceUnknown, await NextAsync(watch));
        host.Options.Health.Set("later", ServingStatus.Serving);
        Assert.Equal(Status.Serving, await NextAsync(watch));
    }

    [Fact]
    public async Task A_watcher_is_told_that_the_server_stops_and_does_not_hold_it_up()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using IAsyncEnumerator<HealthCheckResponse> watch = WatchAsync(host, "");
        Assert.Equal(Status.Serving, await NextAsync(watch));
        Task stopping = host.StopAsync();
        Assert.Equal(Status.NotServing, await NextAsync(watch));
        await NextAsync(watch).FailsAsync(RpcStatusCode.Unavailable);
        await stopping.Within("the end of the server");
    }

    private static async Task<Status> AskAsync(TestHost host, string service) =>
        (await host.Channel.UnaryAsync<HealthCheckRequest, HealthCheckResponse>(
            Check, new HealthCheckRequest { Service = service }, null, CancellationToken.None).Within("health")).Status;

    private static IAsyncEnumerator<HealthCheckResponse> WatchAsync(TestHost host, string service) =>
        host.Channel.ServerStreaming<HealthCheckRequest, HealthCheckResponse>(
            Watch, new HealthCheckRequest { Service = service }, null, CancellationToken.None).GetAsyncEnumerator();

    private static async Task<Status> NextAsync(IAsyncEnumerator<HealthCheckResponse> watch)
    {
        Assert.True(await watch.MoveNextAsync().AsTask().Within("a status"));
        return watch.Current.Status;
    }
}
