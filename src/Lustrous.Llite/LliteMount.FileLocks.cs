using Lustrous.Clients.Mdc;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm;

namespace Lustrous.Llite;

// flock(2) and fcntl(2) locks: the file's MDT decides for all mounts. Source: ll_file_flock of lustre/llite/file.c.
public sealed partial class LliteMount
{
    /// <summary>
    /// Takes a range for an owner, changes how it is locked, or gives it back.
    /// </summary>
    /// <param name="file">Open, in whatever way.</param>
    /// <param name="wanted">What, and for whom.</param>
    /// <param name="mayWait">EAGAIN when somebody is in the way otherwise.</param>
    /// <param name="cancel">Gives the wait up with EINTR.</param>
    /// <returns>EDEADLK when the owners would wait for each other.</returns>
    public async ValueTask<Errno> LockAsync(
        LliteFile file, LliteFileLock wanted, bool mayWait, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        Result<MdcDevice> mdc = await FindAsync(file.Inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        if (wanted.Type != FileLockType.Unlock)
        {
            lock (file)
            {
                file.LockOwners ??= [];
                if (!file.LockOwners.Contains(wanted.Owner))
                    file.LockOwners.Add(wanted.Owner);
            }
        }
        return await mdc.Value.Locks.LockFileAsync(
            LdlmResId.ForFileLocks(file.Inode.Fid), ToWire(wanted), mayWait, cancel);
    }

    /// <summary>Who is in the way of a lock: one of that one's ranges, or Unlock for nobody (F_GETLK).</summary>
    public async ValueTask<Result<LliteFileLock>> TestLockAsync(
        LliteFile file, LliteFileLock wanted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(file);
        Result<MdcDevice> mdc = await FindAsync(file.Inode, cancel);
        if (mdc.Failed)
            return mdc.Error;
        Result<FileLock> found = await mdc.Value.Locks.TestFileLockAsync(
            LdlmResId.ForFileLocks(file.Inode.Fid), ToWire(wanted), cancel);
        if (found.Failed)
            return found.Error;
        FileLockType type = found.Value.Mode switch
        {
            LockMode.PR => FileLockType.Read,
            LockMode.NL => FileLockType.Unlock,
            _ => FileLockType.Write,
        };
        return new LliteFileLock(
            type, found.Value.Start, found.Value.End, found.Value.Owner, found.Value.Pid);
    }

    /// <summary>An owner has closed a descriptor of the file: what it has of it goes. Asks nobody when it has
    /// nothing.</summary>
    ValueTask<Errno> UnlockAllAsync(LliteFile file, ulong owner)
    {
        LdlmResId locks = LdlmResId.ForFileLocks(file.Inode.Fid);
        foreach (MdcDevice mdc in _metadata.Targets)
        {
            if (mdc.Locks.HasFileLocks(locks, owner))
            {
                return mdc.Locks.LockFileAsync(
                    locks, new FileLock { Mode = LockMode.NL, End = FileLock.EndOfFile, Owner = owner },
                    mayWait: true, default);
            }
        }
        return new(Errno.OK);
    }

    static FileLock ToWire(in LliteFileLock range) => new()
    {
        Mode = range.Type switch
        {
            FileLockType.Read => LockMode.PR,
            FileLockType.Write => LockMode.PW,
            _ => LockMode.NL,
        },
        Start = range.Start,
        End = range.End,
        Owner = range.Owner,
        Pid = range.Pid,
    };

    /// <summary>Nobody has the open file any more, so nobody has what was locked through it.</summary>
    async ValueTask<Errno> CloseLockedAsync(LliteFile file, List<ulong> owners)
    {
        foreach (ulong owner in owners)
            await UnlockAllAsync(file, owner);
        return await CloseAsync(file);
    }
}
