using HealthGrains.Domain.Actors;
using HealthGrains.Domain.Identity;
using HealthGrains.Grains;
using HealthGrains.Grains.Journal;
using HealthGrains.Rpc;
using HealthGrains.Services.Authentication;
using HealthGrains.Services.Calls;

namespace HealthGrains.Services.Inbox;

/// <summary>What a professional is told, over all patients that he or she follows. One RPC a file.</summary>
internal sealed partial class InboxService(ServiceContext context)
{
    public RpcService Bind() => new ServiceBinder(Wire.InboxReflection.Descriptor.Services[0], context.Admission)
        .Unary<Wire.FollowRequest, Wire.FollowResponse>("Follow", FollowAsync)
        .Unary<Wire.UnfollowRequest, Wire.UnfollowResponse>("Unfollow", UnfollowAsync)
        .Unary<Wire.ReadInboxRequest, Wire.ReadInboxResponse>("ReadInbox", ReadInboxAsync)
        .Unary<Wire.AcknowledgeRequest, Wire.AcknowledgeResponse>("Acknowledge", AcknowledgeAsync)
        .ServerStreaming<Wire.WatchInboxRequest, Wire.InboxItem>(
            "WatchInbox", WatchInboxAsync, new RpcMethodOptions { EndsOnDrain = true })
        .Service;

    /// <summary>The calling professional in the only situation there is, or the one that the call's metadata names.</summary>
    /// <exception cref="RpcException">CONTEXT_INCOMPLETE.</exception>
    private static Actor ReaderOf(CallerSession session) =>
        RecordTarget.ProfessionalOf((Caller.Professional)session.Caller, null);

    private static JournalId InboxOf(CallerSession session) =>
        GrainIds.InboxOf(((Caller.Professional)session.Caller).Id);
}
