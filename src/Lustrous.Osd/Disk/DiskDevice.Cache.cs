using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Objects in memory: all that a transaction has changed which the store does not have yet, and those used lately.
public sealed partial class DiskDevice
{
    const int LoadLocks = 16;

    readonly ConcurrentDictionary<Fid, DiskObject> _objects = new();
    readonly RankedLock[] _loadLocks = MakeLoadLocks();
    IEnumerator<KeyValuePair<Fid, DiskObject>>? _sweep;     // of who commits
    int _cached;

    /// <summary>The object, from memory or the store. ENOENT; EIO: the store is damaged.</summary>
    internal Errno TryGet(in Fid fid, out DiskObject? dtObject)
    {
        if (_objects.TryGetValue(fid, out dtObject) && !dtObject.IsEvicted)
            return dtObject.IsLive ? Errno.OK : NotThere(out dtObject);
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        ReadOnlySpan<byte> key = DiskKey.OfObject(fid, room);
        // Who changes an object has it in memory: so nobody changes it between reading and adding it here.
        using (_loadLocks[(int)((uint)fid.GetHashCode() % LoadLocks)].Enter())
        {
            if (_objects.TryGetValue(fid, out dtObject) && !dtObject.IsEvicted)
                return dtObject.IsLive ? Errno.OK : NotThere(out dtObject);
            if (_store.Get(key, out byte[]? value) is var error and not Errno.OK)
                return error;
            if (value is null)
                return NotThere(out dtObject);
            if (!MemoryMarshal.TryRead(value, out DiskObjectRecord record))
            {
                Damaged($"{_options.Path}: the record of object {fid} has {value.Length} bytes");
                return Errno.EIO;
            }
            dtObject = new DiskObject(this, fid, record);
            if (TryAdd(dtObject))
                return Errno.OK;
            dtObject = Peek(fid);
            return dtObject is { IsLive: true } ? Errno.OK : NotThere(out dtObject);
        }
    }

    /// <summary>The object that has the FID in memory, whatever its state.</summary>
    internal DiskObject? Peek(in Fid fid) => _objects.GetValueOrDefault(fid);

    /// <summary>Adds one that was just made; false when there is another.</summary>
    internal bool TryAdd(DiskObject dtObject)
    {
        while (!_objects.TryAdd(dtObject.Fid, dtObject))
        {
            if (!_objects.TryGetValue(dtObject.Fid, out DiskObject? other))
                continue;
            if (other.IsLive)
                return false;
            // One that is counted already makes room.
            if (_objects.TryUpdate(dtObject.Fid, dtObject, other))
                return true;
        }
        Interlocked.Increment(ref _cached);
        return true;
    }

    internal void Remove(DiskObject dtObject)
    {
        if (_objects.TryRemove(new(dtObject.Fid, dtObject)))
            Interlocked.Decrement(ref _cached);
    }

    static Errno NotThere(out DiskObject? dtObject)
    {
        dtObject = null;
        return Errno.ENOENT;
    }

    static RankedLock[] MakeLoadLocks()
    {
        var locks = new RankedLock[LoadLocks];
        for (int i = 0; i < LoadLocks; i++)
            locks[i] = new RankedLock(75, "osd_disk_load");
        return locks;
    }

    /// <summary>Forgets objects that were not used since it last came by, while there are too many.</summary>
    void Evict()
    {
        int looks = 2 * (Volatile.Read(ref _cached) - _options.CachedObjects);
        for (; looks > 0 && Volatile.Read(ref _cached) > _options.CachedObjects; looks--)
        {
            _sweep ??= _objects.GetEnumerator();
            if (!_sweep.MoveNext())
            {
                _sweep.Dispose();
                _sweep = null;
                continue;
            }
            DiskObject dtObject = _sweep.Current.Value;
            if (dtObject.TryEvict())
                Remove(dtObject);
        }
    }
}
