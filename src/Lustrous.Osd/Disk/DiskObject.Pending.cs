using System.Runtime.InteropServices;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Mem;

namespace Lustrous.Osd.Disk;

// What of the object the store does not have yet, and how it gets there. All under the object's lock.
sealed partial class DiskObject
{
    public void AddUser() => Interlocked.Increment(ref _users);

    /// <summary>One who kept it in memory lets go.</summary>
    public void DropUser()
    {
        if (Interlocked.Decrement(ref _users) == 0 && _life == Life.Dead)
            _device.Remove(this);
    }

    /// <summary>Takes it out of memory; not when it is in use, or was lately.</summary>
    public bool TryEvict()
    {
        if (_recent)
        {
            _recent = false;
            return false;
        }
        using (_lock.Enter())
        {
            if (_life != Life.Live || Volatile.Read(ref _users) > 0)
                return false;
            _life = Life.Evicted;
            (_entries, _pieces, _xattrs, _extents, _space) = (null, null, null, null, null);
            return true;
        }
    }

    /// <summary>Writes a key's value of now into a transaction.</summary>
    public void WriteEntry(DiskBatch batch, DiskEntry entry)
    {
        using (_lock.Enter())
        {
            // Who was destroyed meanwhile leaves nothing.
            if (_life != Life.Live)
                return;
            if (entry.Value is { } value)
                batch.Put(entry.Key, value);
            else
                batch.Delete(entry.Key);
        }
    }

    /// <summary>Writes the object itself as it is now; for the transaction that destroyed it, that it is
    /// gone.</summary>
    public void WriteRecord(DiskBatch batch, DiskDirty dirty)
    {
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        using (_lock.Enter())
        {
            if ((dirty & DiskDirty.Destroyed) != 0)
            {
                if ((_record.Flags & DiskObjectFlags.HasFile) != 0)
                    batch.Put(DiskKey.OfNumber(DiskKey.Doomed, Number, room), default);
                // The FID may have been given to another object already.
                if (_device.Peek(Fid) is not { _written: true, IsLive: true })
                    batch.Delete(DiskKey.OfObject(Fid, room));
                return;
            }
            if (_life != Life.Live)
                return;
            _written = true;
            if ((dirty & DiskDirty.Xattrs) != 0)
                WriteXattrs(batch);
            ReadOnlySpan<byte> record = MemoryMarshal.AsBytes(new ReadOnlySpan<DiskObjectRecord>(in _record));
            batch.Put(DiskKey.OfObject(Fid, room), record);
        }
    }

    /// <summary>The store has a change of a key; with the last one the entry goes.</summary>
    public void Forget(DiskEntry entry, DiskTransaction transaction)
    {
        using (_lock.Enter())
        {
            if (entry.LastUser == transaction)
                entry.LastUser = null;
            if (--entry.Users > 0)
                return;
            MemTree<DiskEntry>? tree = entry.Key[0] == DiskKey.Piece ? _pieces : _entries;
            tree?.TryRemove(new DiskProbe(entry.Key), out _);
            if (_entries is { Count: 0 })
                _entries = null;
            if (_pieces is { Count: 0 })
                _pieces = null;
        }
    }

    /// <summary>The value of a key; null when there is none.</summary>
    Errno GetValue(MemTree<DiskEntry>? pending, ReadOnlySpan<byte> key, out byte[]? value)
    {
        if (pending is not null && pending.TryFind(new DiskProbe(key), out DiskEntry? entry))
        {
            value = entry.Value;
            return Errno.OK;
        }
        return _device.Store.Get(key, out value);
    }

    /// <summary>Gives a key a value, null to take it away. The object itself must be noted as changed too.</summary>
    void SetValue(DiskTransaction transaction, ref MemTree<DiskEntry>? pending, ReadOnlySpan<byte> key, byte[]? value)
    {
        pending ??= new MemTree<DiskEntry>();
        var probe = new DiskProbe(key);
        if (!pending.TryFind(probe, out DiskEntry? entry))
        {
            entry = new DiskEntry(key.ToArray());
            pending.TryAdd(probe, entry);
        }
        entry.Value = value;
        transaction.Touch(this, entry);
    }
}
