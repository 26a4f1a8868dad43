using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// Open files and their data. Source: lustre/llite/file.c, rw.c, vvp_io.c.
public sealed partial class LliteMount
{
    const ulong LargeFileBytes = 8 << 20;
    const int OscPageBytes = 4096;
    const uint SetUid = 0x800, SetGid = 0x400, GroupExecute = 0x8;

    /// <summary>Opens a file or directory that is known.</summary>
    public ValueTask<Result<LliteOpened>> OpenAsync(
        LliteInode inode, LliteOpenFlags flags, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Tunables.Open.Add(1);
        bool writes = (flags & LliteOpenFlags.AccessMode) != 0 || (flags & LliteOpenFlags.Truncate) != 0;
        if (writes && Options.ReadOnly)
            return new(Errno.EROFS);
        if (inode.IsDirectory)
            return writes ? new(Errno.EISDIR) : OpenDirectoryAsync(inode, flags, caller, cancel);
        return (flags & LliteOpenFlags.Directory) != 0
            ? new(Errno.ENOTDIR)
            : OpenFileAsync(inode, flags, caller, cancel);
    }

    /// <summary>Creates, unless it exists (EEXIST under O_EXCL), and opens in one request.</summary>
    public ValueTask<Result<LliteCreated>> CreateAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, LliteOpenFlags flags, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        Tunables.Create.Add(1);
        return CheckChange(parent, name) is var error and not Errno.OK
            ? new(error)
            : CreateAsync(parent, name.ToArray(), mode, flags, ReadOnlyMemory<byte>.Empty, caller, cancel);
    }

    /// <summary>Reads; fewer bytes than asked for only at the end of the file.</summary>
    public ValueTask<Result<int>> ReadAsync(
        LliteFile file, long offset, IoVec destination, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.MayRead)
            return new(Errno.EBADF);
        if (offset < 0)
            return new(Errno.EINVAL);
        return ReadAsync(file, offset, destination, LovIoFlags.None, cancel);
    }

    /// <summary>The same for pages that the kernel keeps. A program that maps the file may change them there, of which
    /// nobody tells us, so their lock must be one to write under (ll_page_mkwrite has it taken then).</summary>
    public ValueTask<Result<int>> ReadPagesAsync(
        LliteFile file, long offset, IoVec destination, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.MayRead)
            return new(Errno.EBADF);
        if (offset < 0)
            return new(Errno.EINVAL);
        LovIoFlags flags = file.Inode.MayBeMapped ? LovIoFlags.MayBeChanged : LovIoFlags.None;
        return ReadAsync(file, offset, destination, flags, cancel);
    }

    ValueTask<Result<int>> ReadAsync(
        LliteFile file, long offset, IoVec destination, LovIoFlags flags, CancellationToken cancel) =>
        file.Inode.Data is not null && file.Inode.IsLayoutKnown
            ? ReadKnownAsync(file, offset, destination, flags, cancel)
            : ReadRefreshedAsync(file, offset, destination, flags, cancel);

    ValueTask<Result<int>> ReadKnownAsync(
        LliteFile file, long offset, IoVec destination, LovIoFlags flags, CancellationToken cancel)
    {
        if (file.Inode.Data is not { } data || destination.Length == 0)
            return new(file.Inode.IsDirectory ? Errno.EISDIR : 0);
        bool isDirect = IsDirect(file, offset, destination.Length);
        file.Inode.BeginTransfer((ulong)offset, destination.Length);
        if (!isDirect)
        {
            long length = file.Readahead.Note(
                offset, destination.Length, Tunables.ReadAheadLimit, out long start);
            if (length > 0)
                data.Prefetch((ulong)start, (ulong)length);
        }
        ValueTask<Result<int>> read = data.ReadAsync(
            (ulong)offset, destination, isDirect ? flags | LovIoFlags.Direct : flags, cancel);
        if (!read.IsCompletedSuccessfully)
            return FinishReadAsync(file, offset, destination.Length, read);
        file.Inode.EndTransfer((ulong)offset, destination.Length);
        Result<int> done = read.Result;
        Count(Tunables.ReadBytes, done);
        return new(done);
    }

    /// <summary>Writes all of it, at the end under O_APPEND.</summary>
    public ValueTask<Result<int>> WriteAsync(
        LliteFile file, long offset, IoVec source, LliteWriteFlags flags, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        bool isWriteBack = (flags & LliteWriteFlags.WriteBack) != 0;
        if (!file.MayWrite && !isWriteBack)
            return new(Errno.EBADF);
        if (offset < 0)
            return new(Errno.EINVAL);
        if (source.Length == 0)
            return new(0);
        // What the kernel writes back goes where it was to go: another layout would have taken it back before.
        return (file.Inode.Data is not null && file.Inode.IsLayoutKnown) || isWriteBack
            ? WriteKnownAsync(file, offset, source, flags, caller, cancel)
            : WriteRefreshedAsync(file, offset, source, flags, caller, cancel);
    }

    ValueTask<Result<int>> WriteKnownAsync(
        LliteFile file, long offset, IoVec source, LliteWriteFlags flags, Credentials caller, CancellationToken cancel)
    {
        bool isWriteBack = (flags & LliteWriteFlags.WriteBack) != 0;
        if (file.Inode.Data is not { } data)
            return new(Errno.ENODATA);
        file.HasWritten = true;
        uint mode = file.Inode.LastAttributes.Mode;
        bool hasSetId = (mode & SetUid) != 0 || (mode & (SetGid | GroupExecute)) == (SetGid | GroupExecute);
        if ((hasSetId && !caller.IsRoot && !isWriteBack) || (flags & LliteWriteFlags.KillSuidSgid) != 0)
            return WriteAfterKillAsync(file, data, offset, source, caller, cancel);
        return WriteDataAsync(file, data, offset, source, isWriteBack, cancel);
    }

    /// <summary>One descriptor of the file was closed: what its process has locked of the file goes (POSIX).</summary>
    /// <param name="file">The open file, of which there may be more descriptors.</param>
    /// <param name="lockOwner">The process.</param>
    public ValueTask<Errno> FlushAsync(LliteFile file, ulong lockOwner)
    {
        ArgumentNullException.ThrowIfNull(file);
        return UnlockAllAsync(file, lockOwner);
    }

    /// <summary>The last descriptor was closed: MDS_CLOSE; the object is gone afterwards.</summary>
    public ValueTask<Errno> ReleaseAsync(LliteFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!_files.Remove(file))
            return new(Errno.EBADF);
        return file.LockOwners is { } owners ? CloseLockedAsync(file, owners) : CloseAsync(file);
    }

    /// <summary>Data and metadata to the disks of the servers.</summary>
    public async ValueTask<Errno> FsyncAsync(LliteFile file, bool dataOnly, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        return await FsyncAsync(file.Inode, cancel);
    }

    /// <summary>The same for an inode: a directory that the kernel has not opened.</summary>
    public async ValueTask<Errno> FsyncAsync(LliteInode inode, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        Errno written = inode.Data is { } data
            ? await data.FlushAsync(0, ulong.MaxValue, commit: true, cancel)
            : Errno.OK;
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        Errno synced = await mdc.Value.SyncAsync(inode.Fid, new MdCredentials(0, 0), cancel);
        return written != Errno.OK ? written : synced;
    }

    /// <summary>Reserves or punches room; mode as fallocate(2)'s.</summary>
    public ValueTask<Errno> FallocateAsync(
        LliteFile file, uint mode, long offset, long length, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (!file.MayWrite)
            return new(Errno.EBADF);
        if (offset < 0 || length <= 0)
            return new(Errno.EINVAL);
        if (offset > long.MaxValue - length)
            return new(Errno.EFBIG);
        if (file.Inode.Data is not { } data)
            return new(Errno.EOPNOTSUPP);
        file.HasWritten = true;
        return FallocateAsync(
            file.Inode, data, (FallocateMode)mode, (ulong)offset, (ulong)length, cancel);
    }

    /// <summary>SEEK_DATA (3) and SEEK_HOLE (4); ENXIO beyond the end.</summary>
    public ValueTask<Result<long>> LseekAsync(LliteFile file, long offset, int whence, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (whence is not ((int)SeekWhence.Data or (int)SeekWhence.Hole))
            return new(Errno.EINVAL);
        if (offset < 0 || file.Inode.Data is null)
            return new(Errno.ENXIO);
        return SeekAsync(file.Inode, file.Inode.Data, offset, (SeekWhence)whence, cancel);
    }

    // Large transfers to servers near by are faster without a copy on the way (ll_hybrid_bio_dio_switch_check).
    bool IsDirect(LliteFile file, long offset, int length)
    {
        if ((file.Flags & LliteOpenFlags.Direct) != 0)
            return true;
        if (length >= Options.DirectFromBytes)
        {
            Volatile.Write(ref file.DirectEnd, offset + length);
            return true;
        }
        // Of a large transfer from memory that begins within a page, the kernel sends the last bytes by themselves.
        // Through the cache they would bring their neighbours with them.
        return length < OscPageBytes && Interlocked.CompareExchange(ref file.DirectEnd, -1, offset) == offset;
    }

    async ValueTask<Errno> FallocateAsync(
        LliteInode inode, LovObject data, FallocateMode mode, ulong offset, ulong length, CancellationToken cancel)
    {
        Errno known = await KnowLayoutAsync(inode, cancel);
        return known == Errno.OK ? await data.FallocateAsync(mode, offset, length, cancel) : known;
    }

    async ValueTask<Result<long>> SeekAsync(
        LliteInode inode, LovObject data, long offset, SeekWhence whence, CancellationToken cancel)
    {
        if (await KnowLayoutAsync(inode, cancel) is var known and not Errno.OK)
            return known;
        Result<ulong> found = await data.SeekAsync((ulong)offset, whence, cancel);
        return found.Failed ? found.Error : (long)found.Value;
    }

    static void Count(Obdclass.Parameters.StatsCounter counter, in Result<int> done)
    {
        if (!done.Failed && done.Value > 0)
            counter.Add(done.Value);
    }

    async ValueTask<Result<int>> FinishReadAsync(
        LliteFile file, long offset, int length, ValueTask<Result<int>> reading)
    {
        Result<int> done = await reading;
        file.Inode.EndTransfer((ulong)offset, length);
        Count(Tunables.ReadBytes, done);
        return done;
    }

    ValueTask<Result<int>> WriteDataAsync(
        LliteFile file, LovObject data, long offset, IoVec source, bool isWriteBack, CancellationToken cancel)
    {
        LovIoFlags flags = LovIoFlags.None;
        if (IsDirect(file, offset, source.Length))
            flags |= LovIoFlags.Direct;
        if ((file.Flags & LliteOpenFlags.DataSync) != 0)
            flags |= LovIoFlags.Sync;
        if (isWriteBack)
            flags |= LovIoFlags.WriteBack;
        else if ((file.Flags & LliteOpenFlags.Append) != 0)
            return AppendAsync(file, data, source, flags, cancel);
        if (!isWriteBack)
            file.Inode.BeginTransfer((ulong)offset, source.Length);
        ValueTask<Result<int>> written = data.WriteAsync((ulong)offset, source, flags, cancel);
        if (!written.IsCompletedSuccessfully)
            return FinishWriteAsync(file, offset, source.Length, isWriteBack, written);
        if (!isWriteBack)
            file.Inode.EndTransfer((ulong)offset, source.Length);
        Result<int> done = written.Result;
        Count(Tunables.WriteBytes, done);
        return new(done);
    }

    async ValueTask<Result<int>> FinishWriteAsync(
        LliteFile file, long offset, int length, bool isWriteBack, ValueTask<Result<int>> writing)
    {
        Result<int> done = await writing;
        if (!isWriteBack)
            file.Inode.EndTransfer((ulong)offset, length);
        Count(Tunables.WriteBytes, done);
        return done;
    }

    async ValueTask<Result<int>> AppendAsync(
        LliteFile file, LovObject data, IoVec source, LovIoFlags flags, CancellationToken cancel)
    {
        Result<ulong> at = await data.AppendAsync(source, flags, cancel);
        if (at.Failed)
            return at.Error;
        Tunables.WriteBytes.Add(source.Length);
        return source.Length;
    }

    async ValueTask<Result<int>> WriteAfterKillAsync(
        LliteFile file, LovObject data, long offset, IoVec source, Credentials caller, CancellationToken cancel)
    {
        // As the kernel does for the writer, whoever owns the file.
        var kill = new LliteSetattr { Valid = SetattrFields.KillSuidSgid };
        Result<LliteStat> killed = await SetattrSlowAsync(
            file.Inode, null, kill, new Credentials(0, 0, Pid: caller.Pid), cancel);
        file.Inode.KernelMissedChange();
        return killed.Failed
            ? killed.Error
            : await WriteDataAsync(file, data, offset, source, isWriteBack: false, cancel);
    }

    async ValueTask<Result<LliteOpened>> OpenDirectoryAsync(
        LliteInode inode, LliteOpenFlags flags, Credentials caller, CancellationToken cancel)
    {
        Errno allowed = await AccessAsync(inode, Permissions.Read, caller, cancel);
        if (allowed != Errno.OK)
            return allowed;
        inode.Reference();
        bool mayKeep = inode.Holds(Idl.Ldlm.InodeBits.UPDATE);
        return new LliteOpened
        {
            File = _files.Add(inode, flags),
            KeepCache = mayKeep,
            // Nobody tells when a stripe changes.
            CacheDirectory = inode.Stripes is null,
        };
    }

    async ValueTask<Result<LliteOpened>> OpenFileAsync(
        LliteInode inode, LliteOpenFlags flags, Credentials caller, CancellationToken cancel)
    {
        Result<MdcDevice> mdc = await FindAsync(inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        var operation = new MdOperation
        {
            Fid1 = inode.Fid,
            Fid2 = inode.Fid,
            OpenFlags = Translate(flags) | MdsOpenFlags.BY_FID,
            Time = Context.UnixSeconds,
            Caller = Pack(caller, inode),
        };
        Result<MdAnswer> answer = await mdc.Value.OpenAsync(operation, cancel);
        if (answer.Failed)
            return answer.Error;
        if (answer.Value.IsNegative)
            return Errno.ESTALE;
        if (answer.Value.Body.Fid1 != inode.Fid)
        {
            answer.Value.ReleaseLock();
            await mdc.Value.CloseAsync(answer.Value.Open!, NoChange(inode.Fid), CancellationToken.None);
            return Errno.EPROTO;
        }
        Take(inode, answer.Value);
        inode.Reference();
        LliteOpened opened = Opened(inode, flags, answer.Value.Open);
        if (inode.Data is { } parts && parts.Layout.HasOnMdt(0, ulong.MaxValue))
        {
            // Its data is not read here, and a size of nothing would be believed.
            await ReleaseAsync(opened.File);
            return Errno.EOPNOTSUPP;
        }
        if ((flags & LliteOpenFlags.Truncate) == 0 || inode.Data is not { } data)
            return opened;
        Errno cut = await KnowLayoutAsync(inode, cancel);
        if (cut == Errno.OK)
            cut = await data.TruncateAsync(0, cancel);
        if (cut == Errno.OK)
            return opened;
        await ReleaseAsync(opened.File);
        return cut;
    }

    LliteOpened Opened(LliteInode inode, LliteOpenFlags flags, MdOpenHandle? handle)
    {
        LliteFile file = _files.Add(inode, flags);
        file.Open = handle;
        inode.AddHandle(file);
        // Pages in the kernel are taken back when their lock goes: what is there is good.
        return new LliteOpened
        {
            File = file,
            KeepCache = true,
            // A large file is read once more often than not, and faster past the kernel's pages; not so what runs.
            DirectIo = (flags & LliteOpenFlags.Direct) != 0
                || ((flags & LliteOpenFlags.Execute) == 0 && KnownSize(inode) >= LargeFileBytes),
        };
    }

    // The objects' when locks cover them, else the MDT's idea.
    static ulong KnownSize(LliteInode inode) =>
        inode.Data is { } data && data.TryGetAttributes(out LovAttributes known)
            ? known.Size : inode.LastAttributes.Size;

    async ValueTask<Result<LliteCreated>> CreateAsync(
        LliteInode parent, byte[] name, uint mode, LliteOpenFlags flags, ReadOnlyMemory<byte> layout,
        Credentials caller, CancellationToken cancel)
    {
        Result<NamePlace> place = await PlaceForNewAsync(parent, name, caller, cancel);
        if (place.Error == Errno.EEXIST && (flags & LliteOpenFlags.Exclusive) == 0)
            return await OpenByNameAsync(parent, name, flags, caller, cancel);
        if (place.Failed)
            return place.Error;
        Result<Fid> fid = await _metadata.AllocateFidAsync(place.Value.Mdc, cancel);
        if (fid.Failed)
            return fid.Error;
        parent.BeginOperation();
        try
        {
            parent.RemoveName(name);
            var operation = new MdOperation
            {
                Fid1 = place.Value.Directory,
                LayoutVersion = place.Value.LayoutVersion,
                Fid2 = fid.Value,
                Name = name,
                Data = layout,
                Mode = (mode & ~FileType.Mask) | FileType.Regular,
                OpenFlags = Translate(flags) | MdsOpenFlags.CREAT,
                Time = Context.UnixSeconds,
                Caller = Pack(caller, parent),
            };
            ValueTask<Result<MdAnswer>> opening = place.Value.Mdc.OpenAsync(operation, cancel);
            FetchAfterChange(parent);
            Result<MdAnswer> answer = await opening;
            if (answer.Failed || answer.Value.IsNegative)
            {
                parent.KernelMissedChange();
                return answer.Failed ? answer.Error : Errno.ENOENT;
            }
            if (answer.Value.IsRemote)
            {
                // There is such a file already, on another MDT.
                GiveBack(answer.Value);
                return await OpenByNameAsync(parent, name, flags, caller, cancel);
            }
            LliteInode inode = _inodes.FindOrAdd(answer.Value.Body.Fid1);
            LliteEntry entry = Enter(parent, name, answer.Value);
            if (answer.Value.IsCreated && (flags & LliteOpenFlags.AccessMode) != 0 && inode.Data is { } made)
                Watch(LockAheadAsync(inode, made));
            var created = new LliteCreated { Entry = entry, Opened = Opened(inode, flags, answer.Value.Open) };
            if (answer.Value.IsCreated || (flags & LliteOpenFlags.Truncate) == 0 || inode.Data is not { } data)
                return created;
            Errno cut = await data.TruncateAsync(0, cancel);
            if (cut == Errno.OK)
                return created;
            await ReleaseAsync(created.Opened.File);
            parent.KernelMissedChange();
            Drop(inode, 1);
            return cut;
        }
        finally
        {
            parent.EndOperation();
        }
    }

    // Who makes a file writes to it: with the lock for that its size is known too. Nobody waits for it here.
    async ValueTask LockAheadAsync(LliteInode inode, LovObject data)
    {
        inode.Reference();
        try
        {
            await data.LockAheadAsync();
        }
        finally
        {
            Drop(inode, 1);
        }
    }

    async ValueTask<Errno> CloseAsync(LliteFile file)
    {
        Errno status = Errno.OK;
        LliteInode inode = file.Inode;
        inode.RemoveHandle(file);
        if (file.Open is { } open)
        {
            Result<MdcDevice> mdc = await FindAsync(inode, CancellationToken.None);
            MdSetattr change = AtClose(inode, file);
            status = mdc.Failed ? mdc.Error : await mdc.Value.CloseAsync(open, change, CancellationToken.None);
        }
        Drop(inode, 1);
        return status;
    }

    /// <summary>What a close tells the MDT (<c>ll_prepare_close</c>): the times, for its own; size and blocks, which it
    /// keeps lazily for tools that do without the exact ones; that the archive's copy is old.</summary>
    static MdSetattr AtClose(LliteInode inode, LliteFile file)
    {
        LliteAttributes known = inode.LastAttributes;
        MdsAttrFlags valid = MdsAttrFlags.MODE | MdsAttrFlags.ATIME | MdsAttrFlags.ATIME_SET | MdsAttrFlags.MTIME
            | MdsAttrFlags.MTIME_SET | MdsAttrFlags.CTIME | MdsAttrFlags.CTIME_SET;
        LovAttributes current = default;
        bool isExact = inode.Data is { } data && data.TryGetAttributes(out current);
        if (isExact)
            known = inode.Remember(current);
        // Of a writer what it knew last will do: nobody takes it for exact.
        if (isExact || (inode.IsRegular && file.MayWrite))
            valid |= MdsAttrFlags.LSIZE | MdsAttrFlags.LBLOCKS;
        return NoChange(inode.Fid) with
        {
            Valid = valid,
            Mode = known.Mode,
            Atime = known.Atime,
            Mtime = known.Mtime,
            Ctime = known.Ctime,
            Size = known.Size,
            Blocks = known.Blocks,
            Flags = (InodeFlags)known.Flags,
            Bias = file.HasWritten && file.MayWrite ? MdsOpBias.DATA_MODIFIED : 0,
        };
    }

    static MdSetattr NoChange(Fid fid) => new() { Fid = fid, Valid = 0, Caller = new MdCredentials(0, 0) };

    static MdsOpenFlags Translate(LliteOpenFlags flags)
    {
        MdsOpenFlags wire = (flags & LliteOpenFlags.AccessMode) switch
        {
            0 => MdsOpenFlags.FMODE_READ,
            LliteOpenFlags.WriteOnly => MdsOpenFlags.FMODE_WRITE,
            _ => MdsOpenFlags.FMODE_READ | MdsOpenFlags.FMODE_WRITE,
        };
        // These have the same values on the wire as in Linux; the others stay here.
        const LliteOpenFlags Same = LliteOpenFlags.Exclusive | LliteOpenFlags.Truncate | LliteOpenFlags.Append
            | LliteOpenFlags.DataSync | LliteOpenFlags.Directory;
        wire |= (MdsOpenFlags)(ulong)(flags & Same);
        if ((flags & LliteOpenFlags.Execute) != 0)
            wire |= MdsOpenFlags.FMODE_EXEC;
        if ((flags & LliteOpenFlags.NonBlock) != 0)
            wire |= MdsOpenFlags.NORESTORE;
        return wire;
    }
}
