using Lustrous.Clients.Fids;
using Lustrous.Clients.Fld;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Fids;
using Lustrous.Ldlm.Client;

namespace Lustrous.Clients.Lmv;

/// <summary>
/// All MDTs of a file system as one: finds the MDT of a FID, gives out FIDs for new objects (<c>lmv</c>).
/// </summary>
/// <remarks>Source: lustre/lmv/lmv_obd.c, lmv_fld.c.</remarks>
public sealed class LmvDevice
{
    readonly RankedLock _lock = new(7, "lmv_lock");
    readonly FldClient _fld = new();
    Target[] _targets = [];             // replaced under _lock, by rising index

    /// <summary>The MDTs, by rising index.</summary>
    public IEnumerable<MdcDevice> Targets => Volatile.Read(ref _targets).Select(target => target.Mdc);

    /// <summary>There is more than one MDT: objects may be elsewhere than their names.</summary>
    public bool HasSeveral => Volatile.Read(ref _targets).Length > 1;

    /// <summary>Whoever caches under the locks; also for targets that come later.</summary>
    public ILockCallbacks? Callbacks
    {
        get;
        set
        {
            field = value;
            foreach (Target target in Volatile.Read(ref _targets))
                target.Mdc.Callbacks = value ?? NoLockCallbacks.Instance;
        }
    }

    /// <summary>Adds an MDT (<c>modify_mdc_tgts add</c>); EEXIST when the index is taken.</summary>
    public Errno AddTarget(MdcDevice mdc)
    {
        ArgumentNullException.ThrowIfNull(mdc);
        using (_lock.Enter())
        {
            if (Array.Exists(_targets, target => target.Mdc.Index == mdc.Index))
                return Errno.EEXIST;
            var added = new Target(mdc, new SeqClient(new SeqImportSource(mdc.Import)));
            Volatile.Write(
                ref _targets, [.. _targets.Append(added).OrderBy(target => target.Mdc.Index)]);
        }
        mdc.Callbacks = Callbacks ?? mdc.Callbacks;
        mdc.Lost = FlushSequences;
        _fld.AddTarget((uint)mdc.Index, mdc.Import);
        return Errno.OK;
    }

    /// <summary>
    /// The MDT that has an object (<c>lmv_fid2tgt_index</c>): with a single MDT nobody is asked. EIO where there is
    /// none.
    /// </summary>
    public ValueTask<Result<MdcDevice>> FindAsync(Fid fid, CancellationToken cancel)
    {
        Target[] targets = Volatile.Read(ref _targets);
        return targets.Length switch
        {
            0 => new(Errno.EIO),
            1 => new(targets[0].Mdc),
            _ => AskAsync(fid, cancel),
        };
    }

    /// <summary>A FID for a new object in a directory: on the directory's MDT (<c>lmv_fid_alloc</c>).</summary>
    public ValueTask<Result<Fid>> AllocateFidAsync(MdcDevice mdc, CancellationToken cancel)
    {
        foreach (Target target in Volatile.Read(ref _targets))
        {
            if (ReferenceEquals(target.Mdc, mdc))
                return target.Sequence.AllocateFidAsync(cancel);
        }
        return new(Errno.EIO);
    }

    /// <summary>FIDs of a sequence that a target has forgotten are not given out any more.</summary>
    public void FlushSequences(MdcDevice mdc)
    {
        foreach (Target target in Volatile.Read(ref _targets))
        {
            if (ReferenceEquals(target.Mdc, mdc))
                target.Sequence.Flush();
        }
    }

    async ValueTask<Result<MdcDevice>> AskAsync(Fid fid, CancellationToken cancel)
    {
        Result<uint> index = await _fld.LookupMdtAsync(fid.Sequence, cancel);
        if (index.Failed)
            return index.Error;
        foreach (Target target in Volatile.Read(ref _targets))
        {
            if (target.Mdc.Index == index.Value)
                return target.Mdc;
        }
        return Errno.EIO;
    }

    sealed record Target(MdcDevice Mdc, SeqClient Sequence);
}
