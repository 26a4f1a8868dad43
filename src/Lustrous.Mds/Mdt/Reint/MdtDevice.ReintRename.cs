using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Mds.Mdd;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Mds.Mdt;

// REINT_RENAME (mdt_reint_rename of lustre/mdt/mdt_reint.c).
public sealed partial class MdtDevice
{
    const InodeBits SourceBits = InodeBits.LOOKUP | InodeBits.UPDATE | InodeBits.XATTR;
    const InodeBits VictimBits = InodeBits.LOOKUP | InodeBits.UPDATE;

    async ValueTask<Errno> ReintRenameAsync(ServerRequest request, MdtRecReint rec, CancellationToken cancel)
    {
        MdtRecRename record = ReintRecord.Rename(rec);
        if (CheckNames(request, out uint oldHash, out uint newHash) is var error and not Errno.OK)
            return error;
        Result<IDtObject> oldParent = _mdd.Find(record.Fid1);
        if (oldParent.Failed)
            return Missing(request, oldParent.Error, 0);
        Result<IDtObject> newParent = _mdd.Find(record.Fid2);
        if (newParent.Failed)
            return Missing(request, newParent.Error, 1);
        var move = new Move(oldParent.Value, newParent.Value, oldHash, newHash);
        using var locks = new MdtLockSet(_locks);
        // Directories that move between directories change who is above whom: one at a time, so that no circle can be
        // made by two.
        bool isAlone = move.IsBetweenDirectories && StatMode.IsDirectory(record.Mode);
        while (true)
        {
            error = isAlone ? await locks.AddRenameAsync(cancel) : Errno.OK;
            if (error == Errno.OK)
                error = await LockParentsAsync(locks, move, cancel);
            if (error == Errno.OK)
                error = LookupNames(request, rec, move, out move);
            if (error != Errno.OK)
                return error;
            if (isAlone || !move.IsBetweenDirectories || move.Source!.Kind != DtObjectKind.Directory)
                break;
            // The client did not know that it is a directory.
            isAlone = true;
            locks.Release();
        }
        if (move.Victim?.Fid == move.Source!.Fid)
            return Errno.OK;        // two names of one file: POSIX has nothing done
        error = CheckCircle(move);
        if (error == Errno.OK)
            error = await LockObjectsAsync(locks, move, cancel);
        return error == Errno.OK ? Rename(request, rec, move) : error;
    }

    /// <summary>The parts of a rename that stay while locks are waited for.</summary>
    readonly record struct Move(IDtObject OldParent, IDtObject NewParent, uint OldHash, uint NewHash)
    {
        public IDtObject? Source { get; init; }

        public IDtObject? Victim { get; init; }

        public bool IsBetweenDirectories => OldParent.Fid != NewParent.Fid;
    }

    static Errno CheckNames(ServerRequest request, out uint oldHash, out uint newHash)
    {
        oldHash = newHash = 0;
        Errno error = NamesOf(request, out ReadOnlySpan<byte> oldName, out ReadOnlySpan<byte> newName);
        if (error != Errno.OK)
            return error;
        oldHash = MdtLockSet.HashOf(oldName);
        newHash = MdtLockSet.HashOf(newName);
        return Errno.OK;
    }

    static Errno NamesOf(ServerRequest request, out ReadOnlySpan<byte> oldName, out ReadOnlySpan<byte> newName)
    {
        newName = default;
        Errno error = NameOf(request, out oldName);
        return error == Errno.OK ? TargetOf(request, out newName) : error;
    }

    /// <summary>Both directories and names, in the order that all keep: what is above first, else by FID; two names of
    /// one directory by hash (mdt_rename_determine_lock_order, mdt_lock_two_dirs).</summary>
    async ValueTask<Errno> LockParentsAsync(MdtLockSet locks, Move move, CancellationToken cancel)
    {
        if (!move.IsBetweenDirectories)
        {
            (uint first, uint second) = move.OldHash < move.NewHash
                ? (move.OldHash, move.NewHash)
                : (move.NewHash, move.OldHash);
            Errno same = await locks.AddNameAsync(move.OldParent.Fid, first, cancel);
            // Names of one hash have one lock between them.
            return same == Errno.OK && first != second
                ? await locks.AddNameOnlyAsync(move.OldParent.Fid, second, cancel)
                : same;
        }
        Result<bool> reverse = IsNewParentFirst(move);
        if (reverse.Failed)
            return reverse.Error;
        (IDtObject before, uint hashBefore, IDtObject after, uint hashAfter) = reverse.Value
            ? (move.NewParent, move.NewHash, move.OldParent, move.OldHash)
            : (move.OldParent, move.OldHash, move.NewParent, move.NewHash);
        Errno error = await locks.AddNameAsync(before.Fid, hashBefore, cancel);
        return error == Errno.OK ? await locks.AddNameAsync(after.Fid, hashAfter, cancel) : error;
    }

    Result<bool> IsNewParentFirst(in Move move)
    {
        if (move.OldParent.Fid.IsRoot)
            return false;
        if (move.NewParent.Fid.IsRoot)
            return true;
        Result<bool> below = _mdd.IsBelow(move.OldParent, move.NewParent.Fid);
        if (below.Failed || below.Value)
            return below;
        below = _mdd.IsBelow(move.NewParent, move.OldParent.Fid);
        if (below.Failed)
            return below;
        return !below.Value && Compare(move.OldParent.Fid, move.NewParent.Fid) > 0;
    }

    static int Compare(Fid a, Fid b) =>
        a.Sequence != b.Sequence ? a.Sequence.CompareTo(b.Sequence) : a.ObjectId.CompareTo(b.ObjectId);

    Errno LookupNames(ServerRequest request, in MdtRecReint rec, in Move move, out Move found)
    {
        found = move;
        if (NamesOf(request, out ReadOnlySpan<byte> oldName, out ReadOnlySpan<byte> newName) is var bad
            and not Errno.OK)
            return bad;
        Credentials who = Known(ReintRecord.CredentialsOf(rec));
        Errno error = _mdd.Lookup(move.OldParent, who, oldName, out DtEntry source);
        if (error != Errno.OK)
            return Missing(request, error, 2);
        Result<IDtObject> sourceObject = Storage.Find(source.Fid);
        if (sourceObject.Failed)
            return sourceObject.Error;
        found = found with { Source = sourceObject.Value, Victim = null };
        if (source.Fid == move.OldParent.Fid || source.Fid == move.NewParent.Fid)
            return Errno.EINVAL;
        error = _mdd.Lookup(move.NewParent, who, newName, out DtEntry victim);
        if (error != Errno.OK)
            return error == Errno.ENOENT ? Errno.OK : error;
        if (victim.Fid == move.OldParent.Fid || victim.Fid == move.NewParent.Fid)
            return Errno.ENOTEMPTY;
        Result<IDtObject> victimObject = Storage.Find(victim.Fid);
        if (victimObject.Failed)
            return victimObject.Error;
        found = found with { Victim = victimObject.Value };
        return Errno.OK;
    }

    /// <summary>Before the objects are locked, as the locks of what is above come first: a directory cannot move below
    /// itself, and what has something below it is not empty.</summary>
    Errno CheckCircle(in Move move)
    {
        IDtObject source = move.Source!;
        bool isDirectory = source.Kind == DtObjectKind.Directory;
        if (move.IsBetweenDirectories && isDirectory)
        {
            Result<bool> below = _mdd.IsBelow(move.NewParent, source.Fid);
            if (below.Failed)
                return below.Error;
            if (below.Value)
                return Errno.EINVAL;
        }
        if (move.Victim is not { } victim)
            return Errno.OK;
        bool isOverDirectory = victim.Kind == DtObjectKind.Directory;
        if (isOverDirectory && move.IsBetweenDirectories)
        {
            Result<bool> above = _mdd.IsBelow(move.OldParent, victim.Fid);
            if (above.Failed)
                return above.Error;
            if (above.Value)
                return Errno.ENOTEMPTY;
        }
        // A directory locked while a file is linked into it would be locked in the wrong order.
        if (isOverDirectory != isDirectory)
            return isDirectory ? Errno.ENOTDIR : Errno.EISDIR;
        return Errno.OK;
    }

    static async ValueTask<Errno> LockObjectsAsync(MdtLockSet locks, Move move, CancellationToken cancel)
    {
        Fid source = move.Source!.Fid;
        if (move.Victim is not { } victim)
            return await locks.AddObjectAsync(source, LockMode.EX, SourceBits, cancel);
        bool victimFirst = Compare(source, victim.Fid) > 0;
        Errno error = victimFirst
            ? await locks.AddObjectAsync(victim.Fid, LockMode.EX, VictimBits, cancel)
            : await locks.AddObjectAsync(source, LockMode.EX, SourceBits, cancel);
        if (error != Errno.OK)
            return error;
        return victimFirst
            ? await locks.AddObjectAsync(source, LockMode.EX, SourceBits, cancel)
            : await locks.AddObjectAsync(victim.Fid, LockMode.EX, VictimBits, cancel);
    }

    Errno Rename(ServerRequest request, in MdtRecReint rec, in Move move)
    {
        if (NamesOf(request, out ReadOnlySpan<byte> oldName, out ReadOnlySpan<byte> newName) is var error
            and not Errno.OK)
            return error;
        var context = ContextOf(ReintRecord.CredentialsOf(rec), request);
        error = CheckVersions(context, move.OldParent, move.NewParent);
        if (error == Errno.OK)
            error = CheckVersion(context, move.Source, 2);
        if (error == Errno.OK)
            error = CheckVersion(context, move.Victim, 3);
        if (error != Errno.OK)
            return error;
        SetVersioned(context, move.Source!);
        error = _mdd.Rename(context, new MddRename
        {
            OldParent = move.OldParent,
            OldName = oldName,
            NewParent = move.NewParent,
            NewName = newName,
            Source = move.Source!,
            Victim = move.Victim,
            Time = ReintRecord.Rename(rec).Time,
        }, out DtAttributes left);
        if (error == Errno.OK && move.Victim is { } victim)
            MdtReply.PackAttributes(ref MdtReply.Body(request), victim.Fid, left);
        return error;
    }
}
