using Lustrous.Idl.Ptlrpc;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ldlm.Server;

/// <summary>The lock manager's own services of a node.</summary>
public static class LdlmServices
{
    /// <summary><c>ldlm_canceld</c>, on every server: LDLM_CANCEL and LDLM_CONVERT of clients, portal 17; with
    /// <see cref="TargetHandler"/>.</summary>
    public static ServiceOptions Cancel(PtlrpcOptions timeouts) => new()
    {
        Name = "ldlm_canceld",
        RequestPortal = Portals.LDLM_CANCEL_REQUEST_PORTAL,
        ReplyPortal = Portals.LDLM_CANCEL_REPLY_PORTAL,
        HasHighPriorityQueue = true,
        Timeouts = timeouts,
    };

    /// <summary><c>ldlm_cbd</c>, on every client: callbacks of servers, portal 15.</summary>
    public static ServiceOptions Callback(PtlrpcOptions timeouts) => new()
    {
        Name = "ldlm_cbd",
        RequestPortal = Portals.LDLM_CB_REQUEST_PORTAL,
        ReplyPortal = Portals.LDLM_CB_REPLY_PORTAL,
        TakesCallbacks = true,
        Timeouts = timeouts,
    };
}
