using Lustrous.Fuse.Protocol;
using Lustrous.Fuse.Protocol.Abi;
using Lustrous.Llite;

namespace Lustrous.Fuse.Adapter;

// Attributes, permissions, room.
public sealed partial class LliteFuse
{
    /// <summary>STATX_BASIC_STATS and STATX_BTIME.</summary>
    const uint StatxBasic = 0x7FF, StatxBtime = 0x800;

    public override ValueTask<Errno> GetattrAsync(FuseRequest request, in FuseGetattrIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } inode
            ? Finish(request, Mount.GetattrAsync(inode, null, Caller(request), request.Cancel))
            : s_stale;
    }

    public override ValueTask<Errno> SetattrAsync(FuseRequest request, in FuseSetattrIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (Mount.FindInode(request.NodeId) is not { } inode)
            return s_stale;
        LliteFile? file = input.Valid.HasFlag(FuseSetattrValid.Handle) ? Mount.FindFile(input.Handle) : null;
        var change = new LliteSetattr
        {
            Valid = Translate(input.Valid),
            Mode = input.Mode,
            Uid = input.Uid,
            Gid = input.Gid,
            Size = input.Size,
            Atime = input.Atime,
            Mtime = input.Mtime,
            Ctime = input.Ctime,
        };
        return Finish(request, Mount.SetattrAsync(inode, file, change, Caller(request), request.Cancel));
    }

    public override ValueTask<Errno> StatxAsync(FuseRequest request, in FuseStatxIn input)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } inode
            ? LaterAsync(request, Mount.GetattrAsync(inode, null, Caller(request), request.Cancel))
            : s_stale;

        static async ValueTask<Errno> LaterAsync(FuseRequest request, ValueTask<Result<LliteStat>> task)
        {
            Result<LliteStat> done = await task.ConfigureAwait(false);
            if (done.Failed)
                return done.Error;
            FillStatx(ref request.Reply<FuseStatxOut>(), done.Value);
            return Errno.OK;
        }
    }

    public override ValueTask<Errno> AccessAsync(FuseRequest request, uint mask)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FindInode(request.NodeId) is { } inode
            ? Mount.AccessAsync(inode, mask, Caller(request), request.Cancel)
            : s_stale;
    }

    public override async ValueTask<Errno> StatfsAsync(FuseRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Result<LliteStatfs> done = await Mount.StatfsAsync(request.Cancel).ConfigureAwait(false);
        if (done.Failed)
            return done.Error;
        LliteStatfs room = done.Value;
        request.Reply<FuseStatfsOut>() = new FuseStatfsOut
        {
            Blocks = room.Blocks,
            FreeBlocks = room.BlocksFree,
            AvailableBlocks = room.BlocksAvailable,
            Files = room.Files,
            FreeFiles = room.FilesFree,
            BlockSize = room.BlockSize,
            FragmentSize = room.BlockSize,
            NameLength = room.NameLength,
        };
        return Errno.OK;
    }

    public override ValueTask<Errno> SyncfsAsync(FuseRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Mount.FsyncAsync(Mount.Root, request.Cancel);
    }

    static void FillStatx(ref FuseStatxOut reply, in LliteStat stat)
    {
        LliteAttributes attributes = stat.Attributes;
        reply.AttrValid = stat.MayCache ? Forever : 0;
        reply.Stat.Mask = StatxBasic | (attributes.Btime != 0 ? StatxBtime : 0);
        reply.Stat.BlockSize = attributes.BlockSize;
        reply.Stat.Nlink = attributes.Nlink;
        reply.Stat.Uid = attributes.Uid;
        reply.Stat.Gid = attributes.Gid;
        reply.Stat.Mode = (ushort)attributes.Mode;
        reply.Stat.Ino = attributes.Ino;
        reply.Stat.Size = attributes.Size;
        reply.Stat.Blocks = attributes.Blocks;
        reply.Stat.Atime.Seconds = attributes.Atime;
        reply.Stat.Btime.Seconds = attributes.Btime;
        reply.Stat.Ctime.Seconds = attributes.Ctime;
        reply.Stat.Mtime.Seconds = attributes.Mtime;
        // Linux' new_encode_dev: 8 bits of the minor number, 12 of the major, the rest of the minor.
        reply.Stat.RdevMajor = attributes.Rdev >> 8 & 0xFFF;
        reply.Stat.RdevMinor = attributes.Rdev & 0xFF | attributes.Rdev >> 12 & 0xFFF00;
    }

    static SetattrFields Translate(FuseSetattrValid valid)
    {
        return Map(FuseSetattrValid.Mode, SetattrFields.Mode) | Map(FuseSetattrValid.Uid, SetattrFields.Uid)
            | Map(FuseSetattrValid.Gid, SetattrFields.Gid) | Map(FuseSetattrValid.Size, SetattrFields.Size)
            | Time(FuseSetattrValid.Atime, FuseSetattrValid.AtimeNow, SetattrFields.Atime, SetattrFields.AtimeNow)
            | Time(FuseSetattrValid.Mtime, FuseSetattrValid.MtimeNow, SetattrFields.Mtime, SetattrFields.MtimeNow)
            | Map(FuseSetattrValid.Ctime, SetattrFields.Ctime)
            | Map(FuseSetattrValid.KillSuidGid, SetattrFields.KillSuidSgid);

        SetattrFields Map(FuseSetattrValid from, SetattrFields to) => valid.HasFlag(from) ? to : SetattrFields.None;

        // The kernel sends "now" together with the time that it takes for now.
        SetattrFields Time(FuseSetattrValid set, FuseSetattrValid now, SetattrFields toSet, SetattrFields toNow) =>
            valid.HasFlag(now) ? toNow : Map(set, toSet);
    }
}
