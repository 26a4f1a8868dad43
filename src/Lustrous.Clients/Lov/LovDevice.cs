using Lustrous.Clients.Osc;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;

namespace Lustrous.Clients.Lov;

/// <summary>All OSTs of a file system as one (<c>lov</c>): the targets by index, as the configuration adds
/// them.</summary>
/// <remarks>Source: lustre/lov/lov_obd.c, lov_request.c.</remarks>
public sealed class LovDevice
{
    static readonly TimeSpan s_statfsAge = TimeSpan.FromSeconds(1);

    readonly RankedLock _lock = new(7, "lov_targets");
    readonly SortedList<uint, OscDevice> _targets = [];     // guarded by _lock

    /// <summary>Adds the OSC of an OST (<c>lov_modify_tgts add</c>); EEXIST when the index is taken.</summary>
    public Errno AddTarget(uint index, OscDevice target)
    {
        ArgumentNullException.ThrowIfNull(target);
        using (_lock.Enter())
            return _targets.TryAdd(index, target) ? Errno.OK : Errno.EEXIST;
    }

    /// <summary>Takes an OST out; ENOENT. Its OSC is the caller's to dispose.</summary>
    public Errno RemoveTarget(uint index)
    {
        using (_lock.Enter())
            return _targets.Remove(index) ? Errno.OK : Errno.ENOENT;
    }

    /// <summary>The OSC of an index; null where there is none.</summary>
    public OscDevice? Target(uint index)
    {
        using (_lock.Enter())
            return _targets.GetValueOrDefault(index);
    }

    /// <summary>Indexes in use, in order.</summary>
    public IReadOnlyList<uint> Indexes
    {
        get
        {
            using (_lock.Enter())
                return [.. _targets.Keys];
        }
    }

    /// <summary>
    /// The data of one file. EPROTO, EOPNOTSUPP as <see cref="LovLayout.Parse"/>. A stripe whose OST is not there makes
    /// only I/O on that stripe fail, with EIO.
    /// </summary>
    /// <param name="fid">The file.</param>
    /// <param name="layout">Its layout EA; empty when it has none (yet).</param>
    /// <param name="owner">Whoever caches above.</param>
    public Result<LovObject> Open(Fid fid, ReadOnlySpan<byte> layout, ILovObjectOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        Result<LovLayout> parsed = LovLayout.Parse(layout);
        return parsed.Failed ? parsed.Error : new LovObject(this, fid, parsed.Value, owner);
    }

    /// <summary>Sum of the OSTs; those that do not answer are left out, EIO when none does.</summary>
    public async ValueTask<Result<ObdStatfs>> StatfsAsync(CancellationToken cancel)
    {
        OscDevice[] targets = Targets();
        var calls = new Calls<Result<ObdStatfs>>(targets.Length);
        foreach (OscDevice target in targets)
            calls.Add(AskAsync(target, cancel));
        ObdStatfs sum = default;
        bool any = false;
        for (int i = 0; i < calls.Count; i++)
        {
            Result<ObdStatfs> one = await calls[i];
            if (one.Failed)
                continue;
            sum = any ? Add(sum, one.Value) : one.Value;
            any = true;
        }
        return any ? sum : Errno.EIO;
    }

    /// <summary>Writes all that is dirty of all files (sync(2)); the first error.</summary>
    public async ValueTask<Errno> SyncAsync(CancellationToken cancel)
    {
        OscDevice[] targets = Targets();
        var calls = new Calls<Errno>(targets.Length);
        foreach (OscDevice target in targets)
            calls.Add(target.FlushAllAsync(cancel));
        return await calls.FirstErrorAsync();
    }

    OscDevice[] Targets()
    {
        using (_lock.Enter())
            return [.. _targets.Values];
    }

    /// <summary>One that is not connected gets one attempt, not for ever.</summary>
    static async ValueTask<Result<ObdStatfs>> AskAsync(OscDevice target, CancellationToken cancel)
    {
        if (target.Import.State is not (ImportState.Full or ImportState.Idle)
            && await target.Import.WaitConnectedAsync(firstTryOnly: true, cancel) is var status and not Errno.OK)
            return status;
        return await target.StatfsAsync(s_statfsAge, cancel);
    }

    /// <summary>Adds what another OST has, in blocks of the smaller size (lov_update_statfs).</summary>
    static ObdStatfs Add(ObdStatfs sum, in ObdStatfs one)
    {
        uint block = Math.Min(sum.BlockSize, one.BlockSize);
        ulong left = sum.BlockSize / block, right = one.BlockSize / block;
        sum.Blocks = (sum.Blocks * left) + (one.Blocks * right);
        sum.BlocksFree = (sum.BlocksFree * left) + (one.BlocksFree * right);
        sum.BlocksAvailable = (sum.BlocksAvailable * left) + (one.BlocksAvailable * right);
        sum.BlockSize = block;
        sum.Files += one.Files;
        sum.FilesFree += one.FilesFree;
        sum.FilesPrecreated += one.FilesPrecreated;
        sum.Maxbytes = Math.Min(sum.Maxbytes, one.Maxbytes);
        sum.NameLength = Math.Min(sum.NameLength, one.NameLength);
        sum.State &= one.State;
        return sum;
    }
}
