using HealthGrains.Rpc;
using HealthGrains.Services.Calls;
using HealthGrains.Services.Consents;
using HealthGrains.Services.DocumentExchange;
using HealthGrains.Services.Inbox;
using HealthGrains.Services.Operations;
using HealthGrains.Services.PatientRecords;

namespace HealthGrains.Services;

/// <summary>The public API, ready to be served.</summary>
public static class HealthGrainsServices
{
    /// <summary>All five services. Methods that this version does not serve are left unbound and answer UNIMPLEMENTED.</summary>
    /// <remarks>Whoever serves them puts a <see cref="CallerSession"/>, a validated token or a caller into
    /// <see cref="RpcCall.Caller"/>; without one every call is NOT_AUTHENTICATED.</remarks>
    public static IReadOnlyList<RpcService> Create(ServiceDependencies dependencies)
    {
        var context = new ServiceContext(dependencies);
        return
        [
            new DocumentExchangeService(context).Bind(),
            new PatientRecordsService(context).Bind(),
            new ConsentsService(context).Bind(),
            new InboxService(context).Bind(),
            new OperationsService(context).Bind(),
        ];
    }
}
