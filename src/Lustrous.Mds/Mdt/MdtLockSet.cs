using Lustrous.Idl.Fids;
using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm;
using Lustrous.Ldlm.Server;

namespace Lustrous.Mds.Mdt;

/// <summary>
/// The locks that one operation of the server takes for itself while it changes something, so that clients give back
/// what they hold (<c>mti_lh</c>). Taken in an order that is the same for all: the rename lock, directories, names,
/// objects. Given back all at once.
/// </summary>
/// <remarks>
/// A name in a directory is locked in two parts (parallel directory operations): the directory weakly, which takes back
/// what clients hold of it and lets other names change meanwhile; and the name, by its hash, strongly. Source:
/// mdt_object_local_lock, mdt_parent_lock of lustre/mdt/mdt_handler.c.
/// </remarks>
sealed class MdtLockSet(ServerNamespace locks) : IDisposable
{
    /// <summary>Resource of the lock that keeps renames of directories apart (<c>LUSTRE_BFL_FID</c>).</summary>
    static readonly Fid s_renameFid = new(FidSeq.SPECIAL, FidOid.SPECIAL_BFL);

    // Rename takes most: itself, two directories, two names, two objects.
    readonly ServerLock[] _held = new ServerLock[8];
    int _count;

    /// <summary>Waits until no other rename of a directory is under way.</summary>
    public ValueTask<Errno> AddRenameAsync(CancellationToken cancel) =>
        AddAsync(LdlmResId.FromFid(s_renameFid), LockMode.EX, InodeBits.UPDATE, cancel);

    /// <summary>Takes parts of an object.</summary>
    public ValueTask<Errno> AddObjectAsync(Fid fid, LockMode mode, InodeBits bits, CancellationToken cancel) =>
        AddAsync(LdlmResId.FromFid(fid), mode, bits, cancel);

    /// <summary>Takes a name in a directory, to change what it stands for.</summary>
    public async ValueTask<Errno> AddNameAsync(Fid parent, uint nameHash, CancellationToken cancel)
    {
        Errno error = await AddObjectAsync(parent, LockMode.CW, InodeBits.UPDATE, cancel);
        return error == Errno.OK ? await AddNameOnlyAsync(parent, nameHash, cancel) : error;
    }

    /// <summary>Another name of a directory that is taken already.</summary>
    public ValueTask<Errno> AddNameOnlyAsync(Fid parent, uint nameHash, CancellationToken cancel) =>
        AddAsync(LdlmResId.FromFidAndNameHash(parent, nameHash), LockMode.PW, InodeBits.UPDATE, cancel);

    /// <summary>Gives all back, to begin again or because the operation is done.</summary>
    public void Release()
    {
        while (_count > 0)
            locks.Release(_held[--_count]);
    }

    public void Dispose() => Release();

    /// <summary>Hash of a name; never 0, which would be the directory itself.</summary>
    public static uint HashOf(ReadOnlySpan<byte> name)
    {
        const uint basis = 2166136261, prime = 16777619;        // FNV-1a
        uint hash = basis;
        foreach (byte b in name)
            hash = (hash ^ b) * prime;
        return hash == 0 ? 1 : hash;
    }

    ValueTask<Errno> AddAsync(in LdlmResId resource, LockMode mode, InodeBits bits, CancellationToken cancel)
    {
        LdlmPolicyData policy = LockPolicies.Bits(bits);
        ValueTask<Result<ServerLock>> taking =
            locks.EnqueueLocalAsync(resource, LockType.Ibits, mode, policy, 0, cancel);
        return taking.IsCompletedSuccessfully ? new(Keep(taking.Result)) : WaitAsync(taking);
    }

    async ValueTask<Errno> WaitAsync(ValueTask<Result<ServerLock>> taking) => Keep(await taking);

    Errno Keep(Result<ServerLock> taken)
    {
        if (taken.Failed)
            return taken.Error;
        _held[_count++] = taken.Value;
        return Errno.OK;
    }
}
