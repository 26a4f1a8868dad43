using Lustrous.Idl.Fids;
using Lustrous.Libcfs;

namespace Lustrous.Oss.Ofd;

/// <summary>
/// What an OST remembers of one client: which request last set an object's times, so that a write that was sent before
/// and arrives later does not set them back (<c>tgt_fmd</c>); which writes it has replayed.
/// </summary>
/// <remarks>Source: lustre/target/tgt_fmd.c.</remarks>
sealed class OfdExport
{
    const int MaxObjects = 128;     // LUT_FMD_MAX_NUM_DEFAULT

    readonly RankedLock _lock = new(6, "fed_lock");
    readonly Dictionary<Fid, ulong> _setattrXids = [];      // guarded by _lock
    readonly Queue<Fid> _order = new();                     // guarded by _lock
    ulong _lastReplayedWrite;
    int _count;                                             // written under _lock

    /// <summary>Number of the last write that it has replayed: what comes with one up to there was sent again, its
    /// answer being lost. A client replays one by one, in the order of the numbers.</summary>
    public ulong LastReplayedWrite
    {
        get => Volatile.Read(ref _lastReplayedWrite);
        set => Volatile.Write(ref _lastReplayedWrite, value);
    }

    public void SetTimes(Fid fid, ulong xid)
    {
        using (_lock.Enter())
        {
            if (_setattrXids.TryGetValue(fid, out ulong known))
            {
                _setattrXids[fid] = Math.Max(known, xid);
                return;
            }
            while (_order.Count >= MaxObjects)
                _setattrXids.Remove(_order.Dequeue());
            _setattrXids.Add(fid, xid);
            _order.Enqueue(fid);
            Volatile.Write(ref _count, _order.Count);
        }
    }

    /// <summary>Whether a write of that number may set the times (tgt_fmd_check).</summary>
    public bool MaySetTimes(Fid fid, ulong xid)
    {
        if (Volatile.Read(ref _count) == 0)
            return true;
        using (_lock.Enter())
            return !_setattrXids.TryGetValue(fid, out ulong known) || known <= xid;
    }
}
