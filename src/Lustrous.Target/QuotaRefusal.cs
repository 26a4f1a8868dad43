using Lustrous.Idl.Quota;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target;

/// <summary>MDS_QUOTACTL and OST_QUOTACTL of a target that keeps no quotas: what is known is not supported, what is not
/// is a fault (mdt_quotactl, ofd_quotactl).</summary>
public static class QuotaRefusal
{
    /// <summary>Answers it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="format">MDS_QUOTACTL's or OST_QUOTACTL's.</param>
    public static Errno Answer(ServerRequest request, RequestFormat format)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Capsule.SetFormat(format);
        if (!request.Capsule.TryGet(Rmf.ObdQuotactl, MessageSide.Request, out ObdQuotactl asked))
            return Errno.EPROTO;
        request.Capsule.SetSize(Rmf.ObdQuotaIter, MessageSide.Reply, 0);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        return Enum.IsDefined(asked.Command) ? Errno.EOPNOTSUPP : Errno.EFAULT;
    }
}
