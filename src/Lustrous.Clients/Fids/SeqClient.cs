using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Fids;

namespace Lustrous.Clients.Fids;

/// <summary>
/// Makes FIDs for new objects out of sequences that it asks for one at a time (<c>struct lu_client_seq</c>): of files
/// (width <see cref="SequenceConst.MetadataWidth"/>) or of OST objects (<see cref="SequenceConst.DataWidth"/>).
/// </summary>
/// <remarks>Source: lustre/fid/fid_request.c.</remarks>
public sealed class SeqClient(ISequenceSource source, uint width = SequenceConst.MetadataWidth)
{
    readonly RankedLock _lock = new(9, "lcs_mutex");
    Fid _last;                     // guarded by _lock; zero: no sequence yet
    Task<Errno>? _asking;                   // guarded by _lock

    /// <summary>The FID given out last; zero at first.</summary>
    public Fid Last
    {
        get
        {
            using (_lock.Enter())
                return _last;
        }
    }

    /// <summary>A FID that was never given out and never will be again (seq_client_alloc_fid).</summary>
    /// <returns>What <see cref="ISequenceSource.AllocateAsync"/> gives when a new sequence is needed.</returns>
    public ValueTask<Result<Fid>> AllocateFidAsync(CancellationToken cancel) =>
        TryAllocate(out Fid fid) ? new(fid) : AllocateSlowAsync(cancel);

    /// <summary>Without asking anybody: false when the present sequence is used up or there is none.</summary>
    public bool TryAllocate(out Fid fid)
    {
        using (_lock.Enter())
        {
            fid = default;
            if (_last.Sequence == 0 || _last.ObjectId >= width)
                return false;
            _last = fid = new(_last.Sequence, _last.ObjectId + 1);
            return true;
        }
    }

    /// <summary>Begins a sequence of its own, none of whose FIDs is used (seq_client_get_seq).</summary>
    public async ValueTask<Result<ulong>> AllocateSequenceAsync(CancellationToken cancel)
    {
        Result<LuSeqRange> range = await source.AllocateAsync(SeqOperation.AllocMeta, default, cancel);
        if (range.Failed)
            return range.Error;
        return range.Value.IsSane ? range.Value.Start : Errno.EPROTO;
    }

    /// <summary>Forgets the sequence, after an eviction: the next FID comes from a new one
    /// (seq_client_flush).</summary>
    public void Flush()
    {
        using (_lock.Enter())
            _last = default;
    }

    async ValueTask<Result<Fid>> AllocateSlowAsync(CancellationToken cancel)
    {
        while (true)
        {
            // One asks, the others wait for it: else each would throw away what the one before got.
            Task<Errno> asking;
            TaskCompletionSource<Errno>? mine = null;
            using (_lock.Enter())
            {
                if (_asking is null)
                {
                    mine = new TaskCompletionSource<Errno>();
                    _asking = mine.Task;
                }
                asking = _asking;
            }
            if (mine is not null)
                await RefillAsync(mine, cancel);
            Errno status = await asking;
            if (TryAllocate(out Fid fid))
                return fid;
            if (status != Errno.OK && (mine is not null || cancel.IsCancellationRequested))
                return status;
        }
    }

    async ValueTask RefillAsync(TaskCompletionSource<Errno> done, CancellationToken cancel)
    {
        Result<ulong> sequence = await AllocateSequenceAsync(cancel);
        using (_lock.Enter())
        {
            if (!sequence.Failed)
                _last = new(sequence.Value, FidConst.LASTID_OID);
            _asking = null;
        }
        done.SetResult(sequence.Error);
    }
}
