using Google.Protobuf.Reflection;
using Grpc.Reflection.V1;

namespace HealthGrains.Rpc.Standard;

/// <summary>grpc.reflection.v1: translates between the messages of this version and the answers that both share.</summary>
internal static class ReflectionV1
{
    public static RpcService Create(ReflectionService reflection) =>
        new RpcService(ReflectionReflection.Descriptor.Services[0])
            .Duplex<ServerReflectionRequest, ServerReflectionResponse>("ServerReflectionInfo", async (requests, replies, call, ct) =>
            {
                var sent = new HashSet<string>(StringComparer.Ordinal);
                while (await requests.MoveNextAsync(ct))
                {
                    reflection.CheckRate(call);
                    await replies.WriteAsync(Answer(reflection, requests.Current, sent), ct);
                }
            }, ReflectionService.Options);

    private static ServerReflectionResponse Answer(ReflectionService reflection, ServerReflectionRequest request, HashSet<string> sent)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = new ListServiceResponse();
                response.ListServicesResponse.Service.Add(reflection.Services.Select(name => new ServiceResponse { Name = name }));
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename:
                Files(response, reflection.Index.File(request.FileByFilename), sent);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol:
                Files(response, reflection.Index.FileOf(request.FileContainingSymbol), sent);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType
                when reflection.Index.HasMessage(request.AllExtensionNumbersOfType):
                // proto3 messages have none, and that is an answer.
                response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.None:
                response.ErrorResponse = Error(RpcStatusCode.InvalidArgument, "the request asks nothing");
                break;
            default:
                response.ErrorResponse = Error(RpcStatusCode.NotFound, "there is no such extension or type");
                break;
        }
        return response;
    }

    private static void Files(ServerReflectionResponse response, FileDescriptor? file, HashSet<string> sent)
    {
        if (file is null)
        {
            response.ErrorResponse = Error(RpcStatusCode.NotFound, "there is no such file or symbol");
            return;
        }
        response.FileDescriptorResponse = new FileDescriptorResponse();
        response.FileDescriptorResponse.FileDescriptorProto.Add(ReflectionService.WithImports(file, sent).Select(f => f.SerializedData));
    }

    private static ErrorResponse Error(RpcStatusCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };
}
