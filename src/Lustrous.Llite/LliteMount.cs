using Lustrous.Clients.Lmv;
using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Obdclass.Acl;
using Lustrous.Obdclass.Parameters;

namespace Lustrous.Llite;

/// <summary>
/// One mounted file system below any kernel (<c>struct ll_sb_info</c>): a method for each operation, each for one
/// caller. Answers that need no server complete at once, on the caller's thread, without allocating.
/// </summary>
/// <remarks>The devices are the host's: it connects them before <see cref="MountAsync"/> and disposes them after
/// <see cref="UmountAsync"/>. Source: lustre/llite.</remarks>
public sealed partial class LliteMount : IAsyncDisposable
{
    const int NameMax = 255;

    readonly LmvDevice _metadata;
    readonly LovDevice _data;
    readonly ParameterTree _parameters;
    readonly InodeTable _inodes;
    readonly FileTable _files = new();
    LliteInode? _root;
    int _unmounted;

    public LliteMount(
        NodeContext context, LliteMountOptions options, LmvDevice metadata, LovDevice data, ParameterTree parameters)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(parameters);
        Context = context;
        Options = options;
        (_metadata, _data, _parameters) = (metadata, data, parameters);
        _inodes = new InodeTable(this);
        Tunables = new LliteTunables(context.Clock);
        metadata.Callbacks = new LliteLocks();
    }

    public NodeContext Context { get; }

    public LliteMountOptions Options { get; }

    /// <summary>What <c>llite.*</c> parameters set and count.</summary>
    public LliteTunables Tunables { get; }

    /// <summary>The directory that is mounted; only after <see cref="MountAsync"/>.</summary>
    public LliteInode Root => _root!;

    /// <summary>Inodes known at present: what a leak check looks at.</summary>
    public int InodeCount => _inodes.Count;

    /// <summary>Files open at present.</summary>
    public int OpenCount => _files.Count;

    /// <summary>The MDTs, in order.</summary>
    public IReadOnlyList<LliteTarget> Mdts =>
        [.. _metadata.Targets.Select(mdc => new LliteTarget(mdc.Index, mdc.Options.TargetUuid, mdc.IsActive))];

    /// <summary>The OSTs, in order.</summary>
    public IReadOnlyList<LliteTarget> Osts =>
        [.. _data.Indexes.Select(index => new LliteTarget(
            (int)index, _data.Target(index)!.Options.TargetUuid, _data.Target(index)!.IsActive))];

    /// <summary>Bytes that I/O should come in: what <c>st_blksize</c> says.</summary>
    internal uint BlockSize => 4 << 20;

    internal LovDevice DataDevice => _data;

    /// <summary>Asks for the root and its attributes (<c>client_common_fill_super</c>); waits for the MDT's
    /// connection.</summary>
    public async ValueTask<Errno> MountAsync(CancellationToken cancel)
    {
        if (_metadata.Targets.FirstOrDefault() is not { } first)
            return Failed("the configuration log names no MDT", Errno.ENODEV);
        string target = first.Options.TargetUuid;
        Errno connected = await first.WaitConnectedAsync(cancel);
        if (connected != Errno.OK)
            return Failed($"cannot connect to {target}", connected);
        Result<Idl.Ost.ObdStatfs> room = await first.StatfsAsync(cancel);
        if (room.Failed)
            return Failed($"{target} does not answer a statfs", room.Error);
        Result<Fid> root = await first.GetRootAsync(Options.Fileset, cancel);
        if (root.Failed)
            return Failed($"{target} has no directory '{Options.Fileset}' to mount", root.Error);
        LliteInode inode = _inodes.FindOrAdd(root.Value);
        Errno got = await FetchAsync(inode, new Credentials(0, 0), cancel);
        if (got == Errno.OK && !inode.IsDirectory)
            got = Errno.ENOTDIR;
        if (got != Errno.OK)
        {
            Drop(inode, 1);
            return Failed($"{target} does not tell the root's attributes", got);
        }
        _root = inode;
        AddParameters();
        return Errno.OK;
    }

    /// <summary>
    /// Writes everything back, closes what is open and forgets all inodes; takes no longer than
    /// <see cref="LliteMountOptions.UmountTimeoutSeconds"/> even when no target answers. Then EIO: something may be
    /// lost.
    /// </summary>
    public async ValueTask<Errno> UmountAsync()
    {
        if (Interlocked.Exchange(ref _unmounted, 1) != 0)
            return Errno.OK;
        using var stop = new CancellationTokenSource();
        var limit = TimeSpan.FromSeconds(Options.UmountTimeoutSeconds);
        Task<Errno> cleaning = CleanUpAsync(stop.Token).AsTask();
        if (!cleaning.IsCompleted)
        {
            using var timer = new CancellationTokenSource();
            await Task.WhenAny(cleaning, Task.Delay(limit, Context.Clock, timer.Token));
            timer.Cancel();
        }
        Errno status = Errno.EIO;
        if (cleaning.IsCompleted)
            status = await cleaning;
        else
            stop.Cancel();
        foreach (LliteInode inode in _inodes.All())
        {
            inode.DetachLocks();
            inode.DropNames();
        }
        RemoveParameters();
        return status;
    }

    public async ValueTask DisposeAsync() => await UmountAsync();

    /// <summary>The inode that the kernel names; null when it is not known (any more).</summary>
    public LliteInode? FindInode(ulong nodeId) => nodeId == 1 ? _root : _inodes.Find(nodeId);

    /// <summary>The open file that the kernel names; null when there is none.</summary>
    public LliteFile? FindFile(ulong handle) => _files.Find(handle);

    /// <summary>The kernel gives <paramref name="lookups"/> of its lookups back.</summary>
    public void Forget(ulong nodeId, ulong lookups)
    {
        if (nodeId != 1 && _inodes.Find(nodeId) is { } inode)
            Drop(inode, (long)lookups);
    }

    /// <summary>Gives references of ours back.</summary>
    internal void Drop(LliteInode inode, long count)
    {
        if (!_inodes.Drop(inode, count))
            return;
        inode.DetachLocks();
        inode.DropNames();
        if (inode.Data is { } data)
            Watch(CloseDataAsync(inode, data));
    }

    /// <summary>Lets work run to its end that nobody waits for.</summary>
    internal void Watch(ValueTask work)
    {
        if (!work.IsCompletedSuccessfully)
            _ = WatchAsync(work);
    }

    async Task WatchAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            Context.Log.Error("llite", $"given up: {e.Message}");
        }
    }

    async ValueTask CloseDataAsync(LliteInode inode, LovObject data)
    {
        Errno status = await data.CloseAsync(CancellationToken.None);
        // The objects may be gone with the last name, and what was dirty is missed by nobody.
        bool isGone = status == Errno.ENOENT && inode.LastAttributes.Nlink == 0;
        if (status != Errno.OK && !isGone)
            Context.Log.Error("llite", $"{Options.FsName}: {inode.Fid}: data could not be written: {status}");
    }

    async ValueTask<Errno> CleanUpAsync(CancellationToken cancel)
    {
        DropLingering();
        Errno first = await _data.SyncAsync(cancel);
        foreach (LliteFile file in _files.All())
        {
            Errno closed = await ReleaseAsync(file);
            first = first == Errno.OK ? closed : first;
        }
        foreach (LliteInode inode in _inodes.All())
        {
            if (inode.Data is not { } data || cancel.IsCancellationRequested)
                continue;
            Errno closed = await data.CloseAsync(cancel);
            first = first == Errno.OK ? closed : first;
        }
        return first;
    }

    Errno Failed(string what, Errno why)
    {
        Context.Log.Error("llite", $"{Options.FsName}: {what}: {why}");
        return why;
    }

    ValueTask<Result<MdcDevice>> FindAsync(LliteInode inode, CancellationToken cancel) =>
        _metadata.FindAsync(inode.Fid, cancel);

    // A group of the caller's that the MDT may have to know of: the object's own (ll_i2suppgid), or one that its ACL
    // names.
    static uint Supplementary(LliteInode inode, in Credentials caller)
    {
        uint gid = inode.LastAttributes.Gid;
        return gid != caller.Gid && caller.InGroup(gid) ? gid : NamedGroup(inode, caller);
    }

    static uint NamedGroup(LliteInode inode, in Credentials caller)
    {
        inode.TryGetPermissions(out _, out byte[] acl);
        return PosixAcl.IsEmpty(acl) ? MdCredentials.NoGroup : PosixAcl.GroupOf(acl, caller) ?? MdCredentials.NoGroup;
    }

    static MdCredentials Pack(in Credentials caller, LliteInode first, LliteInode? second = null) => new(
        caller.Uid, caller.Gid, Supplementary(first, caller),
        second is null ? NamedGroup(first, caller) : Supplementary(second, caller), caller.Umask);

    /// <summary>
    /// Asks for attributes under a lock and remembers both (<c>ll_inode_revalidate</c>). ESTALE when the object is
    /// gone.
    /// </summary>
    async ValueTask<Errno> FetchAsync(LliteInode inode, Credentials caller, CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        var operation = new MdOperation { Fid1 = inode.Fid, Fid2 = inode.Fid, Caller = Pack(caller, inode) };
        Result<MdAnswer> answer = await mdc.Value.LookupAsync(IntentOps.GETATTR, operation, cancel);
        if (answer.Failed)
            return answer.Error;
        if (answer.Value.IsNegative)
            return Errno.ENOENT;
        if (answer.Value.Body.Fid1 != inode.Fid)
        {
            answer.Value.ReleaseLock();
            return Errno.EPROTO;
        }
        Take(inode, answer.Value);
        return inode.Stripes is { } stripes ? await MergeStripesAsync(inode, stripes, cancel) : Errno.OK;
    }

    /// <summary>The inode gets what an answer brought: attributes, layout, lock; the lock's reference is given
    /// back.</summary>
    static void Take(LliteInode inode, MdAnswer answer)
    {
        inode.Update(answer);
        AttachLock(inode, answer);
    }

    static void AttachLock(LliteInode inode, MdAnswer answer)
    {
        if (answer.Lock is not { } granted)
            return;
        bool attached = inode.Attach(granted);
        answer.Lock = null;
        if (attached)
            granted.Release(granted.GrantedMode);
        else
            granted.ReleaseAndCancel(granted.GrantedMode);
    }
}
