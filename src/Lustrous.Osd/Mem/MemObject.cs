using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

/// <summary>
/// An object in memory. A handle on one that does not exist (any more) is an object of its own, which looks for its
/// successor at each use.
/// </summary>
sealed partial class MemObject(MemDevice device, in Fid fid) : IDtObject
{
    enum Life : byte
    {
        Absent,
        Live,
        Dead,
    }

    readonly RankedLock _lock = new(76, "osd_mem_object");
    volatile Life _life;            // written under _lock
    DtObjectFormat _format;         // guarded by _lock, as all below
    long _accessTime, _modifyTime, _changeTime, _birthTime;
    long _size;
    uint _mode, _uid, _gid, _projectId, _nlink, _device;
    InodeFlags _flags;
    ulong _version;

    public Fid Fid { get; } = fid;

    public bool Exists => Live() is not null;

    public DtObjectKind Kind => Live()?._format.Kind ?? DtObjectKind.Regular;

    public ulong Version => Live()?.ReadVersion() ?? 0;

    public Errno Create(DtTransaction transaction, in DtAttributes attributes, in DtObjectFormat format)
    {
        var memory = (MemTransaction)transaction;
        if (Live() is not null)
            return Errno.EEXIST;
        // The handle of an object that was destroyed stands for its successor, which is another object.
        MemObject made = _life == Life.Absent ? this : new MemObject(device, Fid);
        using (made._lock.Enter())
        {
            if (made._life != Life.Absent)
                return Errno.EEXIST;
            if (!memory.TryUseObject())
                return Errno.ENOSPC;
            if (!memory.TryUse(device.Parameters.InodeSpace))
            {
                device.ReturnObjects(1);
                return Errno.ENOSPC;
            }
            if (!device.TryAdd(made))
            {
                device.ReturnObjects(1);
                device.ReturnBytes(device.Parameters.InodeSpace);
                return Errno.EEXIST;
            }
            made.Initialize(attributes, format);
            made._life = Life.Live;
        }
        return Errno.OK;
    }

    public Errno Destroy(DtTransaction transaction)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        return self.Discard() ? Errno.OK : Errno.ENOENT;
    }

    public Errno GetAttributes(out DtAttributes attributes)
    {
        if (Live() is not { } self)
        {
            attributes = default;
            return Errno.ENOENT;
        }
        using (self._lock.Enter())
        {
            attributes = new DtAttributes
            {
                Valid = DtValid.All,
                AccessTime = self._accessTime,
                ModifyTime = self._modifyTime,
                ChangeTime = self._changeTime,
                BirthTime = self._birthTime,
                Size = (ulong)self._size,
                Blocks = (ulong)self.BlockCount,
                Mode = self._mode,
                Uid = self._uid,
                Gid = self._gid,
                ProjectId = self._projectId,
                Nlink = self._nlink,
                Flags = self._flags,
                Device = self._device,
                BlockSize = MemPages.PageSize,
            };
            return Errno.OK;
        }
    }

    public Errno SetAttributes(DtTransaction transaction, in DtAttributes attributes)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        bool setsSize = (attributes.Valid & DtValid.Size) != 0;
        if (setsSize && attributes.Size > device.Parameters.MaxBytes)
            return Errno.EFBIG;
        using (self._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            if (setsSize)
                self.SetSize((long)attributes.Size);
            self.SetFields(attributes);
        }
        return Errno.OK;
    }

    public Errno AddReference(DtTransaction transaction)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
        {
            if (self._nlink >= device.Parameters.MaxNlink)
                return Errno.EMLINK;
            self._nlink++;
        }
        return Errno.OK;
    }

    public Errno DropReference(DtTransaction transaction)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
        {
            if (self._nlink > 0)
                self._nlink--;
        }
        return Errno.OK;
    }

    public Errno SetVersion(DtTransaction transaction, ulong version)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
            self._version = version;
        return Errno.OK;
    }

    public override string ToString() => $"{Fid} ({_life})";

    /// <summary>Takes it out of the device with all it has; false when that has been done.</summary>
    internal bool Discard()
    {
        using (_lock.Enter())
        {
            if (_life != Life.Live)
                return false;
            _life = Life.Dead;
            device.Remove(this);
            DropBody();
            DropXattrs();
            DropEntries();
        }
        device.ReturnBytes(device.Parameters.InodeSpace);
        device.ReturnObjects(1);
        return true;
    }

    /// <summary>The object that the handle stands for; null when there is none.</summary>
    MemObject? Live()
    {
        if (_life == Life.Live)
            return this;
        return device.TryGet(Fid, out MemObject? found) && found._life == Life.Live ? found : null;
    }

    void Initialize(in DtAttributes attributes, in DtObjectFormat format)
    {
        _format = format;
        _mode = attributes.Mode;
        if (attributes.Has(DtValid.Device))
            _device = attributes.Device;
        _nlink = format.Kind == DtObjectKind.Directory ? 2U : 1U;
        if (attributes.Has(DtValid.Size))
            _size = (long)attributes.Size;
        if (attributes.Has(DtValid.BirthTime))
            _birthTime = attributes.BirthTime;
        else if (attributes.Has(DtValid.ChangeTime))
            _birthTime = attributes.ChangeTime;
        SetFields(attributes);
        if (format.Kind == DtObjectKind.Directory)
            _names = new MemTree<MemName>();
        else if (format.Kind == DtObjectKind.Index)
            _records = new MemTree<MemRecord>();
    }

    void SetFields(in DtAttributes attributes)
    {
        DtValid valid = attributes.Valid;
        if ((valid & DtValid.AccessTime) != 0)
            _accessTime = attributes.AccessTime;
        if ((valid & DtValid.ModifyTime) != 0)
            _modifyTime = attributes.ModifyTime;
        if ((valid & DtValid.ChangeTime) != 0)
            _changeTime = attributes.ChangeTime;
        if ((valid & DtValid.Mode) != 0)
            _mode = (_mode & DtMode.TypeMask) | (attributes.Mode & ~DtMode.TypeMask);
        if ((valid & DtValid.Uid) != 0)
            _uid = attributes.Uid;
        if ((valid & DtValid.Gid) != 0)
            _gid = attributes.Gid;
        if ((valid & DtValid.ProjectId) != 0)
            _projectId = attributes.ProjectId;
        if ((valid & DtValid.Flags) != 0)
            _flags = attributes.Flags;
        if ((valid & DtValid.Nlink) != 0)
            _nlink = attributes.Nlink;
    }

    ulong ReadVersion()
    {
        using (_lock.Enter())
            return _version;
    }
}
