using Lustrous.Idl.Fids;

namespace Lustrous.Llite;

/// <summary>The inodes of a mount, by FID and by the number the kernel names them with.</summary>
sealed class InodeTable(LliteMount mount)
{
    const int FirstSize = 1024;

    readonly RankedLock _lock = new(2, "ll_inodes");
    readonly Dictionary<Fid, LliteInode> _byFid = [];       // guarded by _lock
    readonly Stack<ulong> _free = new();                    // guarded by _lock: node ids to be used next
    LliteInode?[] _slots = new LliteInode?[FirstSize];      // replaced and written under _lock, read without
    int _used = 1;                                          // guarded by _lock; slot 0 is none

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _byFid.Count;
        }
    }

    /// <summary>The inode that the kernel names; null when it has been forgotten.</summary>
    public LliteInode? Find(ulong nodeId)
    {
        LliteInode?[] slots = Volatile.Read(ref _slots);
        uint slot = (uint)nodeId;
        LliteInode? found = slot < (uint)slots.Length ? Volatile.Read(ref slots[slot]) : null;
        return found?.NodeId == nodeId ? found : null;
    }

    /// <summary>The inode of a FID, if there is one, with one more reference.</summary>
    public LliteInode? Find(Fid fid)
    {
        using (_lock.Enter())
        {
            if (!_byFid.TryGetValue(fid, out LliteInode? found))
                return null;
            found.Reference();
            return found;
        }
    }

    /// <summary>The inode of a FID with one more reference; made when it is new. The first is the root.</summary>
    public LliteInode FindOrAdd(Fid fid)
    {
        using (_lock.Enter())
        {
            if (!_byFid.TryGetValue(fid, out LliteInode? found))
            {
                if (!_free.TryPop(out ulong nodeId))
                {
                    if (_used == _slots.Length)
                        Grow();
                    nodeId = (ulong)_used++;
                }
                found = new LliteInode(mount, fid, nodeId);
                Volatile.Write(ref _slots[(uint)nodeId], found);
                _byFid.Add(fid, found);
            }
            found.Reference();
            return found;
        }
    }

    /// <summary>Gives references back; true when it was the last and the inode has left the table.</summary>
    public bool Drop(LliteInode inode, long count)
    {
        // Others hold it: the table need not be asked.
        if (inode.TryDropShared(count))
            return false;
        using (_lock.Enter())
        {
            if (inode.DropReferences(count) > 0)
                return false;
            _byFid.Remove(inode.Fid);
            Volatile.Write(ref _slots[(uint)inode.NodeId], null);
            _free.Push(inode.NodeId + (1UL << 32));
            return true;
        }
    }

    /// <summary>All of them, oldest slot first.</summary>
    public LliteInode[] All()
    {
        using (_lock.Enter())
            return [.. _slots.Where(inode => inode is not null).Select(inode => inode!)];
    }

    void Grow()
    {
        var larger = new LliteInode?[_slots.Length * 2];
        _slots.CopyTo(larger, 0);
        Volatile.Write(ref _slots, larger);
    }
}
