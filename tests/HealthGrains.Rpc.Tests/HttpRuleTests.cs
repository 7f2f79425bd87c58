using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>What HTTP itself has to say before gRPC begins.</summary>
public sealed class HttpRuleTests
{
    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    public async Task Protobuf_content_types_are_accepted_and_answered_alike(string contentType)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync(RawCall.Say, RawCall.Frame(new EchoRequest()), contentType);
        answer.Is(RpcStatusCode.Ok);
        Assert.Equal(contentType, answer.Headers["content-type"]);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc+json")]
    [InlineData("application/grpc+xml")]
    [InlineData("application/grpc-web+proto")]
    [InlineData("")]
    public async Task Other_content_types_are_415(string contentType)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync(RawCall.Say, RawCall.Frame(new EchoRequest()), contentType);
        Assert.Equal(415, answer.HttpStatus);
        Assert.Null(answer.Status);
        await host.AnswersAsync();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("OPTIONS")]
    public async Task Other_methods_than_post_are_405(string method)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync(RawCall.Say, [], method: new HttpMethod(method));
        Assert.Equal(405, answer.HttpStatus);
        Assert.Equal("POST", answer.Headers["allow"]);
    }

    [Theory]
    [InlineData("/rpctest.Echo/Missing", "no such method")]
    [InlineData("/rpctest.Echo/Unbound", "no such method")]
    [InlineData("/rpctest.Other/Say", "no such service")]
    [InlineData("/rpctest.echo/say", "no such service")]
    [InlineData("/", "no such service")]
    [InlineData("/Say", "no such service")]
    public async Task Unknown_paths_are_unimplemented(string path, string message)
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.PostAsync(path, RawCall.Frame(new EchoRequest()));
        answer.Is(RpcStatusCode.Unimplemented);
        Assert.True(answer.TrailersOnly);
        Assert.Contains(message, answer.Message);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task The_te_header_is_not_required()
    {
        await using TestHost host = await TestHost.StartAsync();
        // Requests made by hand here never carry it.
        (await host.SayRawAsync(RawCall.Frame(new EchoRequest()))).Is(RpcStatusCode.Ok);
    }

    [Fact]
    public async Task Http_1_on_the_grpc_port_is_told_so()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RawHttp2 raw = await RawHttp2.ConnectSilentAsync(host.Port);
        await raw.WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        string answer = await raw.ReadTextAsync();
        Assert.StartsWith("HTTP/1.1 400", answer);
        Assert.Contains("HTTP/2", answer);
        await host.AnswersAsync();
    }

    [Fact]
    public async Task Grpc_over_http_1_on_another_port_is_426()
    {
        await using TestHost host = await TestHost.StartAsync(otherListener: HttpProtocols.Http1);
        using var client = new HttpClient();
        using var content = new ByteArrayContent(RawCall.Frame(new EchoRequest()));
        content.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        using HttpResponseMessage response = await client.PostAsync(new Uri(host.Address, RawCall.Say), content).Within("an answer");
        Assert.Equal(426, (int)response.StatusCode);
    }

    [Fact]
    public async Task Requests_that_are_not_grpc_pass_on_where_the_listener_is_not_ours()
    {
        await using TestHost host = await TestHost.StartAsync(otherListener: HttpProtocols.Http1);
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync(new Uri(host.Address, "/healthz")).Within("an answer");
        Assert.Equal(404, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_server_does_not_name_itself()
    {
        await using TestHost host = await TestHost.StartAsync();
        RawAnswer answer = await host.SayRawAsync(RawCall.Frame(new EchoRequest()));
        Assert.False(answer.Headers.ContainsKey("server"));
    }
}
