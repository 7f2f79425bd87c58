using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Reflection.V1;

namespace HealthGrains.Rpc.Tests;

public sealed class ReflectionTests
{
    private const string V1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    private const string V1Alpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    [Theory]
    [InlineData(V1)]
    [InlineData(V1Alpha)]
    public async Task All_services_are_listed(string method)
    {
        await using TestHost host = await TestHost.StartAsync();
        ServerReflectionResponse answer = await AskAsync(host, new ServerReflectionRequest { Host = "h", ListServices = "*" }, method);
        Assert.Equal(
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "rpctest.Echo"],
            answer.ListServicesResponse.Service.Select(s => s.Name));
        Assert.Equal("h", answer.ValidHost);
        Assert.Equal("h", answer.OriginalRequest.Host);
    }

    [Theory]
    [InlineData("rpctest.Echo")]
    [InlineData("rpctest.Echo.Say")]
    [InlineData("rpctest.EchoRequest")]
    [InlineData("rpctest.EchoRequest.payload")]
    [InlineData(".rpctest.EchoReply")]
    public async Task A_symbol_is_answered_with_its_file_and_all_imports(string symbol)
    {
        await using TestHost host = await TestHost.StartAsync();
        ServerReflectionResponse answer = await AskAsync(host, new ServerReflectionRequest { FileContainingSymbol = symbol });
        ByteString[] files = [.. answer.FileDescriptorResponse.FileDescriptorProto];
        Assert.Equal("rpctest/echo.proto", FileDescriptorProto.Parser.ParseFrom(files[0]).Name);
        Assert.Equal(
            ["google/protobuf/timestamp.proto", "rpctest/echo.proto", "rpctest/parts.proto"],
            files.Select(f => FileDescriptorProto.Parser.ParseFrom(f).Name).Order(StringComparer.Ordinal));
        // A tool builds its types from exactly these bytes, imports first.
        IReadOnlyList<FileDescriptor> built = FileDescriptor.BuildFromByteStrings(files.Reverse());
        Assert.Contains(built, f => f.Services.Any(s => s.FullName == "rpctest.Echo"));
    }

    [Theory]
    [InlineData("rpctest.Part.Inner")]
    [InlineData("rpctest.Part.Inner.number")]
    [InlineData("rpctest.Colour")]
    [InlineData("rpctest.COLOUR_GREEN")]
    public async Task Nested_and_imported_symbols_are_found(string symbol)
    {
        await using TestHost host = await TestHost.StartAsync();
        ServerReflectionResponse answer = await AskAsync(host, new ServerReflectionRequest { FileContainingSymbol = symbol });
        Assert.Equal("rpctest/parts.proto", FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto[0]).Name);
    }

    [Theory]
    [InlineData("rpctest/echo.proto")]
    [InlineData("google/protobuf/timestamp.proto")]
    [InlineData("grpc/health/v1/health.proto")]
    public async Task A_file_is_found_by_its_name(string name)
    {
        await using TestHost host = await TestHost.StartAsync();
        ServerReflectionResponse answer = await AskAsync(host, new ServerReflectionRequest { FileByFilename = name });
        Assert.Equal(name, FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto[0]).Name);
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        await using TestHost host = await TestHost.StartAsync();
        foreach (ServerReflectionRequest request in (ServerReflectionRequest[])[
            new() { FileByFilename = "../secret.proto" },
            new() { FileContainingSymbol = "no.Such" },
            new() { FileContainingExtension = new ExtensionRequest { ContainingType = "rpctest.Part", ExtensionNumber = 100 } },
            new() { AllExtensionNumbersOfType = "no.Such" }])
        {
            Assert.Equal((int)RpcStatusCode.NotFound, (await AskAsync(host, request)).ErrorResponse.ErrorCode);
        }
        Assert.Equal((int)RpcStatusCode.InvalidArgument, (await AskAsync(host, new ServerReflectionRequest())).ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task A_message_without_extensions_has_an_empty_list_of_them()
    {
        await using TestHost host = await TestHost.StartAsync();
        ServerReflectionResponse answer = await AskAsync(host, new ServerReflectionRequest { AllExtensionNumbersOfType = "rpctest.Part" });
        Assert.Equal("rpctest.Part", answer.AllExtensionNumbersResponse.BaseTypeName);
        Assert.Empty(answer.AllExtensionNumbersResponse.ExtensionNumber);
    }

    [Fact]
    public async Task One_stream_answers_many_questions_and_ends_with_its_caller()
    {
        await using TestHost host = await TestHost.StartAsync();
        await using RpcDuplexCall<ServerReflectionRequest, ServerReflectionResponse> call =
            host.Channel.Duplex<ServerReflectionRequest, ServerReflectionResponse>(V1, null, CancellationToken.None);
        await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "rpctest.Echo" });
        Assert.True(await call.MoveNextAsync().AsTask().Within("the first answer"));
        Assert.Equal(3, call.Current.FileDescriptorResponse.FileDescriptorProto.Count);
        await call.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "rpctest.Echo" });
        Assert.True(await call.MoveNextAsync().AsTask().Within("the second answer"));
        // Its imports were sent on this stream already.
        Assert.Single(call.Current.FileDescriptorResponse.FileDescriptorProto);
        call.FinishRequests();
        Assert.False(await call.MoveNextAsync().AsTask().Within("the end"));
    }

    [Fact]
    public async Task A_connection_that_asks_too_often_refuses()
    {
        var time = new ManualTimeProvider();
        await using TestHost host = await TestHost.StartAsync(server: options =>
        {
            options.TimeProvider = time;
            options.ReflectionPerSecond = 5;
            options.ReflectionBurst = 5;
        });
        var request = new ServerReflectionRequest { ListServices = "" };
        for (int i = 0; i < 5; i++)
            await AskAsync(host, request);
        RpcException error = await AskAsync(host, request).FailsAsync(RpcStatusCode.ResourceExhausted);
        Assert.NotNull(error.FindDetail<Google.Rpc.RetryInfo>());
        time.Advance(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 5; i++)
            await AskAsync(host, request);
        await AskAsync(host, request).FailsAsync(RpcStatusCode.ResourceExhausted);
        // Another connection has its own count.
        await using var other = new RpcChannel(host.Address, null);
        await AskAsync(other, request, V1);
    }

    [Fact]
    public async Task Reflection_can_be_switched_off()
    {
        await using TestHost host = await TestHost.StartAsync(server: options => options.Reflection = false);
        await AskAsync(host, new ServerReflectionRequest { ListServices = "" }).FailsAsync(RpcStatusCode.Unimplemented);
        await AskAsync(host, new ServerReflectionRequest { ListServices = "" }, V1Alpha).FailsAsync(RpcStatusCode.Unimplemented);
    }

    private static Task<ServerReflectionResponse> AskAsync(TestHost host, ServerReflectionRequest request, string method = V1) =>
        AskAsync(host.Channel, request, method);

    // Both versions have the same bytes.
    private static async Task<ServerReflectionResponse> AskAsync(RpcChannel channel, ServerReflectionRequest request, string method)
    {
        await using RpcDuplexCall<ServerReflectionRequest, ServerReflectionResponse> call =
            channel.Duplex<ServerReflectionRequest, ServerReflectionResponse>(method, null, CancellationToken.None);
        try
        {
            await call.WriteAsync(request);
            call.FinishRequests();
        }
        catch (RpcException)
        {
            // The server has answered before it was asked; reading says what.
        }
        Assert.True(await call.MoveNextAsync().AsTask().Within("an answer"));
        ServerReflectionResponse answer = call.Current;
        Assert.False(await call.MoveNextAsync().AsTask().Within("the end"));
        return answer;
    }
}
