namespace Lustrous.Llite;

/// <summary>The open files of a mount, by the number the kernel names them with.</summary>
sealed class FileTable
{
    const int FirstSize = 256;

    readonly RankedLock _lock = new(2, "ll_files");
    readonly Stack<ulong> _free = new();                // guarded by _lock
    LliteFile?[] _slots = new LliteFile?[FirstSize];    // replaced and written under _lock, read without
    int _used = 1;                                      // guarded by _lock; 0 is none
    int _count;                                         // guarded by _lock

    public int Count
    {
        get
        {
            using (_lock.Enter())
                return _count;
        }
    }

    public LliteFile? Find(ulong handle)
    {
        LliteFile?[] slots = Volatile.Read(ref _slots);
        uint slot = (uint)handle;
        LliteFile? found = slot < (uint)slots.Length ? Volatile.Read(ref slots[slot]) : null;
        return found?.Handle == handle ? found : null;
    }

    public LliteFile Add(LliteInode inode, LliteOpenFlags flags)
    {
        using (_lock.Enter())
        {
            if (!_free.TryPop(out ulong handle))
            {
                if (_used == _slots.Length)
                {
                    var larger = new LliteFile?[_slots.Length * 2];
                    _slots.CopyTo(larger, 0);
                    Volatile.Write(ref _slots, larger);
                }
                handle = (ulong)_used++;
            }
            var added = new LliteFile(inode, flags, handle);
            Volatile.Write(ref _slots[(uint)handle], added);
            _count++;
            return added;
        }
    }

    /// <summary>False when it was taken out before.</summary>
    public bool Remove(LliteFile file)
    {
        using (_lock.Enter())
        {
            if (_slots[(uint)file.Handle] != file)
                return false;
            Volatile.Write(ref _slots[(uint)file.Handle], null);
            _free.Push(file.Handle + (1UL << 32));
            _count--;
            return true;
        }
    }

    public LliteFile[] All()
    {
        using (_lock.Enter())
            return [.. _slots.Where(file => file is not null).Select(file => file!)];
    }
}
