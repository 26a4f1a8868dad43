using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mds.Mdd;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target;

namespace Lustrous.Mds.Mdt;

// Clients that come and go.
public sealed partial class MdtDevice : IServiceTargetHooks
{
    /// <summary>What a client without these cannot do with us, and we not with it (mdt_connect_internal).</summary>
    const ConnectFlags Required = ConnectFlags.FID | ConnectFlags.FULL20;

    Errno IServiceTargetHooks.Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply)
    {
        if ((asked.ConnectFlags & ConnectFlags.FULL20) == 0)
            return Errno.EPROTO;
        if ((reply.ConnectFlags & Required) != Required)
            return Errno.EBADE;
        // Without any inode bits in common there is nothing to lock.
        if ((reply.ConnectFlags & ConnectFlags.IBITS) != 0 && reply.InodeBitsKnown == 0)
            return Errno.EPROTO;
        return Errno.OK;
    }

    void IServiceTargetHooks.Connected(Export export, bool isReconnect) => DataOf(export);

    /// <summary>Its locks go, and its files are closed: no times or sizes come with that, and no reply. Where the
    /// target stops, the clients have their files open again after its next start: what lost its name lives on.
    /// </summary>
    void IServiceTargetHooks.Disconnected(Export export, bool isEviction)
    {
        _locks.Disconnected(export);
        if (export.TargetData is not TargetExport { Data: MdtExportData data })
            return;
        foreach (MdtOpenFile file in data.TakeAll())
        {
            if (!Target.IsStopping)
                _mdd.Close(MddContext.Server, Storage.Locate(file.Fid), file.Flags);
        }
    }

    ulong IServiceTargetHooks.KnownCookie(string clientUuid, ulong remoteHandle) => 0;

    static MdtExportData DataOf(Export export)
    {
        TargetExport target = TargetExport.Of(export);
        if (target.Data is MdtExportData data)
            return data;
        // The first request of a client is its connect, and of these there is one at a time.
        data = new MdtExportData();
        target.Data = data;
        return data;
    }

    /// <summary>Opens an object for a client.</summary>
    /// <returns>The handle. ENOENT, ETXTBSY; ENODEV: the client has gone.</returns>
    /// <param name="request">Its.</param>
    /// <param name="o">The object.</param>
    /// <param name="flags">How.</param>
    /// <param name="byHandle">By FID: one without a name too, if somebody has it open.</param>
    /// <param name="oldHandle">Of the open that is replayed.</param>
    Result<LustreHandle> OpenFor(
        ServerRequest request, Obdclass.Storage.IDtObject o, MdsOpenFlags flags, bool byHandle,
        LustreHandle oldHandle = default)
    {
        bool isReplay = (request.Flags & MsgFlags.REPLAY) != 0;
        if (_mdd.TryOpen(o, flags, byHandle, isReplay) is var error and not Errno.OK)
            return error;
        ulong cookie;
        do
        {
            cookie = Context.Random.NextUInt64();
        }
        while (cookie == 0);
        var file = new MdtOpenFile(
            new LustreHandle(cookie), o.Fid, flags, request.Xid, request.ReplyTransno, oldHandle);
        if (DataOf(request.Export!).TryAdd(file))
            return file.Handle;
        _mdd.Close(MddContext.Server, o, flags);
        return Errno.ENODEV;
    }
}
