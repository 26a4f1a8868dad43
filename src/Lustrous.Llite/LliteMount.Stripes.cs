using Lustrous.Clients.Lmv;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// Several MDTs: directories whose names lie on several of them, and names of objects that are elsewhere than the name.
// Source: lustre/lmv/lmv_intent.c, lmv_obd.c.
public sealed partial class LliteMount
{
    /// <summary>The layout of an unstriped directory on its first and only MDT has this version.</summary>
    const uint PlainVersion = 1;

    /// <summary>How often a change may be sent on to another MDT: each time the name leads elsewhere than before.
    /// </summary>
    const int MostHops = 4;

    /// <summary>Before a directory's names are looked for: how it is striped is what the MDT said under a lock that is
    /// held, or it is asked. With a single MDT, what was said first stays.</summary>
    ValueTask<Errno> KnowStripesAsync(LliteInode directory, Credentials caller, CancellationToken cancel) =>
        _metadata.HasSeveral && !directory.TryGetPermissions(out _, out _)
            ? FetchStripesAsync(directory, caller, cancel)
            : new(directory.StripesError);

    async ValueTask<Errno> FetchStripesAsync(LliteInode directory, Credentials caller, CancellationToken cancel)
    {
        Errno fetched = await FetchAsync(directory, caller, cancel);
        return fetched != Errno.OK ? fetched : directory.StripesError;
    }

    /// <summary>Whom to ask for a name at an attempt; ENOENT when nobody is left, ENODEV where a stripe was lost.
    /// </summary>
    ValueTask<Result<NamePlace>> PlaceAsync(
        LliteInode directory, ReadOnlySpan<byte> name, int attempt, CancellationToken cancel)
    {
        if (directory.Stripes is not { } stripes)
            return attempt > 0 ? new(Errno.ENOENT) : PlaceAsync(directory.Fid, PlainVersion, cancel);
        if (attempt >= stripes.Attempts)
            return new(Errno.ENOENT);
        return PlaceAsync(stripes.Stripes[stripes.Place(name, attempt)], stripes.Version, cancel);
    }

    async ValueTask<Result<NamePlace>> PlaceAsync(Fid directory, uint version, CancellationToken cancel)
    {
        if (!directory.IsSane)
            return Errno.ENODEV;
        Result<MdcDevice> mdc = await _metadata.FindAsync(directory, cancel);
        return mdc.Failed ? mdc.Error : new NamePlace(mdc.Value, directory, version);
    }

    /// <summary>Where a new name goes. EEXIST: it is there, where names were before the directory's layout changes;
    /// EBADF where nobody can tell.</summary>
    async ValueTask<Result<NamePlace>> PlaceForNewAsync(
        LliteInode directory, byte[] name, Credentials caller, CancellationToken cancel)
    {
        if (await KnowStripesAsync(directory, caller, cancel) is var unknown and not Errno.OK)
            return unknown;
        if (directory.Stripes is not { } stripes)
            return await PlaceAsync(directory.Fid, PlainVersion, cancel);
        Result<int> stripe = stripes.PlaceForNew(name);
        if (stripe.Failed)
            return stripe.Error;
        if (stripes.IsChanging)
        {
            Result<MdAnswer> there = await AskNameAsync(directory, name, caller, cancel);
            if (there.Failed)
                return there.Error;
            GiveBack(there.Value);
            if (!there.Value.IsNegative)
                return Errno.EEXIST;
        }
        return await PlaceAsync(stripes.Stripes[stripe.Value], stripes.Version, cancel);
    }

    /// <summary>What an MDT says of a name: the first that has it.</summary>
    async ValueTask<Result<MdAnswer>> AskNameAsync(
        LliteInode directory, byte[] name, Credentials caller, CancellationToken cancel)
    {
        MdCredentials who = Pack(caller, directory);
        Result<MdAnswer> answer = Errno.ENOENT;
        for (int attempt = 0; ; attempt++)
        {
            Result<NamePlace> place = await PlaceAsync(directory, name, attempt, cancel);
            if (place.Failed)
                return attempt > 0 && place.Error == Errno.ENOENT ? answer : place.Error;
            var operation = new MdOperation { Fid1 = place.Value.Directory, Name = name, Caller = who };
            answer = await place.Value.Mdc.LookupAsync(IntentOps.GETATTR, operation, cancel);
            if (answer.Failed || !answer.Value.IsNegative)
                return answer;
        }
    }

    /// <summary>The name is here, under a LOOKUP lock of this MDT, and the object elsewhere: that MDT tells the rest
    /// (lmv_intent_remote).</summary>
    async ValueTask<Result<LliteEntry>> EnterRemoteAsync(
        LliteInode parent, byte[] name, MdAnswer answer, Credentials caller, CancellationToken cancel)
    {
        LliteInode inode = _inodes.FindOrAdd(answer.Body.Fid1);
        Errno fetched = await FetchAsync(inode, caller, cancel);
        if (fetched != Errno.OK)
        {
            GiveBack(answer);
            Drop(inode, 1);
            return fetched;
        }
        LliteDentry? dentry = null;
        if (answer.Lock is { } held)
        {
            if (inode.Attach(held))
                dentry = parent.AddName(name, inode);
            else
                GiveBack(answer);
        }
        LliteEntry entry = Describe(inode);
        if (dentry is not null)
            dentry.IsInKernel = entry.EntryMayCache = true;
        answer.ReleaseLock();
        return entry;
    }

    /// <summary>The lock that came along is of no use.</summary>
    static void GiveBack(MdAnswer answer)
    {
        answer.Lock?.ReleaseAndCancel(answer.Lock.GrantedMode);
        answer.Lock = null;
    }

    /// <summary>Opens what a name leads to: it is not where its name is.</summary>
    async ValueTask<Result<LliteCreated>> OpenByNameAsync(
        LliteInode parent, byte[] name, LliteOpenFlags flags, Credentials caller, CancellationToken cancel)
    {
        Result<LliteEntry> found = await LookupSlowAsync(parent, name, caller, cancel);
        if (found.Failed || found.Value.Inode is not { } inode)
            return found.Failed ? found.Error : Errno.ENOENT;
        Result<LliteOpened> opened = inode.IsRegular
            ? await OpenFileAsync(inode, flags, caller, cancel)
            : inode.IsDirectory ? Errno.EISDIR : Errno.ENXIO;
        if (!opened.Failed)
            return new LliteCreated { Entry = found.Value, Opened = opened.Value };
        Drop(inode, 1);
        return opened.Error;
    }

    /// <summary>Takes a name away, at the MDT of the object, if that is known, or the one that the first knows
    /// (lmv_unlink).</summary>
    async ValueTask<Result<MdAnswer>> UnlinkAsync(LliteInode parent, MdOperation operation, CancellationToken cancel)
    {
        Result<MdAnswer> answer = Errno.ENOENT;
        Fid victim = operation.Fid2;
        for (int attempt = 0, hops = 0; ; attempt++)
        {
            Result<NamePlace> place = await PlaceAsync(parent, operation.Name.Span, attempt, cancel);
            if (place.Failed)
                return attempt > 0 && place.Error == Errno.ENOENT ? answer : place.Error;
            do
            {
                Result<MdcDevice> mdc =
                    victim.IsSane ? await _metadata.FindAsync(victim, cancel) : place.Value.Mdc;
                if (mdc.Failed)
                    return mdc.Error;
                answer = await mdc.Value.UnlinkAsync(
                    operation with { Fid1 = place.Value.Directory, Fid2 = victim }, cancel);
                if (!answer.Failed && answer.Value.IsRemote)
                    victim = answer.Value.Body.Fid1;
            }
            while (!answer.Failed && answer.Value.IsRemote && ++hops < MostHops);
            if (!answer.Failed && answer.Value.IsRemote)
                return Errno.EREMOTE;
            if (answer.Error != Errno.ENOENT)
                return answer;
        }
    }

    /// <summary>Renames, at the MDT of what is replaced, as that alone can tell whether it is still open; else at that
    /// of the new name (lmv_rename).</summary>
    async ValueTask<Result<MdAnswer>> RenameAsync(
        LliteInode parent, LliteInode newParent, MdOperation operation, CancellationToken cancel)
    {
        Fid to = newParent.Fid;
        if (newParent.Stripes is { } stripes)
        {
            Result<int> stripe = stripes.PlaceForNew(operation.NewName.Span);
            if (stripe.Failed)
                return stripe.Error;
            to = stripes.Stripes[stripe.Value];
        }
        Result<NamePlace> target = await PlaceAsync(to, 0, cancel);
        if (target.Failed)
            return target.Error;
        Fid replaced = operation.Replaced;
        Result<MdAnswer> answer = Errno.ENOENT;
        for (int attempt = 0, hops = 0; ; attempt++)
        {
            Result<NamePlace> source = await PlaceAsync(parent, operation.Name.Span, attempt, cancel);
            if (source.Failed)
                return attempt > 0 && source.Error == Errno.ENOENT ? answer : source.Error;
            do
            {
                Result<MdcDevice> mdc =
                    replaced.IsSane ? await _metadata.FindAsync(replaced, cancel) : target.Value.Mdc;
                if (mdc.Failed)
                    return mdc.Error;
                answer = await mdc.Value.RenameAsync(
                    operation with { Fid1 = source.Value.Directory, Fid2 = to, Replaced = replaced }, cancel);
                if (!answer.Failed && answer.Value.IsRemote)
                    replaced = answer.Value.Body.Fid1;
            }
            while (!answer.Failed && answer.Value.IsRemote && ++hops < MostHops);
            if (!answer.Failed && answer.Value.IsRemote)
                return Errno.EXDEV;
            if (answer.Error != Errno.ENOENT)
                return answer;
        }
    }

    /// <summary>Asks the stripes of a directory for what they have of its attributes (lmv_merge_attr); ENOENT when none
    /// is there.</summary>
    async ValueTask<Errno> MergeStripesAsync(LliteInode directory, LmvLayout layout, CancellationToken cancel)
    {
        var sum = new LliteAttributes { Nlink = 2 };
        int there = 0;
        bool isUncounted = false;
        for (int i = 0; i < layout.Stripes.Length; i++)
        {
            Fid stripe = layout.Stripes[i];
            if (!stripe.IsSane)
                continue;
            Result<MdcDevice> mdc = await _metadata.FindAsync(stripe, cancel);
            Result<MdAnswer> answer = mdc.Failed
                ? mdc.Error
                : await mdc.Value.LookupAsync(
                    IntentOps.GETATTR,
                    new MdOperation { Fid1 = stripe, Fid2 = stripe, Caller = new MdCredentials(0, 0) },
                    cancel);
            if (answer.Error is Errno.ENOENT or Errno.ESHUTDOWN)
                continue;
            if (answer.Failed)
                return answer.Error;
            GiveBack(answer.Value);
            if (answer.Value.IsNegative)
                continue;
            MdtBody body = answer.Value.Body;
            there++;
            sum.Size += body.Size;
            sum.Blocks += body.Blocks;
            sum.Mtime = Math.Max(sum.Mtime, body.Mtime);
            sum.Ctime = Math.Max(sum.Ctime, body.Ctime);
            sum.Atime = Math.Max(sum.Atime, body.Atime);
            // One link says that ldiskfs has ceased to count them.
            isUncounted |= body.Nlink < 2;
            sum.Nlink += body.Nlink >= 2 ? body.Nlink - 2 : 0;
        }
        if (isUncounted)
            sum.Nlink = 1;
        if (there == 0)
            return Errno.ENOENT;
        directory.MergeStripes(sum);
        return Errno.OK;
    }

    /// <summary>Entries of all stripes from a hash on, in the order of their hashes, as far as every stripe has told of
    /// its own (lmv_striped_read_page).</summary>
    async ValueTask<Result<DirectoryChunk>> ReadStripesAsync(
        LliteInode directory, LmvLayout layout, ulong hash, Credentials caller, CancellationToken cancel)
    {
        var chunks = new List<DirectoryChunk>(layout.Stripes.Length);
        MdCredentials who = Pack(caller, directory);
        using PooledBuffer pages = Context.Buffers.Take(ReadPagesBytes);
        for (int i = 0; i < layout.Stripes.Length; i++)
        {
            Fid stripe = layout.Stripes[i];
            if (!stripe.IsSane)
                continue;
            Result<MdcDevice> mdc = await _metadata.FindAsync(stripe, cancel);
            if (mdc.Failed)
                return mdc.Error;
            Result<int> bytes = await mdc.Value.ReadPagesAsync(
                stripe, hash, pages.Slice(0, ReadPagesBytes), who, cancel);
            if (bytes.Error == Errno.ENOENT)
                continue;
            if (bytes.Failed)
                return bytes.Error;
            Result<DirectoryChunk> chunk = DirectoryChunk.Parse(hash, pages.Span[..bytes.Value]);
            if (chunk.Failed)
                return chunk.Error;
            chunks.Add(chunk.Value);
        }
        if (chunks.Count == 0)
            return Errno.ENOENT;
        Fid parent = directory.ParentFid;
        return DirectoryChunk.Merge(hash, chunks, directory.Fid, parent.IsSane ? parent : directory.Fid);
    }
}
