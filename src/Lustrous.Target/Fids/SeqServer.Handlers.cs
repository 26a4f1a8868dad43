using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Fids;

// SEQ_QUERY.
public sealed partial class SeqServer
{
    static void AddRows(ServiceTarget target, SeqServer server, SeqServer? controller) =>
        target.Handle(SeqOpcode.Query, new OpcodeHandler(
            RequestFormats.SeqQuery, LustreMsgVersion.MDS_VERSION, HandlerFlags.HasReply | HandlerFlags.RememberReply,
            (request, cancel) => QueryAsync(request, server, controller, cancel)));

    static async ValueTask<Errno> QueryAsync(
        ServerRequest request, SeqServer server, SeqServer? controller, CancellationToken cancel)
    {
        if (!request.Capsule.TryGet(Rmf.SeqOpc, MessageSide.Request, out uint opcode)
            || !request.Capsule.TryGet(Rmf.SeqRange, MessageSide.Request, out LuSeqRange asker))
            return Errno.EPROTO;
        var operation = (SeqOperation)opcode;
        SeqServer? asked = operation == SeqOperation.AllocSuper ? controller : server;
        if (asked is null)
            return Errno.EOPNOTSUPP;
        Result<LuSeqRange> range = await asked.AllocateAsync(operation, asker, cancel);
        if (range.Failed)
            return range.Error;
        request.Capsule.Set(Rmf.SeqRange, MessageSide.Reply, range.Value);
        return Errno.OK;
    }
}
