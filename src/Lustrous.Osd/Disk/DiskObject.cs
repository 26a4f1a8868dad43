using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;
using Lustrous.Osd.Mem;

namespace Lustrous.Osd.Disk;

/// <summary>
/// An object on a disk. A handle on one that does not exist, or that is no longer in memory, looks for the object at
/// each use.
/// </summary>
sealed partial class DiskObject : IDtObject
{
    enum Life : byte
    {
        Absent,
        Live,
        Dead,
        Evicted,
    }

    readonly DiskDevice _device;
    readonly RankedLock _lock;          // shared with objects whose FIDs hash alike
    volatile Life _life;                // written under _lock
    volatile bool _recent;              // used since the sweep of the cache came by
    volatile bool _written;             // a transaction has written it down
    int _users;                         // transactions the store does not have, and parts of the file to be freed
    long _writtenBytes;                 // guarded by _lock: what it is accounted with there
    DiskObjectRecord _record;           // guarded by _lock
    MemTree<DiskEntry>? _entries;       // guarded by _lock: names, records, extents that the store does not have
    List<DiskEntry>? _open;             // guarded by _lock: those of both that transactions which go on have changed
    long _openEntries;                  // guarded by _lock: names and records that such transactions have added
    long _openEntryBytes;               // guarded by _lock: and bytes of those
    int _openXattrs;                    // guarded by _lock: such transactions that changed extended attributes
    MemTree<DiskEntry>? _pieces;        // guarded by _lock: pieces of the body that the store does not have

    /// <summary>A handle on an object that does not exist.</summary>
    public DiskObject(DiskDevice device, in Fid fid) => (_device, Fid, _lock) = (device, fid, device.LockOf(fid));

    /// <summary>One that the store has; null when its value is damaged.</summary>
    public static DiskObject? Read(DiskDevice device, in Fid fid, ReadOnlySpan<byte> value)
    {
        if (!MemoryMarshal.TryRead(value, out DiskObjectRecord record))
            return null;
        var dtObject = new DiskObject(device, fid)
        {
            _record = record,
            _writtenBytes = RoomOf(record, device),
            _written = true,
            _life = Life.Live,
        };
        return dtObject.TryTakeXattrs(value[DiskObjectRecord.StoredSize..]) ? dtObject : null;
    }

    public Fid Fid { get; }

    /// <summary>Never changes.</summary>
    public ulong Number => _record.Number;

    /// <summary>Something of its body is, or was, in a file.</summary>
    public bool HasFile => (_record.Flags & DiskObjectFlags.HasFile) != 0;

    public bool IsLive => _life == Life.Live;

    public bool IsEvicted => _life == Life.Evicted;

    public bool Exists => Find(out _) == Errno.OK;

    public DtObjectKind Kind => Find(out DiskObject? self) == Errno.OK ? self!._record.Kind : DtObjectKind.Regular;

    public ulong Version
    {
        get
        {
            using RankedLock.Scope scope = Enter(out DiskObject? self, out _);
            return self?._record.Version ?? 0;
        }
    }

    public Errno Create(DtTransaction transaction, in DtAttributes attributes, in DtObjectFormat format)
    {
        var change = (DiskTransaction)transaction;
        if (Find(out _) is var found && found != Errno.ENOENT)
            return found == Errno.OK ? Errno.EEXIST : found;
        // The handle of an object that was destroyed stands for its successor, which is another object.
        DiskObject made = _life == Life.Absent ? this : new DiskObject(_device, Fid);
        using (made._lock.Enter())
        {
            if (made._life != Life.Absent)
                return Errno.EEXIST;
            if (!change.TryUseObject())
                return Errno.ENOSPC;
            if (!change.TryUse(_device.Parameters.InodeSpace))
            {
                change.GiveBackObject();
                return Errno.ENOSPC;
            }
            Errno refused = _device.NoteMade(Fid);
            if (refused == Errno.OK && !_device.TryAdd(made))
                refused = Errno.EEXIST;
            if (refused != Errno.OK)
            {
                change.GiveBackObject();
                change.GiveBack(_device.Parameters.InodeSpace);
                return refused;
            }
            made.Initialize(attributes, format);
            change.Touch(made, DiskDirty.Record);
            made._life = Life.Live;
        }
        return Errno.OK;
    }

    public Errno GetAttributes(out DtAttributes attributes)
    {
        attributes = default;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        ref DiskObjectRecord record = ref self._record;
        attributes = new DtAttributes
        {
            Valid = DtValid.All,
            AccessTime = record.AccessTime,
            ModifyTime = record.ModifyTime,
            ChangeTime = record.ChangeTime,
            BirthTime = record.BirthTime,
            Size = (ulong)record.Size,
            Blocks = (ulong)record.Blocks << (DiskBlock.Shift - 9),
            Mode = record.Mode,
            Uid = record.Uid,
            Gid = record.Gid,
            ProjectId = record.ProjectId,
            Nlink = record.Nlink,
            Flags = (InodeFlags)record.InodeFlags,
            Device = record.Device,
            BlockSize = DiskBlock.Size,
        };
        return Errno.OK;
    }

    public Errno SetAttributes(DtTransaction transaction, in DtAttributes attributes)
    {
        var change = (DiskTransaction)transaction;
        bool setsSize = (attributes.Valid & DtValid.Size) != 0;
        if (setsSize && attributes.Size > _device.Parameters.MaxBytes)
            return Errno.EFBIG;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (setsSize && self.SetSize(change, (long)attributes.Size) is var failed and not Errno.OK)
            return failed;
        self.SetFields(attributes);
        change.Touch(self, DiskDirty.Record);
        return Errno.OK;
    }

    public Errno AddReference(DtTransaction transaction)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Nlink >= _device.Parameters.MaxNlink)
            return Errno.EMLINK;
        self._record.Nlink++;
        ((DiskTransaction)transaction).Touch(self, DiskDirty.Record);
        return Errno.OK;
    }

    public Errno DropReference(DtTransaction transaction)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Nlink > 0)
            self._record.Nlink--;
        ((DiskTransaction)transaction).Touch(self, DiskDirty.Record);
        return Errno.OK;
    }

    public Errno SetVersion(DtTransaction transaction, ulong version)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        self._record.Version = version;
        ((DiskTransaction)transaction).Touch(self, DiskDirty.Record);
        return Errno.OK;
    }

    public override string ToString() => $"{Fid} ({_life})";

    /// <summary>The object that the handle stands for. ENOENT; EIO.</summary>
    Errno Find(out DiskObject? self)
    {
        self = this;
        if (_life == Life.Live)
            return Errno.OK;
        return _device.TryGet(Fid, out self);
    }

    /// <summary>Locks the object that the handle stands for; when there is none only the handle is locked, and why is
    /// told.</summary>
    RankedLock.Scope Enter(out DiskObject? self, out Errno error)
    {
        while ((error = Find(out self)) == Errno.OK)
        {
            RankedLock.Scope scope = self!._lock.Enter();
            if (self._life == Life.Live)
            {
                self._recent = true;
                return scope;
            }
            // It was destroyed, or left memory, since it was found.
            scope.Dispose();
        }
        self = null;
        return _lock.Enter();
    }

    void Initialize(in DtAttributes attributes, in DtObjectFormat format)
    {
        _record = new DiskObjectRecord
        {
            Number = _device.NextNumber(),
            Kind = format.Kind,
            MaxKeySize = format.MaxKeySize,
            MaxRecordSize = format.MaxRecordSize,
            Mode = attributes.Mode,
            Nlink = format.Kind == DtObjectKind.Directory ? 2U : 1U,
        };
        if (attributes.Has(DtValid.Device))
            _record.Device = attributes.Device;
        if (attributes.Has(DtValid.Size))
            _record.Size = (long)attributes.Size;
        if (attributes.Has(DtValid.BirthTime))
            _record.BirthTime = attributes.BirthTime;
        else if (attributes.Has(DtValid.ChangeTime))
            _record.BirthTime = attributes.ChangeTime;
        SetFields(attributes);
        _xattrs = DiskXattrs.None;
    }

    void SetFields(in DtAttributes attributes)
    {
        DtValid valid = attributes.Valid;
        if ((valid & DtValid.AccessTime) != 0)
            _record.AccessTime = attributes.AccessTime;
        if ((valid & DtValid.ModifyTime) != 0)
            _record.ModifyTime = attributes.ModifyTime;
        if ((valid & DtValid.ChangeTime) != 0)
            _record.ChangeTime = attributes.ChangeTime;
        if ((valid & DtValid.Mode) != 0)
            _record.Mode = (_record.Mode & DtMode.TypeMask) | (attributes.Mode & ~DtMode.TypeMask);
        if ((valid & DtValid.Uid) != 0)
            _record.Uid = attributes.Uid;
        if ((valid & DtValid.Gid) != 0)
            _record.Gid = attributes.Gid;
        if ((valid & DtValid.ProjectId) != 0)
            _record.ProjectId = attributes.ProjectId;
        if ((valid & DtValid.Flags) != 0)
            _record.InodeFlags = (uint)attributes.Flags;
        if ((valid & DtValid.Nlink) != 0)
            _record.Nlink = attributes.Nlink;
    }
}
