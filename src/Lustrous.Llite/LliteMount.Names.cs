using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;

namespace Lustrous.Llite;

// Names: what leads to what. Source: lustre/llite/namei.c, dcache.c.
public sealed partial class LliteMount
{
    /// <summary>What a name leads to; ENOENT, ENOTDIR, EACCES, ENAMETOOLONG.</summary>
    public ValueTask<Result<LliteEntry>> LookupAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        if (CheckName(parent, name) is var error and not Errno.OK)
            return new(error);
        Tunables.Lookup.Add(1);
        if (!parent.TryGetPermissions(out LliteAttributes directory, out byte[] acl))
            return LookupSlowAsync(parent, name.ToArray(), caller, cancel);
        if (!Permissions.Allows(directory, acl, Permissions.Execute, caller))
            return new(Errno.EACCES);
        if (parent.FindName(name) is not { } known)
            return LookupSlowAsync(parent, name.ToArray(), caller, cancel);
        if (known.Inode is not { } child)
        {
            known.IsInKernel = true;
            return new(new LliteEntry { EntryMayCache = true });
        }
        if (!child.Holds(InodeBits.LOOKUP) || !child.TryReference())
            return LookupSlowAsync(parent, name.ToArray(), caller, cancel);
        LliteEntry entry = Describe(child);
        if (!entry.AttributesMayCache && !child.TryGetMetadata(out _))
        {
            Drop(child, 1);
            return LookupSlowAsync(parent, name.ToArray(), caller, cancel);
        }
        known.IsInKernel = true;
        entry.EntryMayCache = true;
        return new(entry);
    }

    /// <summary>Makes a directory.</summary>
    public ValueTask<Result<LliteEntry>> MkdirAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, Credentials caller, CancellationToken cancel) =>
        MakeAsync(parent, name, (mode & ~FileType.Mask) | FileType.Directory, 0, default, caller, cancel);

    /// <summary>Makes a device, FIFO, socket or regular file without opening it.</summary>
    public ValueTask<Result<LliteEntry>> MknodAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, uint rdev, Credentials caller,
        CancellationToken cancel) =>
        (mode & FileType.Mask) is FileType.Directory or FileType.Symlink
            ? new(Errno.EINVAL)
            : MakeAsync(
                parent, name, (mode & FileType.Mask) == 0 ? mode | FileType.Regular : mode, rdev, default, caller,
                cancel);

    /// <summary>Makes a symbolic link.</summary>
    public ValueTask<Result<LliteEntry>> SymlinkAsync(
        LliteInode parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, Credentials caller,
        CancellationToken cancel) =>
        target.IsEmpty || target.Length >= BufferPool.PageSize
            ? new(target.IsEmpty ? Errno.ENOENT : Errno.ENAMETOOLONG)
            : MakeAsync(parent, name, FileType.Symlink | 0x1FF, 0, target, caller, cancel);

    /// <summary>Gives a file another name.</summary>
    public ValueTask<Result<LliteEntry>> LinkAsync(
        LliteInode inode, LliteInode newParent, ReadOnlySpan<byte> newName, Credentials caller,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(inode);
        ArgumentNullException.ThrowIfNull(newParent);
        return CheckChange(newParent, newName) is var error and not Errno.OK
            ? new(error)
            : LinkAsync(inode, newParent, newName.ToArray(), caller, cancel);
    }

    /// <summary>Takes a name away; a file without names lives until its last close.</summary>
    public ValueTask<Errno> UnlinkAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        RemoveAsync(parent, name, isDirectory: false, caller, cancel);

    /// <summary>Removes an empty directory.</summary>
    public ValueTask<Errno> RmdirAsync(
        LliteInode parent, ReadOnlySpan<byte> name, Credentials caller, CancellationToken cancel) =>
        RemoveAsync(parent, name, isDirectory: true, caller, cancel);

    /// <summary>Renames; flags are renameat2's, of which RENAME_NOREPLACE (1) alone is known (else EINVAL).</summary>
    public ValueTask<Errno> RenameAsync(
        LliteInode parent, ReadOnlySpan<byte> name, LliteInode newParent, ReadOnlySpan<byte> newName, uint flags,
        Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(newParent);
        Errno error = CheckChange(parent, name);
        if (error == Errno.OK)
            error = CheckChange(newParent, newName);
        if (error == Errno.OK && (flags & ~1u) != 0)
            error = Errno.EINVAL;
        return error != Errno.OK
            ? new(error)
            : RenameAsync(parent, name.ToArray(), newParent, newName.ToArray(), flags, caller, cancel);
    }

    static Errno CheckName(LliteInode parent, ReadOnlySpan<byte> name) =>
        !parent.IsDirectory ? Errno.ENOTDIR
        : name.Length > NameMax ? Errno.ENAMETOOLONG
        : name.IsEmpty ? Errno.ENOENT
        : Errno.OK;

    Errno CheckChange(LliteInode parent, ReadOnlySpan<byte> name)
    {
        Errno error = CheckName(parent, name);
        if (error != Errno.OK)
            return error;
        return Options.ReadOnly ? Errno.EROFS
            : name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) ? Errno.EINVAL
            : Errno.OK;
    }

    /// <summary>What may be said of an inode without asking; its reference goes with it.</summary>
    static LliteEntry Describe(LliteInode inode)
    {
        var entry = new LliteEntry { Inode = inode };
        entry.AttributesMayCache = inode.TryGetCached(out LliteAttributes attributes);
        if (entry.AttributesMayCache)
            inode.NoteKernelAttributes();
        entry.Attributes = attributes;
        return entry;
    }

    async ValueTask<Result<LliteEntry>> LookupSlowAsync(
        LliteInode parent, byte[] name, Credentials caller, CancellationToken cancel)
    {
        if (await KnowStripesAsync(parent, caller, cancel) is var unknown and not Errno.OK)
            return unknown;
        bool isCovered = parent.HoldsUpdate(out long epoch);
        parent.BeginOperation();
        try
        {
            Result<MdAnswer> answer = await AskNameAsync(parent, name, caller, cancel);
            if (answer.Failed)
                return answer.Error;
            if (answer.Value.IsRemote)
                return await EnterRemoteAsync(parent, name, answer.Value, caller, cancel);
            if (!answer.Value.IsNegative)
                return Enter(parent, name, answer.Value);
            if (!isCovered || !parent.AddNegative(name, epoch))
            {
                parent.RemoveName(name);
                return Errno.ENOENT;
            }
            return new LliteEntry { EntryMayCache = true };
        }
        finally
        {
            parent.EndOperation();
        }
    }

    /// <summary>The inode an answer is about, with a reference, under its name; cached as far as the answer's lock
    /// goes.</summary>
    LliteEntry Enter(LliteInode parent, byte[] name, MdAnswer answer)
    {
        LliteInode inode = _inodes.FindOrAdd(answer.Body.Fid1);
        inode.Update(answer);
        bool hasLookup = answer.Lock is { } granted && (granted.Bits & InodeBits.LOOKUP) != 0;
        LliteDentry? dentry = null;
        if (answer.Lock is { } held)
        {
            bool attached = inode.Attach(held);
            if (hasLookup || inode.Holds(InodeBits.LOOKUP))
                dentry = parent.AddName(name, inode);
            answer.Lock = null;
            LliteEntry entry = Describe(inode);
            // The reference is given back last: until then the name cannot be lost.
            if (dentry is not null)
                dentry.IsInKernel = entry.EntryMayCache = true;
            if (attached)
                held.Release(held.GrantedMode);
            else
                held.ReleaseAndCancel(held.GrantedMode);
            return entry;
        }
        parent.RemoveName(name);
        return Describe(inode);
    }

    ValueTask<Result<LliteEntry>> MakeAsync(
        LliteInode parent, ReadOnlySpan<byte> name, uint mode, uint rdev, ReadOnlySpan<byte> data,
        Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        return CheckChange(parent, name) is var error and not Errno.OK
            ? new(error == Errno.EINVAL ? Errno.EEXIST : error)
            : MakeAsync(parent, name.ToArray(), mode, rdev, data.ToArray(), caller, cancel);
    }

    async ValueTask<Result<LliteEntry>> MakeAsync(
        LliteInode parent, byte[] name, uint mode, uint rdev, byte[] data, Credentials caller,
        CancellationToken cancel)
    {
        Result<NamePlace> place = await PlaceForNewAsync(parent, name, caller, cancel);
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
                Fid2 = fid.Value,
                LayoutVersion = place.Value.LayoutVersion,
                Name = name,
                Data = data,
                Mode = mode,
                Rdev = rdev,
                Time = Context.UnixSeconds,
                Caller = Pack(caller, parent),
            };
            ValueTask<Result<MdAnswer>> making = place.Value.Mdc.CreateAsync(operation, cancel);
            FetchAfterChange(parent);
            Result<MdAnswer> answer = await making;
            if (!answer.Failed && answer.Value.IsRemote)
                answer = Errno.EEXIST;
            if (answer.Failed)
            {
                parent.KernelMissedChange();
                return answer.Error;
            }
            LliteInode inode = _inodes.FindOrAdd(
                answer.Value.Body.Fid1.IsSane ? answer.Value.Body.Fid1 : fid.Value);
            inode.Update(answer.Value.Body);
            if ((mode & FileType.Mask) == FileType.Symlink)
                inode.LinkTarget = data;
            // A reint tells attributes as far as it likes: what is missing is asked for, under a lock.
            bool mayHaveStripes = inode.IsDirectory && _metadata.HasSeveral;
            if ((inode.Type == 0 || mayHaveStripes)
                && await FetchAsync(inode, caller, cancel) is var error and not Errno.OK)
            {
                parent.KernelMissedChange();
                Drop(inode, 1);
                return error;
            }
            return Describe(inode);
        }
        finally
        {
            parent.EndOperation();
        }
    }

    async ValueTask<Result<LliteEntry>> LinkAsync(
        LliteInode inode, LliteInode newParent, byte[] newName, Credentials caller, CancellationToken cancel)
    {
        Result<NamePlace> place = await PlaceForNewAsync(newParent, newName, caller, cancel);
        if (place.Failed)
            return place.Error;
        newParent.BeginOperation();
        try
        {
            newParent.RemoveName(newName);
            var operation = new MdOperation
            {
                Fid1 = inode.Fid,
                Fid2 = place.Value.Directory,
                Name = newName,
                Time = Context.UnixSeconds,
                Caller = Pack(caller, inode, newParent),
            };
            Result<MdAnswer> answer = await place.Value.Mdc.LinkAsync(operation, cancel);
            Errno status = answer.Failed ? answer.Error : await FetchAsync(inode, caller, cancel);
            if (status != Errno.OK)
            {
                newParent.KernelMissedChange();
                return status;
            }
            inode.Reference();
            return Describe(inode);
        }
        finally
        {
            newParent.EndOperation();
        }
    }

    ValueTask<Errno> RemoveAsync(
        LliteInode parent, ReadOnlySpan<byte> name, bool isDirectory, Credentials caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(parent);
        Errno error = CheckChange(parent, name);
        if (error == Errno.EINVAL && name.Length == 2)
            error = isDirectory ? Errno.ENOTEMPTY : Errno.EISDIR;
        return error != Errno.OK ? new(error) : RemoveAsync(parent, name.ToArray(), isDirectory, caller, cancel);
    }

    async ValueTask<Errno> RemoveAsync(
        LliteInode parent, byte[] name, bool isDirectory, Credentials caller, CancellationToken cancel)
    {
        if (await KnowStripesAsync(parent, caller, cancel) is var unknown and not Errno.OK)
            return unknown;
        parent.BeginOperation();
        try
        {
            LliteInode? victim = parent.FindName(name)?.Inode;
            Fid fid = victim?.Fid ?? default;
            var operation = new MdOperation
            {
                Fid1 = parent.Fid,
                Fid2 = fid,
                Victim = fid,
                Name = name,
                Mode = isDirectory ? FileType.Directory : FileType.Regular,
                Time = Context.UnixSeconds,
                Caller = Pack(caller, parent),
            };
            parent.RemoveName(name);
            ValueTask<Result<MdAnswer>> removing = UnlinkAsync(parent, operation, cancel);
            FetchAfterChange(parent);
            Result<MdAnswer> answer = await removing;
            if (answer.Failed)
            {
                parent.KernelMissedChange();
                victim?.KernelMissedChange();
                return answer.Error;
            }
            if (victim is not null && answer.Value.Body.Fid1 == fid)
            {
                victim.Update(answer.Value.Body);
                // It has other names, and what the kernel keeps of it is under no lock any more.
                if (!victim.IsDirectory && victim.LastAttributes.Nlink > 0)
                    victim.KernelMissedChange();
            }
            return Errno.OK;
        }
        finally
        {
            parent.EndOperation();
        }
    }

    async ValueTask<Errno> RenameAsync(
        LliteInode parent, byte[] name, LliteInode newParent, byte[] newName, uint flags, Credentials caller,
        CancellationToken cancel)
    {
        Errno known = await KnowStripesAsync(parent, caller, cancel);
        if (known == Errno.OK)
            known = await KnowStripesAsync(newParent, caller, cancel);
        if (known != Errno.OK)
            return known;
        parent.BeginOperation();
        newParent.BeginOperation();
        try
        {
            LliteInode? moved = parent.FindName(name)?.Inode;
            LliteInode? replaced = newParent.FindName(newName)?.Inode;
            if ((flags & 1) != 0)
            {
                // Lustre has no such flag on the wire: the kernel asks before it renames, and so do we.
                Result<LliteEntry> there = await LookupAsync(newParent, newName, caller, cancel);
                if (!there.Failed && there.Value.Inode is { } target)
                {
                    Drop(target, 1);
                    return Errno.EEXIST;
                }
                if (there.Failed && there.Error != Errno.ENOENT)
                    return there.Error;
            }
            var operation = new MdOperation
            {
                Fid1 = parent.Fid,
                Fid2 = newParent.Fid,
                Victim = moved?.Fid ?? default,
                Replaced = replaced?.Fid ?? default,
                Name = name,
                NewName = newName,
                Mode = moved?.Type ?? 0,
                Time = Context.UnixSeconds,
                Caller = Pack(caller, parent, newParent),
            };
            parent.RemoveName(name);
            newParent.RemoveName(newName);
            Result<MdAnswer> answer = await RenameAsync(parent, newParent, operation, cancel);
            if (answer.Failed)
            {
                parent.KernelMissedChange();
                newParent.KernelMissedChange();
                return answer.Error;
            }
            if (replaced is not null && answer.Value.Body.Fid1 == replaced.Fid)
                replaced.Update(answer.Value.Body);
            // The kernel moves its dentry, and believes it as long as it did before; its lock went with the rename.
            Watch(Options.Kernel.InvalidateEntryAsync(newParent, newName));
            return Errno.OK;
        }
        finally
        {
            newParent.EndOperation();
            parent.EndOperation();
        }
    }
}
