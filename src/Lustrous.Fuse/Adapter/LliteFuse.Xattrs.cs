using System.Globalization;
using System.Text;
using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Idl.Fids;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

/* Extended attributes, and what Lustre's ioctls would tell: FUSE passes no ioctl whose argument is larger than its
   number says, so there are attributes that no file has on a server:

   lustre.fid             the FID, [0x200000401:0x1:0x0]
   lustre.fid2path.FID    a path below the root, on any file
   lustre.df              a line for each target: UUID, MDT or OST, index, errno, blocks, free, available, block size,
                          files, free files, state
   lustre.osts, .mdts     a line for each target: index, UUID, ACTIVE or INACTIVE

   lustre.lov is Llite's own: the layout, to read and to set (mknod(2) and setxattr(2) make a striped file). */
public sealed partial class LliteFuse
{
    static ReadOnlySpan<byte> LustrePrefix => "lustre."u8;

    static ReadOnlySpan<byte> PathPrefix => "lustre.fid2path."u8;

    static ReadOnlySpan<byte> AclPrefix => "system.posix_acl_"u8;

    public override ValueTask<Errno> GetxattrAsync(FuseRequest request, int size, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } inode)
            return s_stale;
        if (name.StartsWith(LustrePrefix) && Service(inode, name, request.Cancel) is { } service)
            return FinishServiceAsync(request, size, service);
        // Lustre keeps no labels of these modules for us. EOPNOTSUPP makes ls ask once and not for each file.
        if (name.SequenceEqual("security.selinux"u8) || name.SequenceEqual("security.SMACK64"u8))
            return new(Errno.EOPNOTSUPP);
        bool acl = name.StartsWith(AclPrefix);
        IoVec destination = request.ReplyBuffer.Slice(0, size);
        ValueTask<Result<int>> task = Mount.GetxattrAsync(inode, name, destination, Caller(request), request.Cancel);
        return task.IsCompletedSuccessfully
            ? new(ReplyValue(request, size, acl, task.Result))
            : LaterAsync(request, size, acl, task);

        static async ValueTask<Errno> LaterAsync(
            FuseRequest request, int size, bool acl, ValueTask<Result<int>> task) =>
            ReplyValue(request, size, acl, await task.ConfigureAwait(false));
    }

    public override async ValueTask<Errno> ListxattrAsync(FuseRequest request, int size)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } inode)
            return Errno.ESTALE;
        IoVec destination = request.ReplyBuffer.Slice(0, size);
        Result<int> done = await Mount.ListxattrAsync(inode, destination, Caller(request), request.Cancel)
            .ConfigureAwait(false);
        return ReplyValue(request, size, acl: false, done);
    }

    public override ValueTask<Errno> SetxattrAsync(
        FuseRequest request, in FuseSetxattrIn input, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } inode
            ? Mount.SetxattrAsync(inode, name, value, (int)input.Flags, Caller(request), request.Cancel)
            : s_stale;
    }

    public override ValueTask<Errno> RemovexattrAsync(FuseRequest request, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } inode
            ? Mount.RemovexattrAsync(inode, name, Caller(request), request.Cancel)
            : s_stale;
    }

    static Errno ReplyValue(FuseRequest request, int size, bool acl, in Result<int> done)
    {
        // Any other error of an ACL the kernel would hand to whoever wants to open the file.
        if (done.Failed)
            return acl && done.Error == Errno.EOPNOTSUPP ? Errno.ENODATA : done.Error;
        if (size == 0)
            request.ReplyXattrSize(done.Value);
        else
            request.ReplyData(done.Value);
        return Errno.OK;
    }

    static async ValueTask<Errno> FinishServiceAsync(FuseRequest request, int size, Task<Result<string>> service)
    {
        Result<string> text = await service.ConfigureAwait(false);
        if (text.Failed)
            return text.Error;
        byte[] value = Encoding.UTF8.GetBytes(text.Value);
        if (size == 0)
        {
            request.ReplyXattrSize(value.Length);
            return Errno.OK;
        }
        if (value.Length > size)
            return Errno.ERANGE;
        value.CopyTo(request.ReplyBuffer.Span);
        request.ReplyData(value.Length);
        return Errno.OK;
    }

    Task<Result<string>>? Service(LliteInode inode, ReadOnlySpan<byte> name, CancellationToken cancel)
    {
        if (name.SequenceEqual("lustre.fid"u8))
            return Told(inode.Fid.ToString());
        if (name.StartsWith(PathPrefix))
        {
            Result<Fid> fid = Fid.Parse(Encoding.UTF8.GetString(name[PathPrefix.Length..]));
            return fid.Failed ? Told(fid.Error) : Mount.FidToPathAsync(fid.Value, cancel).AsTask();
        }
        if (name.SequenceEqual("lustre.osts"u8))
            return Told(Lines(Mount.Osts));
        if (name.SequenceEqual("lustre.mdts"u8))
            return Told(Lines(Mount.Mdts));
        return name.SequenceEqual("lustre.df"u8) ? RoomAsync(cancel) : null;
    }

    static Task<Result<string>> Told(Result<string> text) => Task.FromResult(text);

    static string Lines(IReadOnlyList<LliteTarget> targets) => string.Concat(targets.Select(target => string.Create(
        CultureInfo.InvariantCulture, $"{target.Index} {target.Uuid} {(target.IsActive ? "ACTIVE" : "INACTIVE")}\n")));

    async Task<Result<string>> RoomAsync(CancellationToken cancel)
    {
        Result<IReadOnlyList<TargetStatfs>> targets = await Mount.StatfsTargetsAsync(cancel).ConfigureAwait(false);
        if (targets.Failed)
            return targets.Error;
        return string.Concat(targets.Value.Select(target => string.Create(CultureInfo.InvariantCulture,
            $"{target.Uuid} {(target.IsMdt ? "MDT" : "OST")} {target.Index} {(int)target.Error} {target.Room.Blocks} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"{target.Room.BlocksFree} {target.Room.BlocksAvailable} {target.Room.BlockSize} {target.Room.Files} ")
            + string.Create(CultureInfo.InvariantCulture, $"{target.Room.FilesFree} {(uint)target.State}\n")));
    }
}
