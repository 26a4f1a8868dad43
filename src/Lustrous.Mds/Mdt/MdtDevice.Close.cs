using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// MDS_CLOSE: an open file ends; its size and times come along (mdt_close, mdt_mfd_close of lustre/mdt/mdt_open.c).
public sealed partial class MdtDevice
{
    const MdsOpBias CloseIntents = MdsOpBias.HSM_RELEASE | MdsOpBias.CLOSE_LAYOUT_MERGE
        | MdsOpBias.CLOSE_LAYOUT_SPLIT | MdsOpBias.CLOSE_LAYOUT_SWAP | MdsOpBias.CLOSE_RESYNC_DONE;

    Errno Close(ServerRequest request)
    {
        request.Capsule.SetFormat(request.Capsule.Request.BufferCount > 4
            ? RequestFormats.MdsCloseIntent
            : RequestFormats.MdsClose);
        if (!request.Capsule.TryGet(Rmf.MdtEpoch, MessageSide.Request, out MdtIoEpoch epoch)
            || !request.Capsule.TryGet(Rmf.RecReint, MessageSide.Request, out MdtRecReint record))
            return Errno.EPROTO;
        if (MdtReply.Pack(request) is var error and not Errno.OK)
            return error;
        bool isReplay = (request.Flags & MsgFlags.REPLAY) != 0;
        if (!DataOf(request.Export!).TryRemove(epoch.OpenHandle, isReplay, out MdtOpenFile? file))
        {
            // Closed in the former life, whose answer was lost; or the open was not worth a replay.
            return IsAnswered(request, out _) ? Errno.OK : Errno.ESTALE;
        }
        error = Close(request, file, ReintRecord.Setattr(record));
        // Even a close that changed nothing is replayed: the file is open again after the replay of its open.
        if (request.ReplyTransno == 0 && _target.EmptyTransaction(request) is var empty and not Errno.OK)
            return error == Errno.OK ? empty : error;
        return error;
    }

    /// <summary>The handle is gone, whatever else fails.</summary>
    Errno Close(ServerRequest request, MdtOpenFile file, in MdtRecSetattr record)
    {
        IDtObject o = Storage.Locate(file.Fid);
        var context = ContextOf(ReintRecord.CredentialsOf(record), request);
        // Release, layout swap and merge belong to layouts that are not made here.
        Errno error = (record.Bias & CloseIntents) != 0 ? Errno.EOPNOTSUPP : Errno.OK;
        bool isReadOnly = request.Export!.Supports(Idl.Ptlrpc.ConnectFlags.RDONLY);
        if (!isReadOnly && o.GetAttributes(out DtAttributes attributes) == Errno.OK)
        {
            DtAttributes times = ReintRecord.AttributesOf(record);
            times.Valid &= DtValid.Times;
            Errno changed = _mdd.SetAttributes(context, o, new MddSetattr(times, MddSetattrFlags.CloseTimes)
            {
                Som = attributes is { IsRegular: true, Nlink: > 0 } ? NewSom(o, record, isTruncate: false) : null,
            });
            if (error == Errno.OK)
                error = changed;
        }
        Errno closed = _mdd.Close(context, o, file.Flags);
        return error == Errno.OK ? closed : error;
    }

    /// <summary>
    /// The size that a client tells of a file with objects is kept as a guess for who does not want to ask the OSTs
    /// (mdt_lsom_update): closing only enlarges it, truncating sets it. Null: what is kept stays.
    /// </summary>
    static LustreSomAttrs? NewSom(IDtObject o, in MdtRecSetattr record, bool isTruncate)
    {
        bool hasSize = (record.Valid & (MdsAttrFlags.LSIZE | MdsAttrFlags.SIZE)) != 0;
        bool hasBlocks = (record.Valid & (MdsAttrFlags.LBLOCKS | MdsAttrFlags.BLOCKS)) != 0;
        if (!hasSize && !hasBlocks && !isTruncate || o.GetXattr(DtXattr.Lov, default).Failed)
            return null;
        bool known = MdtReply.TryGetSom(o, out LustreSomAttrs som);
        ulong size = som.Size;
        ulong blocks = som.Blocks;
        if (isTruncate)
        {
            // Blocks are not known until the close; none is only right for an empty file.
            blocks = record.Size == 0 ? 0 : !known || record.Size < size ? 1 : blocks;
            size = record.Size;
        }
        else if (!known)
        {
            if (!hasSize || !hasBlocks)
                return null;
            (size, blocks) = (record.Size, record.Blocks);
        }
        else
        {
            if ((som.Valid & SomFlags.STRICT) != 0)
                return null;
            if (hasSize)
                size = Math.Max(size, record.Size);
            if (hasBlocks)
                blocks = Math.Max(blocks, record.Blocks);
        }
        if (known && size == som.Size && blocks == som.Blocks)
            return null;
        return new LustreSomAttrs { Valid = SomFlags.LAZY, Size = size, Blocks = blocks };
    }
}
