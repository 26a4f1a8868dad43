using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>A transaction of a device in memory: reserved room, and callbacks for its commit.</summary>
sealed class MemTransaction(MemDevice device) : DtTransaction
{
    (DtCommitCallback Callback, object? State)[] _callbacks = new (DtCommitCallback, object?)[2];
    int _callbackCount;
    long _reservedBytes;
    long _reservedObjects;

    public MemTransaction? NextFree { get; set; }

    public MemTransaction? NextWaiting { get; set; }

    public MemDevice Device => device;

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
        Reserve((long)count * (MemDevice.NameOverhead + keyLength + recordLength));

    public override Errno DeclareXattr(int size) =>
        Reserve(MemDevice.XattrOverhead + device.Parameters.MaxNameLength + (long)size);

    public override Errno DeclareWrite(IDtObject dtObject, long offset, long length) =>
        Reserve(((MemObject)dtObject).CountNewPages(offset, length) << MemPages.PageShift);

    public override Errno DeclareWrite(IDtObject dtObject, DtBuffers buffers)
    {
        var memory = (MemBuffers)buffers;
        var target = (MemObject)dtObject;
        long pages = 0;
        // Neighbouring pieces are counted together: a large write is one range.
        for (int i = 0; i < memory.Count;)
        {
            long start = memory.OffsetAt(i);
            long end = start;
            for (; i < memory.Count && memory.OffsetAt(i) == end; i++)
                end += memory.LengthAt(i);
            pages += target.CountNewPages(start, end - start);
        }
        return Reserve(pages << MemPages.PageShift);
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
        else
            Recycle();
    }

    public void Number(ulong sequence) => Sequence = sequence;

    /// <summary>It is durable, or lost.</summary>
    public void Committed(ulong sequence, Errno status)
    {
        for (int i = 0; i < _callbackCount; i++)
            _callbacks[i].Callback(_callbacks[i].State, sequence, status);
        Recycle();
    }

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

    public bool TryUseObject()
    {
        Lassert.That(IsStarted, "a change outside a started transaction");
        if (_reservedObjects == 0)
            return device.TryReserveObjects(1);
        _reservedObjects--;
        return true;
    }

    protected override Errno Begin()
    {
        if (device.IsReadOnly)
            return Errno.EROFS;
        return device.IsFailed ? Errno.EIO : Errno.OK;
    }

    protected override void Stopped(bool isSync) => device.OnStopped(isSync);

    Errno Reserve(long bytes)
    {
        Lassert.That(State == Phase.Declaring, "declared after the start");
        if (!device.TryReserveBytes(bytes))
            return Errno.ENOSPC;
        _reservedBytes += bytes;
        return Errno.OK;
    }

    void Recycle()
    {
        Array.Clear(_callbacks, 0, _callbackCount);
        _callbackCount = 0;
        Hooks = null;
        Owner = null;
        IsSync = false;
        device.Return(this);
    }
}
