using System.Runtime.InteropServices;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Llite;

// The whole file system, and what lfs asks. Source: ll_statfs_internal, ll_fid2path, ll_dir_setstripe.
public sealed partial class LliteMount
{
    readonly RankedLock _statfsLock = new(2, "ll_statfs");
    LliteStatfs _statfs;                // guarded by _statfsLock
    TimeSpan _statfsAt = TimeSpan.MinValue;     // guarded by _statfsLock

    static readonly TimeSpan s_statfsPatience = TimeSpan.FromSeconds(5);

    /// <summary>Room, as <c>df</c> shows it: inodes of the MDTs, blocks of the OSTs.</summary>
    public ValueTask<Result<LliteStatfs>> StatfsAsync(CancellationToken cancel)
    {
        using (_statfsLock.Enter())
        {
            if (_statfsAt != TimeSpan.MinValue
                && Context.Uptime - _statfsAt < TimeSpan.FromSeconds(Tunables.StatfsMaxAgeSeconds))
                return new(_statfs);
        }
        return StatfsBoundedAsync(cancel);
    }

    /// <summary>
    /// Asks the targets, but not for longer than a person waits: <c>umount</c> asks too, and must work while no server
    /// answers (lazystatfs). Then what was last known is good enough.
    /// </summary>
    async ValueTask<Result<LliteStatfs>> StatfsBoundedAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(s_statfsPatience, Context.Clock);
        using CancellationTokenRegistration both = cancel.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), limit);
        Result<LliteStatfs> asked = await StatfsSlowAsync(limit.Token);
        if (!asked.Failed || !limit.IsCancellationRequested || cancel.IsCancellationRequested)
            return asked;
        using (_statfsLock.Enter())
            return _statfsAt != TimeSpan.MinValue ? _statfs : Errno.EIO;
    }

    /// <summary>Room of each target, MDTs first: <c>lfs df</c>.</summary>
    public async ValueTask<Result<IReadOnlyList<TargetStatfs>>> StatfsTargetsAsync(CancellationToken cancel)
    {
        var targets = new List<TargetStatfs>();
        foreach (MdcDevice mdc in _metadata.Targets)
        {
            Result<ObdStatfs> room = mdc.IsActive ? await mdc.StatfsAsync(cancel) : Errno.EAGAIN;
            targets.Add(Describe(mdc.Options.TargetUuid, mdc.Index, isMdt: true, room));
        }
        foreach (uint index in _data.Indexes)
        {
            if (_data.Target(index) is not { } osc)
                continue;
            Result<ObdStatfs> room = osc.IsActive ? await osc.StatfsAsync(TimeSpan.Zero, cancel) : Errno.EAGAIN;
            targets.Add(Describe(osc.Options.TargetUuid, (int)index, isMdt: false, room));
        }
        return targets;
    }

    /// <summary>Path below the root of the file system: <c>lfs fid2path</c>; ENOENT.</summary>
    public async ValueTask<Result<string>> FidToPathAsync(Fid fid, CancellationToken cancel)
    {
        if (!fid.IsSane)
            return Errno.EINVAL;
        Result<MdcDevice> mdc = await _metadata.FindAsync(fid, cancel);
        return mdc.Failed ? mdc.Error : await mdc.Value.FidToPathAsync(fid, Root.Fid, cancel);
    }

    /// <summary>The object of a FID (<c>.lustre/fid</c>, NFS handles); ESTALE. Counts as a lookup.</summary>
    public async ValueTask<Result<LliteEntry>> LookupFidAsync(Fid fid, CancellationToken cancel)
    {
        if (!fid.IsSane)
            return Errno.EINVAL;
        LliteInode inode = _inodes.FindOrAdd(fid);
        if (!inode.TryGetMetadata(out _))
        {
            Errno fetched = await FetchAsync(inode, new Credentials(0, 0), cancel);
            if (fetched != Errno.OK)
            {
                Drop(inode, 1);
                return fetched == Errno.ENOENT ? Errno.ESTALE : fetched;
            }
        }
        return Describe(inode);
    }

    /// <summary>Layout as <c>lov_user_md</c>; of a directory its default; ENODATA when it has none.</summary>
    public async ValueTask<Result<byte[]>> GetStripeAsync(
        LliteInode inode, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (!inode.IsDirectory && !inode.IsRegular)
            return Errno.ENODATA;
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        MdtValid wanted = inode.IsDirectory ? MdtValid.FLEASIZE | MdtValid.FLDIREA : MdtValid.FLEASIZE;
        Result<MdAnswer> answer = await mdc.Value.GetattrAsync(
            inode.Fid, wanted, Pack(caller, inode), XattrSizeMax, cancel);
        if (answer.Failed)
            return answer.Error;
        return answer.Value.Layout.Length > 0 ? answer.Value.Layout : Errno.ENODATA;
    }

    /// <summary>Sets a directory's default layout, or gives a file without objects its layout.</summary>
    public ValueTask<Errno> SetStripeAsync(
        LliteInode inode, ReadOnlySpan<byte> layout, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        if (CheckLayout(layout) is var error and not Errno.OK)
            return new(error);
        if (inode.IsDirectory)
            return SetDefaultStripeAsync(inode, layout.ToArray(), caller, cancel);
        if (!inode.IsRegular)
            return new(Errno.EINVAL);
        return inode.Layout.Length > 0
            ? new(Errno.EEXIST)
            : SetFileStripeAsync(inode, layout.ToArray(), caller, cancel);
    }

    /// <summary>Creates a file with a layout of its own: <c>lfs setstripe FILE</c>.</summary>
    public ValueTask<Result<LliteCreated>> CreateStripedAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, LliteOpenFlags flags, ReadOnlySpan<byte> layout,
        Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        Errno error = CheckChange(parent, name);
        if (error == Errno.OK)
            error = CheckLayout(layout);
        return error != Errno.OK
            ? new(error)
            : CreateStripedAsync(parent, name.ToArray(), mode, flags, layout.ToArray(), caller, cancel);
    }

    async ValueTask<Result<LliteCreated>> CreateStripedAsync(
        LliteInode parent, byte[] name, uint mode, LliteOpenFlags flags, byte[] layout, Credentials caller,
        CancellationToken cancel)
    {
        Result<LliteCreated> created = await CreateAsync(parent, name, mode, flags, layout, caller, cancel);
        parent.KernelMissedChange();
        return created;
    }

    // The MDT checks what it says; here only that it is a layout at all.
    static Errno CheckLayout(ReadOnlySpan<byte> layout)
    {
        if (layout.Length < sizeof(uint))
            return Errno.EINVAL;
        var magic = (LovUserMagic)MemoryMarshal.Read<uint>(layout);
        int least = magic switch
        {
            LovUserMagic.V1 => System.Runtime.CompilerServices.Unsafe.SizeOf<LovUserMdV1>(),
            LovUserMagic.V3 => System.Runtime.CompilerServices.Unsafe.SizeOf<LovUserMdV3>(),
            LovUserMagic.COMP_V1 => 0,
            _ => int.MaxValue,
        };
        return layout.Length < least ? Errno.EINVAL : Errno.OK;
    }

    static TargetStatfs Describe(string uuid, int index, bool isMdt, in Result<ObdStatfs> room) => room.Failed
        ? new(uuid, index, isMdt, room.Error, default, 0)
        : new(uuid, index, isMdt, Errno.OK, Convert(room.Value), room.Value.State);

    static LliteStatfs Convert(in ObdStatfs room) => new()
    {
        Blocks = room.Blocks,
        BlocksFree = room.BlocksFree,
        BlocksAvailable = room.BlocksAvailable,
        Files = room.Files,
        FilesFree = room.FilesFree,
        BlockSize = room.BlockSize,
        NameLength = NameMax,
    };

    async ValueTask<Errno> SetDefaultStripeAsync(
        LliteInode inode, byte[] layout, Credentials caller, CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        var change = new MdSetattr
        {
            Fid = inode.Fid,
            Caller = Pack(caller, inode),
            Valid = 0,
            Layout = layout,
        };
        Errno done = (await mdc.Value.SetattrAsync(change, cancel)).Error;
        inode.KernelMissedChange();
        return done;
    }

    // An open that brings a layout gives it to a file that has none (ll_lov_setstripe_ea_info).
    async ValueTask<Errno> SetFileStripeAsync(
        LliteInode inode, byte[] layout, Credentials caller, CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        var operation = new MdOperation
        {
            Fid1 = inode.Fid,
            Fid2 = inode.Fid,
            OpenFlags = MdsOpenFlags.FMODE_WRITE | MdsOpenFlags.BY_FID | MdsOpenFlags.HAS_OBJS,
            Data = layout,
            Time = Context.UnixSeconds,
            Caller = Pack(caller, inode),
        };
        Result<MdAnswer> answer = await mdc.Value.OpenAsync(operation, cancel);
        if (answer.Failed)
            return answer.Error;
        if (answer.Value.IsNegative)
            return Errno.ESTALE;
        Take(inode, answer.Value);
        return await mdc.Value.CloseAsync(answer.Value.Open!, NoChange(inode.Fid), CancellationToken.None);
    }

    async ValueTask<Result<LliteStatfs>> StatfsSlowAsync(CancellationToken cancel)
    {
        var all = new LliteStatfs { NameLength = NameMax };
        foreach (MdcDevice mdc in _metadata.Targets)
        {
            Result<ObdStatfs> room = await mdc.StatfsAsync(cancel);
            if (room.Failed)
                return room.Error;
            all.Files += room.Value.Files;
            all.FilesFree += room.Value.FilesFree;
            all.BlockSize = room.Value.BlockSize;
            // Without OSTs the MDTs' own blocks are all there is.
            if (_data.Indexes.Count == 0)
                all = all with
                {
                    Blocks = all.Blocks + room.Value.Blocks,
                    BlocksFree = all.BlocksFree + room.Value.BlocksFree,
                    BlocksAvailable = all.BlocksAvailable + room.Value.BlocksAvailable,
                };
        }
        if (_data.Indexes.Count > 0)
        {
            Result<ObdStatfs> room = await _data.StatfsAsync(cancel);
            if (room.Failed)
                return room.Error;
            ObdStatfs osts = room.Value;
            all = all with
            {
                Blocks = osts.Blocks,
                BlocksFree = osts.BlocksFree,
                BlocksAvailable = osts.BlocksAvailable,
                BlockSize = osts.BlockSize,
            };
            // No more files than there are objects for them.
            if (osts.FilesFree < all.FilesFree)
            {
                all.Files = all.Files - all.FilesFree + osts.FilesFree;
                all.FilesFree = osts.FilesFree;
            }
        }
        all.Fsid = Root.Fid.Sequence ^ (uint)NameComparer.Instance.GetHashCode(
            System.Text.Encoding.UTF8.GetBytes(Options.FsName).AsSpan());
        using (_statfsLock.Enter())
            (_statfs, _statfsAt) = (all, Context.Uptime);
        return all;
    }

    void AddParameters()
    {
        LliteTunables tunables = Tunables;
        Add("stats", tunables.Stats.AsParameter());
        Add("max_read_ahead_mb", Parameter.Number(
            () => tunables.MaxReadAheadMb, value => tunables.MaxReadAheadMb = value, 0, 1 << 20));
        Add("max_read_ahead_per_file_mb", Parameter.Number(
            () => tunables.MaxReadAheadPerFileMb, value => tunables.MaxReadAheadPerFileMb = value, 0, 1 << 20));
        Add("statahead_max", Parameter.Number(
            () => tunables.StataheadMax, value => tunables.StataheadMax = (int)value, 0, 8192));
        Add("statfs_max_age", Parameter.Number(
            () => tunables.StatfsMaxAgeSeconds, value => tunables.StatfsMaxAgeSeconds = (int)value, 0, 60));
        Add("xattr_cache", Parameter.Flag(() => tunables.XattrCache, value => tunables.XattrCache = value));
        Add("statahead_stats", Parameter.ReadOnly(() => $"statahead total: {tunables.StataheadHits.Count}\n"));
        Add("uuid", Parameter.ReadOnly(() => Options.ClientUuid));
        Add("fstype", Parameter.ReadOnly(() => "lustre"));
        Add("inode_cache", Parameter.ReadOnly(
            () => InodeCount.ToString(System.Globalization.CultureInfo.InvariantCulture)));

        void Add(string name, Parameter parameter) =>
            _parameters.Add(["llite", $"{Options.FsName}-{Options.Instance}", name], parameter);
    }

    void RemoveParameters() => _parameters.Remove(["llite", $"{Options.FsName}-{Options.Instance}"]);
}
