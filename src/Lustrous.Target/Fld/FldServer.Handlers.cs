using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Target.Fld;

// FLD_QUERY and FLD_READ.
public sealed partial class FldServer
{
    // Bytes of ranges in one answer of FLD_READ: a page, as fld_read_server gives.
    const int ReadBytes = 4096;
    const int HeaderBytes = 8;      // how many follow, and padding

    void AddRows(ServiceTarget target)
    {
        target.Handle(FldOpcode.Query, new OpcodeHandler(
            RequestFormats.FldQuery, LustreMsgVersion.MDS_VERSION, HandlerFlags.HasReply,
            (request, _) => new(Query(request))));
        target.Handle(FldOpcode.Read, new OpcodeHandler(
            RequestFormats.FldRead, LustreMsgVersion.MDS_VERSION, HandlerFlags.None,
            (request, _) => new(Read(request))));
    }

    Errno Query(ServerRequest request)
    {
        if (!request.Capsule.TryGet(Rmf.FldOpc, MessageSide.Request, out uint operation)
            || !request.Capsule.TryGet(Rmf.FldMdfld, MessageSide.Request, out LuSeqRange asked))
            return Errno.EPROTO;
        if (operation != (uint)FldOperation.Lookup)
            return Errno.EINVAL;
        Result<LuSeqRange> found = Lookup(asked.Start);
        if (found.Failed)
            return found.Error;
        uint type = asked.Flags & (uint)SeqRangeTypeMasks.MASK;
        if (type != (uint)SeqRangeType.ANY && type != found.Value.Flags)
            return Errno.EIO;       // a sequence of the other kind: the caller is confused (fld_server_lookup)
        request.Capsule.Set(Rmf.FldMdfld, MessageSide.Reply, found.Value);
        return Errno.OK;
    }

    /// <summary>A page of the ranges of one target that begin later (struct lu_seq_range_array): EAGAIN, and the page
    /// all the same, says that there are more.</summary>
    Errno Read(ServerRequest request)
    {
        if (!request.Capsule.TryGet(Rmf.FldMdfld, MessageSide.Request, out LuSeqRange from))
            return Errno.EPROTO;
        request.Capsule.SetSize(Rmf.GenericData, MessageSide.Reply, ReadBytes);
        if (request.PackReply() is var error and not Errno.OK)
            return error;
        Span<byte> reply = request.Capsule.GetBytes(Rmf.GenericData, MessageSide.Reply);
        Span<LuSeqRange> page = MemoryMarshal.Cast<byte, LuSeqRange>(reply[HeaderBytes..]);
        int count = 0;
        foreach (LuSeqRange range in List())
        {
            if (range.Index != from.Index || range.Flags != from.Flags || range.Start <= from.Start)
                continue;
            if (count == page.Length)
            {
                request.Status = -(int)Errno.EAGAIN;
                break;
            }
            page[count++] = range;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(reply, (uint)count);
        return Errno.OK;
    }
}
