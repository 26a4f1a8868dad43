using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Mem;

namespace Lustrous.Osd.Disk;

// What of the object the store does not have yet, and how it gets there. All under the object's lock.
sealed partial class DiskObject
{
    ulong _group;               // guarded by the lock of the line: the last group that keeps it
    DiskSlot _slot;             // guarded by _lock: the record in what goes to the store next

    public void AddUser() => Interlocked.Increment(ref _users);

    /// <summary>One who kept it in memory lets go.</summary>
    public void DropUser()
    {
        if (Interlocked.Decrement(ref _users) == 0 && _life == Life.Dead)
            _device.Remove(this);
    }

    /// <summary>The use of a transaction that stops becomes one of its group; false: the group has one already. Under
    /// the lock of the line.</summary>
    public bool PassUserTo(DiskGroup group)
    {
        bool isNew = _group != group.Number;
        _group = group.Number;
        if (!isNew)
            DropUser();
        return isNew;
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
            (_entries, _pieces, _open) = (null, null, null);
            (_xattrs, _extents, _space) = (null, null, null);
            ForgetNames();
            return true;
        }
    }

    /// <summary>A transaction that has not stopped changed a key.</summary>
    public void NoteOpen(DiskEntry entry)
    {
        entry.Open++;
        if (entry.IsListed)
            return;
        entry.IsListed = true;
        (_open ??= []).Add(entry);
    }

    /// <summary>The same of the object itself.</summary>
    public void NoteOpen(DiskDirty dirty, int entries, int entryBytes)
    {
        if ((dirty & DiskDirty.Xattrs) != 0)
            _openXattrs++;
        _openEntries += entries;
        _openEntryBytes += entryBytes;
    }

    /// <summary>Writes a key's value of now with the transaction that changed it, and stops; false: the group keeps the
    /// key already.</summary>
    public bool WriteEntry(DiskGroup group, DiskEntry entry)
    {
        using (_lock.Enter())
        {
            entry.Open--;
            entry.LastUser = null;
            // Who was destroyed meanwhile leaves nothing. Those of a body are written with the object.
            if (_life == Life.Live && _record.Kind != DtObjectKind.Regular)
                Write(group, entry);
            if (entry.Group != group.Number)
            {
                entry.Group = group.Number;
                return true;
            }
            // Not the last: the group has one.
            entry.Users--;
            return false;
        }
    }

    /// <summary>Writes the object itself as it is now into a transaction that changed it, and stops; for the one that
    /// destroyed it, that it is gone. Returns by how much what is written down takes more room than before: so the
    /// device's count is that of its objects after every transaction, however they overlap.</summary>
    public (long Bytes, int Objects) WriteObject(DiskGroup group, in DiskChange change)
    {
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        using (_lock.Enter())
        {
            _openEntries -= change.Entries;
            _openEntryBytes -= change.EntryBytes;
            if ((change.Dirty & DiskDirty.Xattrs) != 0)
                _openXattrs--;
            WriteBody(group);
            if ((change.Dirty & DiskDirty.Destroyed) != 0)
            {
                if ((_record.Flags & DiskObjectFlags.HasFile) != 0)
                    group.Put(DiskKey.OfNumber(DiskKey.Doomed, Number, room), default);
                // The FID may have been given to another object already.
                if (_device.Peek(Fid) is not { _written: true, IsLive: true })
                    group.Delete(DiskKey.OfObject(Fid, room));
                return Account(0, 0);
            }
            if (_life != Life.Live)
                return default;
            // The record tells that there are some: also when it is another who made them.
            if ((change.Dirty & DiskDirty.Xattrs) != 0 || _openXattrs > 0)
                WriteXattrs(group);
            // Names of others come with their own transactions, and are counted with those.
            DiskObjectRecord written = _record;
            written.Entries -= _openEntries;
            written.EntryBytes -= _openEntryBytes;
            WriteRecord(group, written);
            (long, int) more = Account(RoomOf(written, _device), 1);
            _written = true;
            return more;
        }
    }

    (long Bytes, int Objects) Account(long bytes, int objects)
    {
        (long, int) more = (bytes - _writtenBytes, objects - (_written ? 1 : 0));
        _writtenBytes = bytes;
        return more;
    }

    /// <summary>What an object is accounted with.</summary>
    public static long RoomOf(in DiskObjectRecord record, DiskDevice device) => device.Parameters.InodeSpace
        + record.EntryBytes + record.XattrBytes + (record.Blocks << DiskBlock.Shift);

    /// <summary>The map and pieces of a body go together with the record, which counts them: so what a transaction that
    /// has not stopped changed of them is written with the first that does.</summary>
    void WriteBody(DiskGroup group)
    {
        if (_open is null)
            return;
        bool isWritten = _life == Life.Live && _record.Kind == DtObjectKind.Regular;
        int kept = 0;
        for (int i = 0; i < _open.Count; i++)
        {
            DiskEntry entry = _open[i];
            if (isWritten)
                Write(group, entry);
            if (entry.Open > 0)
                _open[kept++] = entry;
            else
                entry.IsListed = false;
        }
        _open.RemoveRange(kept, _open.Count - kept);
    }

    static void Write(DiskGroup group, DiskEntry entry)
    {
        if (entry.Value is { } value)
        {
            group.Put(entry.Key, value, ref entry.Slot);
            return;
        }
        group.Delete(entry.Key);
        entry.Slot = default;
    }

    /// <summary>The store has a group's change of a key; with the last one the entry goes.</summary>
    public void Forget(DiskEntry entry)
    {
        using (_lock.Enter())
        {
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
        DiskEntry entry = EntryOf(ref pending, key);
        entry.Value = value;
        transaction.Touch(this, entry);
    }

    /// <summary>The same where nobody looks at values without the lock: so another of its length takes its place.
    /// </summary>
    void SetValue(
        DiskTransaction transaction, ref MemTree<DiskEntry>? pending, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        DiskEntry entry = EntryOf(ref pending, key);
        if (entry.Value is { } old && old.Length == value.Length)
            value.CopyTo(old);
        else
            entry.Value = value.ToArray();
        transaction.Touch(this, entry);
    }

    static DiskEntry EntryOf(ref MemTree<DiskEntry>? pending, ReadOnlySpan<byte> key)
    {
        pending ??= new MemTree<DiskEntry>();
        var probe = new DiskProbe(key);
        if (!pending.TryFind(probe, out DiskEntry? entry))
        {
            entry = new DiskEntry(key.ToArray());
            pending.TryAdd(probe, entry);
        }
        return entry;
    }
}
