using System.Buffers.Binary;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Extended attributes: a few, in order of name, under one key; read when somebody asks.
sealed partial class DiskObject
{
    // In the store, of each: bytes of the name, bytes of the value; then name and value.
    const int XattrHeaderSize = sizeof(ushort) + sizeof(int);

    DiskXattr[]? _xattrs;       // guarded by _lock; null: not read yet

    public Result<int> GetXattr(ReadOnlySpan<byte> name, Span<byte> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs() is var failed and not Errno.OK)
            return failed;
        int at = self.FindXattr(name);
        if (at < 0)
            return Errno.ENODATA;
        byte[] value = self._xattrs![at].Value;
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
        if (self.LoadXattrs() is var failed and not Errno.OK)
            return failed;
        int at = self.FindXattr(name);
        if (at >= 0 && (flags & DtXattrFlags.Create) != 0)
            return Errno.EEXIST;
        if (at < 0 && (flags & DtXattrFlags.Replace) != 0)
            return Errno.ENODATA;
        int before = at >= 0 ? self._xattrs![at].Cost : 0;
        int after = name.Length + value.Length + DiskDevice.XattrOverhead;
        if (after > before && !change.TryUse(after - before))
            return Errno.ENOSPC;
        if (after < before)
            change.GiveBack(before - after);
        self._record.XattrBytes += after - before;
        byte[] nameBytes = at >= 0 ? self._xattrs![at].Name : name.ToArray();
        var xattr = new DiskXattr(nameBytes, value.ToArray());
        if (at >= 0)
            self._xattrs![at] = xattr;
        else
            self._xattrs = [.. self._xattrs![..~at], xattr, .. self._xattrs[~at..]];
        change.Touch(self, DiskDirty.Record | DiskDirty.Xattrs);
        return Errno.OK;
    }

    public Errno DeleteXattr(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs() is var failed and not Errno.OK)
            return failed;
        int at = self.FindXattr(name);
        if (at < 0)
            return Errno.ENODATA;
        int cost = self._xattrs![at].Cost;
        change.Touch(self, DiskDirty.Record | DiskDirty.Xattrs);
        change.GiveBack(cost);
        self._record.XattrBytes -= cost;
        self._xattrs = [.. self._xattrs[..at], .. self._xattrs[(at + 1)..]];
        return Errno.OK;
    }

    public Result<int> ListXattrs(Span<byte> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.LoadXattrs() is var failed and not Errno.OK)
            return failed;
        int length = 0;
        foreach (DiskXattr xattr in self._xattrs!)
            length += xattr.Name.Length + 1;
        if (into.IsEmpty)
            return length;
        if (into.Length < length)
            return Errno.ERANGE;
        foreach (DiskXattr xattr in self._xattrs!)
        {
            xattr.Name.CopyTo(into);
            into[xattr.Name.Length] = 0;
            into = into[(xattr.Name.Length + 1)..];
        }
        return length;
    }

    Errno LoadXattrs()
    {
        if (_xattrs is not null)
            return Errno.OK;
        if ((_record.Flags & DiskObjectFlags.HasXattrs) == 0)
        {
            _xattrs = [];
            return Errno.OK;
        }
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        Errno error = _device.Store.Get(DiskKey.OfNumber(DiskKey.Xattrs, Number, key), out byte[]? value);
        if (error != Errno.OK)
            return error;
        var found = new List<DiskXattr>();
        ReadOnlySpan<byte> rest = value;
        while (rest.Length >= XattrHeaderSize)
        {
            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            int valueLength = BinaryPrimitives.ReadInt32LittleEndian(rest[sizeof(ushort)..]);
            rest = rest[XattrHeaderSize..];
            if (valueLength < 0 || (long)nameLength + valueLength > rest.Length)
                return IsDamaged($"the record of extended attributes of object {Fid}");
            found.Add(new DiskXattr(
                rest[..nameLength].ToArray(), rest.Slice(nameLength, valueLength).ToArray()));
            rest = rest[(nameLength + valueLength)..];
        }
        if (!rest.IsEmpty || value is null)
            return IsDamaged($"the record of extended attributes of object {Fid}");
        _xattrs = [.. found];
        return Errno.OK;
    }

    void WriteXattrs(DiskBatch batch)
    {
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Xattrs, Number, key);
        int length = 0;
        foreach (DiskXattr xattr in _xattrs!)
            length += XattrHeaderSize + xattr.Name.Length + xattr.Value.Length;
        if (length == 0)
        {
            _record.Flags &= ~DiskObjectFlags.HasXattrs;
            batch.Delete(key);
            return;
        }
        byte[] value = new byte[length];
        Span<byte> rest = value;
        foreach (DiskXattr xattr in _xattrs)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)xattr.Name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(rest[sizeof(ushort)..], xattr.Value.Length);
            rest = rest[XattrHeaderSize..];
            xattr.Name.CopyTo(rest);
            xattr.Value.CopyTo(rest[xattr.Name.Length..]);
            rest = rest[(xattr.Name.Length + xattr.Value.Length)..];
        }
        _record.Flags |= DiskObjectFlags.HasXattrs;
        batch.Put(key, value);
    }

    /// <summary>Where it stands, or the complement of where it would.</summary>
    int FindXattr(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _xattrs!.Length; i++)
        {
            int order = name.SequenceCompareTo(_xattrs[i].Name);
            if (order == 0)
                return i;
            if (order < 0)
                return ~i;
        }
        return ~_xattrs.Length;
    }
}
