using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// MDS_READPAGE: names of a directory, by bulk (mdt_readpage).
public sealed partial class MdtDevice
{
    const int PageSize = MdtConst.LU_PAGE_SIZE;

    async ValueTask<Errno> ReadpageAsync(ServerRequest request, CancellationToken cancel)
    {
        request.Capsule.SetFormat(RequestFormats.MdsReadpage);
        if (!request.Capsule.TryGet(Rmf.MdtBody, MessageSide.Request, out MdtBody wanted))
            return Errno.EPROTO;
        // Fields are used for what they are not named for: Size is the hash, Nlink the bytes, Mode the attributes.
        Export export = request.Export!;
        uint agreed = export.Supports(ConnectFlags.BRW_SIZE) ? export.Connection.Data.BrwSize : PageSize;
        int room = (int)Math.Min(wanted.Nlink, agreed) / PageSize * PageSize;
        if (room == 0)
            return Errno.EINVAL;
        Result<IDtObject> found = _mdd.Find(wanted.Fid1);
        if (found.Failed)
            return found.Error;
        if (MdtReply.Pack(request) is var error and not Errno.OK)
            return error;

        var attrs = (DirentAttrs)wanted.Mode;
        if (export.Supports(ConnectFlags._64BITHASH))
            attrs |= DirentAttrs._64BITHASH;
        using PooledBuffer pages = Context.Buffers.Take(room);
        Result<int> filled = MddDevice.ReadPages(found.Value, wanted.Size, attrs, pages.Span[..room]);
        if (filled.Failed)
            return filled.Error;
        using ServerBulk bulk = request.NewBulk(BulkType.PutSource, Portals.MDS_BULK_PORTAL);
        error = bulk.Memory.Add(pages.Slice(0, filled.Value));
        return error == Errno.OK ? await bulk.RunAsync() : error;
    }
}
