using Lustrous.Idl.Fids;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Clients.Fld;

/// <summary>
/// Knows, or asks, which MDT or OST a FID's sequence belongs to (<c>struct lu_client_fld</c>): FLD_QUERY to one of the
/// MDTs, and a cache.
/// </summary>
/// <remarks>Source: lustre/fld/fld_request.c, fld_cache.c.</remarks>
public sealed class FldClient
{
    readonly RankedLock _lock = new(9, "lcf_lock");
    readonly List<(uint Index, Import Import)> _targets = [];   // guarded by _lock, by rising index
    readonly List<LuSeqRange> _cache = [];                      // guarded by _lock, by rising start, disjoint

    /// <summary>An MDT that may be asked (fld_client_add_target).</summary>
    public void AddTarget(uint mdtIndex, Import import)
    {
        using (_lock.Enter())
        {
            int at = _targets.FindIndex(target => target.Index >= mdtIndex);
            if (at >= 0 && _targets[at].Index == mdtIndex)
                _targets[at] = (mdtIndex, import);
            else
                _targets.Insert(at < 0 ? _targets.Count : at, (mdtIndex, import));
        }
    }

    /// <summary>Index of the MDT that has the sequence (fld_client_lookup).</summary>
    /// <returns>ENOENT: nobody has it; ENODEV: there is no MDT to ask.</returns>
    public async ValueTask<Result<uint>> LookupMdtAsync(ulong sequence, CancellationToken cancel)
    {
        Result<LuSeqRange> range = await LookupAsync(sequence, SeqRangeType.MDT, cancel);
        return range.Failed ? range.Error : range.Value.Index;
    }

    /// <summary>The range that the sequence lies in, and whose it is.</summary>
    public ValueTask<Result<LuSeqRange>> LookupAsync(ulong sequence, SeqRangeType type, CancellationToken cancel) =>
        TryFind(sequence, out LuSeqRange range) ? new(range) : AskAsync(sequence, type, cancel);

    /// <summary>Forgets what it knows of the sequence: its target said it has not got it.</summary>
    public void Invalidate(ulong sequence)
    {
        using (_lock.Enter())
            _cache.RemoveAll(range => range.Contains(sequence));
    }

    bool TryFind(ulong sequence, out LuSeqRange found)
    {
        using (_lock.Enter())
        {
            (int low, int high) = (0, _cache.Count);
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_cache[middle].End <= sequence)
                    low = middle + 1;
                else
                    high = middle;
            }
            found = low < _cache.Count && _cache[low].Contains(sequence) ? _cache[low] : default;
            return !found.IsEmpty;
        }
    }

    async ValueTask<Result<LuSeqRange>> AskAsync(ulong sequence, SeqRangeType type, CancellationToken cancel)
    {
        Import? import = null;
        using (_lock.Enter())
        {
            // The root, and all that nobody has asked for before, is MDT0000's business (fld_rrb_scan).
            if (_targets.Count > 0)
                import = _targets[(int)(sequence % (uint)_targets.Count)].Import;
            if (_targets.Count > 0 && sequence < FidSeq.NORMAL)
                import = _targets[0].Import;
        }
        if (import is null)
            return Errno.ENODEV;
        using PtlrpcRequest request = import.NewRequest(RequestFormats.FldQuery);
        request.RequestPortal = Portals.FLD_REQUEST_PORTAL;
        request.ReplyPortal = Portals.MDC_REPLY_PORTAL;
        request.AllowReplay = true;
        request.Set(Rmf.FldOpc, (uint)FldOperation.Lookup);
        request.Set(Rmf.FldMdfld, new LuSeqRange { Start = sequence, Flags = (uint)type });
        if (await request.SendAsync(cancel) is var status and not Errno.OK)
            return status;
        Result<LuSeqRange> range = request.Get(Rmf.FldMdfld);
        if (range.Failed)
            return range.Error;
        if (!range.Value.Contains(sequence))
            return Errno.EPROTO;
        Remember(range.Value);
        return range;
    }

    void Remember(LuSeqRange range)
    {
        using (_lock.Enter())
        {
            _cache.RemoveAll(other => other.Start < range.End && range.Start < other.End);
            int at = _cache.FindIndex(other => other.Start > range.Start);
            _cache.Insert(at < 0 ? _cache.Count : at, range);
        }
    }
}
