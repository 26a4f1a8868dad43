using System.Runtime.InteropServices;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Extended attributes: a few, in order of name; small ones stand behind the object's record, others under a key of
// their own, which is read when somebody asks.
sealed partial class DiskObject
{
    /// <summary>Up to so many bytes they are in the record, which is written whole whenever the object changes.
    /// </summary>
    const int InlineXattrBytes = 512;

    DiskXattrs? _xattrs;        // guarded by _lock; null: not read yet

    public Result<int> GetXattr(ReadOnlySpan<byte> name, Span<byte> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs(out DiskXattrs xattrs) is var failed and not Errno.OK)
            return failed;
        if (!xattrs.TryFind(name, out _, out _, out ReadOnlySpan<byte> value))
            return Errno.ENODATA;
        if (into.IsEmpty)
            return value.Length;
        if (into.Length < value.Length)
            return Errno.ERANGE;
        value.CopyTo(into);
        return value.Length;
    }

    public Errno SetXattr(
        DtTransaction transaction, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DtXattrFlags flags)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (name.IsEmpty || name.Length > _device.Parameters.MaxNameLength)
            return Errno.ERANGE;
        if (value.Length > _device.Parameters.MaxXattrSize)
            return Errno.E2BIG;
        if (self.LoadXattrs(out DiskXattrs xattrs) is var failed and not Errno.OK)
            return failed;
        bool exists = xattrs.TryFind(name, out int at, out int size, out ReadOnlySpan<byte> old);
        if (exists && (flags & DtXattrFlags.Create) != 0)
            return Errno.EEXIST;
        if (!exists && (flags & DtXattrFlags.Replace) != 0)
            return Errno.ENODATA;
        int before = exists ? DiskXattrs.CostOf(name.Length, old.Length) : 0;
        int after = DiskXattrs.CostOf(name.Length, value.Length);
        if (after > before && !change.TryUse(after - before))
            return Errno.ENOSPC;
        if (after < before)
            change.GiveBack(before - after);
        self._record.XattrBytes += after - before;
        self._xattrs = xattrs.With(at, size, name, value);
        change.Touch(self, DiskDirty.Record | DiskDirty.Xattrs);
        return Errno.OK;
    }

    public Errno DeleteXattr(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs(out DiskXattrs xattrs) is var failed and not Errno.OK)
            return failed;
        if (!xattrs.TryFind(name, out int at, out int size, out ReadOnlySpan<byte> value))
            return Errno.ENODATA;
        int cost = DiskXattrs.CostOf(name.Length, value.Length);
        change.Touch(self, DiskDirty.Record | DiskDirty.Xattrs);
        change.GiveBack(cost);
        self._record.XattrBytes -= cost;
        self._xattrs = xattrs.Without(at, size);
        return Errno.OK;
    }

    public Result<int> ListXattrs(Span<byte> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs(out DiskXattrs xattrs) is var failed and not Errno.OK)
            return failed;
        int length = 0;
        for (int at = 0, size; at < xattrs.Bytes.Length; at += size)
            length += xattrs.At(at, out size, out _).Length + 1;
        if (into.IsEmpty)
            return length;
        if (into.Length < length)
            return Errno.ERANGE;
        for (int at = 0, size; at < xattrs.Bytes.Length; at += size)
        {
            ReadOnlySpan<byte> name = xattrs.At(at, out size, out _);
            name.CopyTo(into);
            into[name.Length] = 0;
            into = into[(name.Length + 1)..];
        }
        return length;
    }

    /// <summary>What stands behind the record in the store; false when it is damaged.</summary>
    bool TryTakeXattrs(ReadOnlySpan<byte> behind)
    {
        bool isThere = (_record.Flags & DiskObjectFlags.XattrsInRecord) != 0;
        if (isThere == behind.IsEmpty)
            return false;
        if (!isThere && (_record.Flags & DiskObjectFlags.HasXattrs) != 0)
            return true;
        bool isGood = DiskXattrs.TryRead(isThere ? behind.ToArray() : [], out DiskXattrs xattrs);
        _xattrs = xattrs;
        return isGood;
    }

    Errno LoadXattrs(out DiskXattrs xattrs)
    {
        xattrs = _xattrs ?? DiskXattrs.None;
        if (_xattrs is not null)
            return Errno.OK;
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        Errno error = _device.Store.Get(DiskKey.OfNumber(DiskKey.Xattrs, Number, key), out byte[]? value);
        if (error != Errno.OK)
            return error;
        if (value is null || !DiskXattrs.TryRead(value, out xattrs))
            return IsDamaged($"the record of extended attributes of object {Fid}");
        _xattrs = xattrs;
        return Errno.OK;
    }

    /// <summary>Writes those that do not stand behind the record.</summary>
    void WriteXattrs(DiskGroup group)
    {
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Xattrs, Number, key);
        byte[] bytes = _xattrs!.Value.Bytes;
        bool isInRecord = bytes.Length is > 0 and <= InlineXattrBytes;
        if (bytes.Length > InlineXattrBytes)
            group.Put(key, bytes);
        else if ((_record.Flags & DiskObjectFlags.HasXattrs) != 0)
            group.Delete(key);
        _record.Flags &= ~(DiskObjectFlags.HasXattrs | DiskObjectFlags.XattrsInRecord);
        if (isInRecord)
            _record.Flags |= DiskObjectFlags.XattrsInRecord;
        else if (bytes.Length > 0)
            _record.Flags |= DiskObjectFlags.HasXattrs;
    }

    /// <summary>Writes the record, with what stands behind it.</summary>
    void WriteRecord(DiskGroup group, in DiskObjectRecord record)
    {
        Span<byte> room = stackalloc byte[DiskKey.ObjectSize];
        ReadOnlySpan<byte> key = DiskKey.OfObject(Fid, room);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<DiskObjectRecord>(in record));
        if ((record.Flags & DiskObjectFlags.XattrsInRecord) == 0)
        {
            group.Put(key, bytes, ref _slot);
            return;
        }
        Span<byte> whole = stackalloc byte[DiskObjectRecord.StoredSize + InlineXattrBytes];
        bytes.CopyTo(whole);
        byte[] xattrs = _xattrs!.Value.Bytes;
        xattrs.CopyTo(whole[DiskObjectRecord.StoredSize..]);
        group.Put(key, whole[..(DiskObjectRecord.StoredSize + xattrs.Length)], ref _slot);
    }
}
