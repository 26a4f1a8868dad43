using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// Attributes, permissions, links. Source: ll_getattr, ll_setattr_raw in lustre/llite.
public sealed partial class LliteMount
{
    const SetattrFields TimeFields =
        SetattrFields.Atime | SetattrFields.Mtime | SetattrFields.AtimeNow | SetattrFields.MtimeNow;

    /// <summary>stat(2).</summary>
    public ValueTask<Result<LliteStat>> GetattrAsync(
        LliteInode inode, LliteFile? file, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Tunables.Getattr.Add(1);
        inode.NoteAsked();
        if (!inode.TryGetCached(out LliteAttributes attributes))
            return GetattrSlowAsync(inode, caller, cancel);
        inode.NoteKernelAttributes();
        return new(new LliteStat { Attributes = attributes, MayCache = true });
    }

    /// <summary>chmod, chown, truncate, utimes.</summary>
    public ValueTask<Result<LliteStat>> SetattrAsync(
        LliteInode inode, LliteFile? file, LliteSetattr change, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (Options.ReadOnly)
            return new(Errno.EROFS);
        if ((change.Valid & SetattrFields.Size) != 0 && !inode.IsRegular)
            return new(inode.IsDirectory ? Errno.EISDIR : Errno.EINVAL);
        if (change.Size > long.MaxValue)
            return new(Errno.EFBIG);
        return SetattrSlowAsync(inode, file, change, caller, cancel);
    }

    /// <summary>Whether the caller may read (4), write (2), execute (1); EACCES, EROFS.</summary>
    public ValueTask<Errno> AccessAsync(
        LliteInode inode, uint mask, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if ((mask & Permissions.Write) != 0 && Options.ReadOnly
            && (inode.IsDirectory || inode.IsRegular || inode.Type == FileType.Symlink))
            return new(Errno.EROFS);
        return inode.TryGetPermissions(out LliteAttributes attributes, out byte[] acl)
            ? new(Permissions.Allows(attributes, acl, mask, caller) ? Errno.OK : Errno.EACCES)
            : AccessSlowAsync(inode, mask, caller, cancel);
    }

    /// <summary>Target of a symbolic link, without a final zero.</summary>
    public ValueTask<Result<ReadOnlyMemory<byte>>> ReadlinkAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (inode.LinkTarget is { } known)
            return new(new ReadOnlyMemory<byte>(known));
        return inode.Type == FileType.Symlink ? ReadlinkSlowAsync(inode, caller, cancel) : new(Errno.EINVAL);
    }

    async ValueTask<Result<LliteStat>> GetattrSlowAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel)
    {
        if (inode.Fetching is { IsCompleted: false } coming
            && await coming.EndedAsync(cancel) is var interrupted and not Errno.OK)
            return interrupted;
        if (!inode.TryGetMetadata(out LliteAttributes attributes))
        {
            Errno fetched = await FetchAsync(inode, caller, cancel);
            if (fetched != Errno.OK)
                return fetched;
            attributes = inode.LastAttributes;
        }
        bool isLocked = true;
        if (await KnowLayoutAsync(inode, cancel) is var layout and not Errno.OK and not Errno.EOPNOTSUPP)
            return layout;
        if (inode.Data is { } data)
        {
            Result<LovAttributes> known = await data.GlimpseAsync(cancel);
            if (known.Failed)
                return known.Error;
            attributes = inode.Remember(known.Value);
            isLocked = known.Value.IsLocked && inode.IsLayoutKnown;
        }
        bool mayCache = isLocked && inode.Holds(LliteInode.AttributeBits);
        if (mayCache)
            inode.NoteKernelAttributes();
        return new LliteStat { Attributes = attributes, MayCache = mayCache };
    }

    // The kernel drops a directory's attributes with each change that it makes there, and asks for them before the next
    // one. Where it does so time after time, the question goes out behind the change, and its answer is here in time.
    void FetchAfterChange(LliteInode directory)
    {
        // Of a striped directory every stripe would be asked, and be asked again by who then wants to know.
        if (!directory.NoteChange() || directory.Stripes is not null)
            return;
        Task fetching = FetchAheadAsync(directory);
        directory.Fetching = fetching;
        Watch(new ValueTask(fetching));
    }

    async Task FetchAheadAsync(LliteInode directory)
    {
        directory.Reference();
        try
        {
            // Where it fails, whoever asks fetches by himself, and hears why.
            await FetchAsync(directory, new Credentials(0, 0), CancellationToken.None);
        }
        finally
        {
            Drop(directory, 1);
        }
    }

    async ValueTask<Errno> AccessSlowAsync(
        LliteInode inode, uint mask, Credentials caller, CancellationToken cancel)
    {
        Errno fetched = await FetchAsync(inode, caller, cancel);
        if (fetched != Errno.OK)
            return fetched;
        inode.TryGetPermissions(out LliteAttributes attributes, out byte[] acl);
        return Permissions.Allows(attributes, acl, mask, caller) ? Errno.OK : Errno.EACCES;
    }

    async ValueTask<Result<ReadOnlyMemory<byte>>> ReadlinkSlowAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        Result<MdAnswer> answer = await mdc.Value.GetattrAsync(
            inode.Fid, MdtValid.LINKNAME, Pack(caller, inode), BufferPool.PageSize, cancel);
        if (answer.Failed)
            return answer.Error;
        // With its zero; a target without one, or with one inside, is none.
        byte[] target = answer.Value.Layout;
        int end = Array.IndexOf(target, (byte)0);
        if (target.Length < 2 || end != target.Length - 1)
            return Errno.EPROTO;
        inode.LinkTarget = target[..end];
        return new ReadOnlyMemory<byte>(inode.LinkTarget);
    }

    async ValueTask<Result<LliteStat>> SetattrSlowAsync(
        LliteInode inode, LliteFile? file, LliteSetattr change, Credentials caller, CancellationToken cancel)
    {
        // chown(2) to nobody, which anybody may do: it changes nothing.
        if ((change.Valid & ~(SetattrFields.Ctime | SetattrFields.KillSuidSgid)) == 0
            && !caller.IsRoot && caller.Uid != inode.LastAttributes.Uid)
            return await GetattrSlowAsync(inode, caller, cancel);
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        MdSetattr request = Translate(inode, change, caller);
        // What the writer owned before it lost the permission to open: the MDT must not check again.
        if (file is { MayWrite: true } && (change.Valid & SetattrFields.Size) != 0)
            request = request with { Valid = request.Valid | MdsAttrFlags.OVERRIDE };
        Result<MdAnswer> answer = await mdc.Value.SetattrAsync(request, cancel);
        Errno done = answer.Error;
        if (!answer.Failed)
        {
            inode.Update(answer.Value.Body);
            // The MDT has agreed; now the objects (ll_setattr_raw, cl_setattr_ost).
            if (inode.Data is { } data)
                done = await SetDataAsync(inode, data, change, request, cancel);
        }
        if (done != Errno.OK)
        {
            inode.KernelMissedChange();
            return done;
        }
        if (file is not null && (change.Valid & SetattrFields.Size) != 0)
            file.HasWritten = true;
        return await DescribeChangedAsync(inode, change, caller, cancel);
    }

    async ValueTask<Errno> SetDataAsync(
        LliteInode inode, LovObject data, LliteSetattr change, MdSetattr request, CancellationToken cancel)
    {
        const MdsAttrFlags Atime = MdsAttrFlags.ATIME, Mtime = MdsAttrFlags.MTIME;
        var times = new LovSetattr
        {
            Atime = (request.Valid & Atime) != 0 ? request.Atime : null,
            Mtime = (request.Valid & Mtime) != 0 ? request.Mtime : null,
            Ctime = request.Ctime,
        };
        bool cuts = (change.Valid & SetattrFields.Size) != 0;
        bool setsTimes = (change.Valid & TimeFields) != 0;
        if (!cuts && !setsTimes)
            return Errno.OK;
        Errno done = await KnowLayoutAsync(inode, cancel);
        if (done == Errno.OK && cuts)
            done = await data.TruncateAsync(change.Size, cancel);
        if (done == Errno.OK && setsTimes)
            done = await data.SetattrAsync(times, cancel);
        return done;
    }

    /// <summary>Attributes after a change of ours. The lock over them went with it, and is asked for again by whoever
    /// stats the file next; the answer to the change is good for now.</summary>
    async ValueTask<Result<LliteStat>> DescribeChangedAsync(
        LliteInode inode, LliteSetattr change, Credentials caller, CancellationToken cancel)
    {
        if (inode.TryGetCached(out LliteAttributes attributes))
        {
            inode.NoteKernelAttributes();
            return new LliteStat { Attributes = attributes, MayCache = true };
        }
        inode.KernelChanged();
        bool isCut = (change.Valid & SetattrFields.Size) != 0;
        if (!isCut && inode.Data is null)
            return new LliteStat { Attributes = inode.LastAttributes };
        if (!isCut && inode.Data!.TryGetAttributes(out LovAttributes known))
            return new LliteStat { Attributes = inode.Remember(known) };
        Result<LliteStat> asked = await GetattrSlowAsync(inode, caller, cancel);
        // It is done; only how large the file is, is not known of one with data on the MDT.
        return asked.Error == Errno.EOPNOTSUPP ? new LliteStat { Attributes = inode.LastAttributes } : asked;
    }

    MdSetattr Translate(LliteInode inode, in LliteSetattr change, in Credentials caller)
    {
        long now = Context.UnixSeconds;
        // Times are always ours and said to be, so that MDT and objects get the same (ll_setattr_raw).
        MdsAttrFlags valid = MdsAttrFlags.CTIME | MdsAttrFlags.CTIME_SET;
        SetattrFields asked = change.Valid;
        bool sizes = (asked & SetattrFields.Size) != 0;
        valid |= Map(asked, SetattrFields.Mode, MdsAttrFlags.MODE) | Map(asked, SetattrFields.Uid, MdsAttrFlags.UID)
            | Map(asked, SetattrFields.Gid, MdsAttrFlags.GID)
            | Map(asked, SetattrFields.Size, MdsAttrFlags.SIZE | MdsAttrFlags.MTIME | MdsAttrFlags.MTIME_SET)
            | Map(asked, SetattrFields.Atime | SetattrFields.AtimeNow, MdsAttrFlags.ATIME | MdsAttrFlags.ATIME_SET)
            | Map(asked, SetattrFields.Mtime | SetattrFields.MtimeNow, MdsAttrFlags.MTIME | MdsAttrFlags.MTIME_SET)
            | Map(asked, SetattrFields.KillSuidSgid, MdsAttrFlags.KILL_SUID | MdsAttrFlags.KILL_SGID)
            | Map(asked, SetattrFields.ProjectId, MdsAttrFlags.PROJID)
            | Map(asked, SetattrFields.Flags, MdsAttrFlags.ATTR_FLAG)
            | Map(asked, SetattrFields.FromOpen, MdsAttrFlags.FROM_OPEN);
        MdCredentials who = Pack(caller, inode);
        // What counts is whether the caller is in the group that the file is given to (mdc_setattr_pack_rec).
        if ((asked & SetattrFields.Gid) != 0 && caller.InGroup(change.Gid))
            who = who with { SupplementaryGid1 = change.Gid };
        return new MdSetattr
        {
            Fid = inode.Fid,
            Caller = who,
            Valid = valid,
            Mode = (change.Mode & ~FileType.Mask) | inode.Type,
            Uid = change.Uid,
            Gid = change.Gid,
            Bias = sizes ? MdsOpBias.DATA_MODIFIED : 0,
            Size = sizes ? change.Size : 0,
            Atime = (asked & SetattrFields.Atime) != 0 ? change.Atime : now,
            Mtime = (asked & SetattrFields.Mtime) != 0 ? change.Mtime : now,
            Ctime = (asked & SetattrFields.Ctime) != 0 ? change.Ctime : now,
            ProjectId = change.ProjectId,
            Flags = (InodeFlags)change.Flags,
        };
    }

    static MdsAttrFlags Map(SetattrFields asked, SetattrFields fields, MdsAttrFlags flags) =>
        (asked & fields) != 0 ? flags : 0;
}
