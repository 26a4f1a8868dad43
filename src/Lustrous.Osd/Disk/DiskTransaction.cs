using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk;

/// <summary>A transaction of a device on a disk: reserved room, what it changed, and callbacks for its
/// commit.</summary>
sealed class DiskTransaction(DiskDevice device) : DtTransaction
{
    readonly List<DiskChange> _objects = [];
    readonly List<(DiskObject Object, DiskEntry Entry)> _entries = [];
    readonly List<byte[]> _doomedKeys = [];
    readonly List<(byte[] First, byte[] End)> _doomedRanges = [];
    readonly List<DiskFreed> _freed = [];
    (DtCommitCallback Callback, object? State)[] _callbacks = new (DtCommitCallback, object?)[2];
    int _callbackCount;
    long _reservedBytes;
    long _reservedObjects;

    public DiskTransaction? NextFree { get; set; }

    public void Take()
    {
        Lassert.That(State is Phase.Free or Phase.Stopped);
        State = Phase.Declaring;
    }

    public override Errno DeclareCreate(int count = 1)
    {
        Lassert.That(State == Phase.Declaring && count >= 0);
        if (!device.TryReserveObjects(count))
            return Errno.ENOSPC;
        _reservedObjects += count;
        return Reserve((long)count * device.Parameters.InodeSpace);
    }

    public override Errno DeclareInsert(int keyLength, int recordLength = 32, int count = 1) =>
        Reserve((long)count * (DiskDevice.NameOverhead + keyLength + recordLength));

    public override Errno DeclareXattr(int size) =>
        Reserve(DiskDevice.XattrOverhead + device.Parameters.MaxNameLength + (long)size);

    public override Errno DeclareWrite(IDtObject dtObject, long offset, long length) =>
        Reserve(((DiskObject)dtObject).CountNewBlocks(offset, length) << DiskBlock.Shift);

    public override Errno DeclareWrite(IDtObject dtObject, DtBuffers buffers)
    {
        var memory = (DiskBuffers)buffers;
        var target = (DiskObject)dtObject;
        long blocks = 0;
        // Neighbouring pieces are counted together: a large write is one range.
        for (int i = 0; i < memory.Count;)
        {
            (long start, long end) = memory.RangeFrom(ref i);
            blocks += target.CountNewBlocks(start, end - start);
        }
        return Reserve(blocks << DiskBlock.Shift);
    }

    public override void OnCommit(DtCommitCallback callback, object? state)
    {
        Lassert.That(State is Phase.Declaring or Phase.Started or Phase.Stopping);
        if (_callbackCount == _callbacks.Length)
            Array.Resize(ref _callbacks, _callbackCount * 2);
        _callbacks[_callbackCount++] = (callback, state);
    }

    public override void Finish()
    {
        bool started = State is Phase.Started or Phase.Stopping;
        Lassert.That(started || State == Phase.Declaring, "a transaction was stopped twice");
        device.ReturnBytes(_reservedBytes);
        device.ReturnObjects(_reservedObjects);
        _reservedBytes = _reservedObjects = 0;
        State = Phase.Stopped;
        if (started)
            device.Enqueue(this);
    }

    public void Number(ulong sequence) => Sequence = sequence;

    // What the operations note, under the lock of the object.

    public void Touch(DiskObject dtObject, DiskDirty dirty, int entries = 0, int entryBytes = 0)
    {
        Lassert.That(IsStarted, "a change outside a started transaction");
        for (int i = _objects.Count - 1; i >= 0; i--)
        {
            DiskChange change = _objects[i];
            if (change.Object != dtObject)
                continue;
            dtObject.NoteOpen(dirty & ~change.Dirty, entries, entryBytes);
            _objects[i] = new DiskChange(
                dtObject, change.Dirty | dirty, change.Entries + entries, change.EntryBytes + entryBytes);
            return;
        }
        dtObject.NoteOpen(dirty, entries, entryBytes);
        _objects.Add(new DiskChange(dtObject, dirty, entries, entryBytes));
        dtObject.AddUser();
    }

    public void Touch(DiskObject dtObject, DiskEntry entry)
    {
        if (entry.LastUser == this)
            return;
        entry.LastUser = this;
        entry.Users++;
        dtObject.NoteOpen(entry);
        _entries.Add((dtObject, entry));
    }

    public void Doom(ReadOnlySpan<byte> key) => _doomedKeys.Add(key.ToArray());

    public void DoomRange(ReadOnlySpan<byte> first, ReadOnlySpan<byte> end) =>
        _doomedRanges.Add((first.ToArray(), end.ToArray()));

    /// <summary>A part of a file, or a whole one, that nothing needs once this is durable.</summary>
    public void Free(in DiskFreed freed) => _freed.Add(freed);

    /// <summary>Takes from what was declared, and what was not from what is free.</summary>
    public bool TryUse(long bytes)
    {
        Lassert.That(IsStarted, "a change outside a started transaction");
        long reserved = Math.Min(bytes, _reservedBytes);
        if (bytes > reserved && !device.TryReserveBytes(bytes - reserved))
            return false;
        _reservedBytes -= reserved;
        return true;
    }

    public void GiveBack(long bytes) => device.ReturnBytes(bytes);

    public bool TryUseObject()
    {
        Lassert.That(IsStarted, "a change outside a started transaction");
        if (_reservedObjects == 0)
            return device.TryReserveObjects(1);
        _reservedObjects--;
        return true;
    }

    public void GiveBackObject() => device.ReturnObjects(1);

    /// <summary>Writes down all it changed, as it is now: what others changed meanwhile of the same keys with it, so
    /// that the last to be written is the last that was. Returns by how much that takes more room than what was written
    /// down before. All it kept goes to the group: it can be used again.</summary>
    public (long Bytes, long Objects) WriteTo(DiskGroup group)
    {
        group.BeginRecord();
        foreach (byte[] key in _doomedKeys)
            group.Delete(key);
        foreach ((byte[] first, byte[] end) in _doomedRanges)
            group.DeleteRange(first, end);
        foreach ((DiskObject dtObject, DiskEntry entry) in _entries)
        {
            if (dtObject.WriteEntry(group, entry))
                group.Entries.Add((dtObject, entry));
        }
        (long bytes, long objects) = (0, 0);
        foreach (DiskChange change in _objects)
        {
            (long moreBytes, int moreObjects) = change.Object.WriteObject(group, change);
            bytes += moreBytes;
            objects += moreObjects;
            if (change.Object.PassUserTo(group))
                group.Objects.Add(change.Object);
        }
        for (int i = 0; i < _callbackCount; i++)
            group.Callbacks.Add((_callbacks[i].Callback, _callbacks[i].State, Sequence));
        group.Freed.AddRange(_freed);
        return (bytes, objects);
    }

    protected override Errno Begin()
    {
        if (device.IsReadOnly)
            return Errno.EROFS;
        return device.IsFailed ? Errno.EIO : Errno.OK;
    }

    protected override void Stopped(bool isSync)
    {
        DiskDevice owner = device;
        Recycle();
        owner.OnStopped(isSync);
    }

    Errno Reserve(long bytes)
    {
        Lassert.That(State == Phase.Declaring, "declared after the start");
        if (!device.TryReserveBytes(bytes))
        {
            device.OnShortOfRoom(bytes);
            return Errno.ENOSPC;
        }
        _reservedBytes += bytes;
        return Errno.OK;
    }

    void Recycle()
    {
        Array.Clear(_callbacks, 0, _callbackCount);
        _callbackCount = 0;
        _objects.Clear();
        _entries.Clear();
        _doomedKeys.Clear();
        _doomedRanges.Clear();
        _freed.Clear();
        Hooks = null;
        Owner = null;
        IsSync = false;
        device.Return(this);
    }
}
