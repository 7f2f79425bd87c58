using RpcTest;

namespace HealthGrains.Rpc.Tests;

/// <summary>A slip in binding a service is seen when it is bound.</summary>
public sealed class BindingTests
{
    private readonly RpcService _echo = new(EchoReflection.Descriptor.Services[0]);

    [Fact]
    public void A_method_that_the_descriptor_lacks_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Unary("Shout"));
        Assert.Contains("rpctest.Echo has no method Shout", error.Message);
    }

    [Theory]
    [InlineData("Split")]
    [InlineData("Join")]
    [InlineData("Chat")]
    public void Another_shape_is_refused(string method)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Unary(method));
        Assert.Contains("a stream", error.Message);
    }

    [Fact]
    public void Another_request_type_is_refused() => Assert.Contains("takes rpctest.EchoRequest", Assert.Throws<ArgumentException>(() =>
        _echo.Unary<Nested, EchoReply>("Say", (_, _, _) => Task.FromResult(new EchoReply()))).Message);

    [Fact]
    public void Another_reply_type_is_refused() => Assert.Contains("returns rpctest.EchoReply", Assert.Throws<ArgumentException>(() =>
        _echo.Unary<EchoRequest, EchoRequest>("Say", (request, _, _) => Task.FromResult(request))).Message);

    [Fact]
    public void A_method_is_bound_once()
    {
        Unary("Say");
        Assert.Contains("bound already", Assert.Throws<ArgumentException>(() => Unary("Say")).Message);
    }

    [Fact]
    public async Task A_service_is_mapped_once()
    {
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => TestHost.StartAsync(
            server: options => options.Services.Add(new RpcService(EchoReflection.Descriptor.Services[0]))));
        Assert.Contains("rpctest.Echo is mapped twice", error.Message);
    }

    private void Unary(string method) =>
        _echo.Unary<EchoRequest, EchoReply>(method, (_, _, _) => Task.FromResult(new EchoReply()));
}
