using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// Layouts that the MDT changes. Source: ll_layout_refresh, ll_layout_intent, ll_layout_write_intent in
// lustre/llite/file.c.
public sealed partial class LliteMount
{
    /// <summary>Asks the MDT for the layout of a file, which it may have to change first, and puts it to use.</summary>
    /// <returns>What the MDT says; EOPNOTSUPP for a layout that is not understood here.</returns>
    internal async ValueTask<Errno> RefreshLayoutAsync(
        LliteInode inode, LayoutIntent wanted, CancellationToken cancel)
    {
        await inode.LayoutChangedAsync();
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        var caller = new MdCredentials(0, 0);
        Result<MdAnswer> answer = await mdc.Value.LayoutAsync(inode.Fid, wanted, caller, cancel);
        if (answer.Failed)
            return answer.Error;
        Errno status = Errno.OK;
        byte[] layout = answer.Value.Layout;
        if (layout.Length == 0)
        {
            // A lock that came without it (ll_layout_fetch).
            Result<MdAnswer> fetched = await mdc.Value.GetattrAsync(
                inode.Fid, MdtValid.FLEASIZE, caller, XattrSizeMax, cancel);
            status = fetched.Error;
            layout = fetched.Failed ? layout : fetched.Value.Layout;
        }
        if (status == Errno.OK && layout.Length > 0)
            status = await inode.SetLayoutAsync(layout, cancel);
        if (answer.Value.Lock is not null)
            AttachLock(inode, answer.Value);
        return status;
    }

    /// <summary>Before data is touched: the layout is the MDT's, or that of another client's change.</summary>
    ValueTask<Errno> KnowLayoutAsync(LliteInode inode, CancellationToken cancel) => inode.IsLayoutKnown
        ? new(inode.Data is null ? inode.DataError : Errno.OK)
        : RefreshLayoutAsync(inode, new LayoutIntent { Opcode = LayoutIntentOp.Access }, cancel);

    async ValueTask<Result<int>> ReadRefreshedAsync(
        LliteFile file, long offset, IoVec destination, LovIoFlags flags, CancellationToken cancel)
    {
        Errno status = await KnowLayoutAsync(file.Inode, cancel);
        return status == Errno.OK ? await ReadKnownAsync(file, offset, destination, flags, cancel) : status;
    }

    async ValueTask<Result<int>> WriteRefreshedAsync(
        LliteFile file, long offset, IoVec source, LliteWriteFlags flags, Credentials caller, CancellationToken cancel)
    {
        Errno status = await KnowLayoutAsync(file.Inode, cancel);
        return status == Errno.OK ? await WriteKnownAsync(file, offset, source, flags, caller, cancel) : status;
    }
}
