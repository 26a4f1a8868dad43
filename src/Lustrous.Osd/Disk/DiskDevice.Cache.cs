using System.Collections.Concurrent;
using Lustrous.Idl.Fids;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Objects in memory: all that a transaction has changed which the store does not have yet, and those used lately.
public sealed partial class DiskDevice
{
    const int LoadLocks = 16, ObjectLocks = 1024;

    // What an object takes in memory, about; a directory's or a body's map comes on top.
    const int ObjectBytes = 640;
    const int FewestObjects = 1000;

    // Looks for one that can go, for each that comes: the first may find it used lately.
    const int LooksPerObject = 4;
    const int MostSequences = 64 << 10;

    readonly ConcurrentDictionary<Fid, DiskObject> _objects = new();
    readonly ConcurrentDictionary<ulong, DiskSequence> _sequences = new();
    readonly RankedLock[] _loadLocks = MakeLocks(LoadLocks, () => new RankedLock(75, "osd_disk_load"));
    readonly RankedLock[] _objectLocks = MakeLocks(ObjectLocks, () => new RankedLock(76, "osd_disk_object"));
    readonly int _mostObjects;
    IEnumerator<KeyValuePair<Fid, DiskObject>>? _sweep;     // of who has set _sweeping
    int _sweeping;
    int _cached;
    long _filterBytes;

    /// <summary>Objects in memory.</summary>
    internal int CachedObjects => Volatile.Read(ref _cached);

    /// <summary>The object, from memory or the store. ENOENT; EIO: the store is damaged.</summary>
    internal Errno TryGet(in Fid fid, out DiskObject? dtObject)
    {
        if (_objects.TryGetValue(fid, out dtObject) && !dtObject.IsEvicted)
            return dtObject.IsLive ? Errno.OK : NotThere(out dtObject);
        if (_sequences.TryGetValue(fid.Sequence, out DiskSequence? sequence) && !sequence.MayHave(fid))
            return NotThere(out dtObject);
        Errno error = Load(fid, out dtObject);
        if (error == Errno.OK && CachedObjects > _mostObjects)
            Evict(LooksPerObject);
        return error;
    }

    /// <summary>The lock of an object, which others have too: nobody holds those of two.</summary>
    internal RankedLock LockOf(in Fid fid) => _objectLocks[(uint)fid.GetHashCode() % ObjectLocks];

    /// <summary>The object that has the FID in memory, whatever its state.</summary>
    internal DiskObject? Peek(in Fid fid) => _objects.GetValueOrDefault(fid);

    /// <summary>Notes that there will be such an object. EIO: the store is damaged. Before it is added.</summary>
    internal Errno NoteMade(in Fid fid)
    {
        if (!_sequences.TryGetValue(fid.Sequence, out DiskSequence? sequence))
        {
            // It never falls: so what was made in one that is not known is not forgotten later.
            if (_sequences.Count >= MostSequences)
                return Errno.OK;
            if (FindHighest(fid.Sequence, out uint highest) is var error and not Errno.OK)
                return error;
            sequence = _sequences.GetOrAdd(fid.Sequence, new DiskSequence(highest));
        }
        sequence.Raise(fid.ObjectId);
        return Errno.OK;
    }

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

    /// <summary>Memory for what directories know of names they do not have.</summary>
    internal bool TryTakeFilterBytes(long bytes)
    {
        if (bytes == 0 || Interlocked.Add(ref _filterBytes, bytes) <= _options.MemoryBytes / 8)
            return true;
        Interlocked.Add(ref _filterBytes, -bytes);
        return false;
    }

    internal void ReturnFilterBytes(long bytes) => Interlocked.Add(ref _filterBytes, -bytes);

    static Errno NotThere(out DiskObject? dtObject)
    {
        dtObject = null;
        return Errno.ENOENT;
    }

    static RankedLock[] MakeLocks(int count, Func<RankedLock> make)
    {
        var locks = new RankedLock[count];
        for (int i = 0; i < count; i++)
            locks[i] = make();
        return locks;
    }

    Errno Load(in Fid fid, out DiskObject? dtObject)
    {
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
            dtObject = DiskObject.Read(this, fid, value);
            if (dtObject is null)
            {
                Damaged($"{_options.Path}: the record of object {fid} is damaged ({value.Length} bytes)");
                return Errno.EIO;
            }
            if (TryAdd(dtObject))
                return Errno.OK;
            dtObject = Peek(fid);
            return dtObject is { IsLive: true } ? Errno.OK : NotThere(out dtObject);
        }
    }

    Errno FindHighest(ulong sequence, out uint highest)
    {
        highest = 0;
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        ReadOnlySpan<byte> last = DiskKey.OfObject(new Fid(sequence, uint.MaxValue, uint.MaxValue), room);
        using RocksDbSharp.Iterator iterator = _store.Iterate();
        if (DiskStore.SeekLast(iterator, last, last[..DiskKey.PrefixSize]))
            highest = DiskKey.ObjectIdOf(iterator.GetKeySpan());
        return _store.StatusOf(iterator);
    }

    /// <summary>Forgets objects that were not used since it last came by, while there are too many. One at a time.
    /// </summary>
    void Evict(int looks)
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
            return;
        for (; looks > 0 && CachedObjects > _mostObjects; looks--)
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
        Volatile.Write(ref _sweeping, 0);
    }
}
