using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

// Extended attributes: a few, in order of name.
sealed partial class MemObject
{
    MemXattr[] _xattrs = [];        // guarded by _lock

    public Result<int> GetXattr(ReadOnlySpan<byte> name, Span<byte> into)
    {
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
        {
            int at = self.FindXattr(name);
            if (at < 0)
                return Errno.ENODATA;
            byte[] value = self._xattrs[at].Value;
            if (into.IsEmpty)
                return value.Length;
            if (into.Length < value.Length)
                return Errno.ERANGE;
            value.CopyTo(into);
            return value.Length;
        }
    }

    public Errno SetXattr(
        DtTransaction transaction, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, DtXattrFlags flags)
    {
        var memory = (MemTransaction)transaction;
        if (Live() is not { } self)
            return Errno.ENOENT;
        if (name.IsEmpty || name.Length > device.Parameters.MaxNameLength)
            return Errno.ERANGE;
        if (value.Length > device.Parameters.MaxXattrSize)
            return Errno.E2BIG;
        using (self._lock.Enter())
        {
            if (self._life != Life.Live)
                return Errno.ENOENT;
            int at = self.FindXattr(name);
            if (at >= 0 && (flags & DtXattrFlags.Create) != 0)
                return Errno.EEXIST;
            if (at < 0 && (flags & DtXattrFlags.Replace) != 0)
                return Errno.ENODATA;
            int before = at >= 0 ? self._xattrs[at].Cost + MemDevice.XattrOverhead : 0;
            int after = name.Length + value.Length + MemDevice.XattrOverhead;
            if (after > before && !memory.TryUse(after - before))
                return Errno.ENOSPC;
            if (after < before)
                device.ReturnBytes(before - after);
            byte[] nameBytes = at >= 0 ? self._xattrs[at].Name : name.ToArray();
            var xattr = new MemXattr(nameBytes, value.ToArray());
            if (at >= 0)
                self._xattrs[at] = xattr;
            else
                self._xattrs = [.. self._xattrs[..~at], xattr, .. self._xattrs[~at..]];
        }
        return Errno.OK;
    }

    public Errno DeleteXattr(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
        {
            int at = self.FindXattr(name);
            if (at < 0)
                return Errno.ENODATA;
            device.ReturnBytes(self._xattrs[at].Cost + MemDevice.XattrOverhead);
            self._xattrs = [.. self._xattrs[..at], .. self._xattrs[(at + 1)..]];
        }
        return Errno.OK;
    }

    public Result<int> ListXattrs(Span<byte> into)
    {
        if (Live() is not { } self)
            return Errno.ENOENT;
        using (self._lock.Enter())
        {
            int length = 0;
            foreach (MemXattr xattr in self._xattrs)
                length += xattr.Name.Length + 1;
            if (into.IsEmpty)
                return length;
            if (into.Length < length)
                return Errno.ERANGE;
            foreach (MemXattr xattr in self._xattrs)
            {
                xattr.Name.CopyTo(into);
                into[xattr.Name.Length] = 0;
                into = into[(xattr.Name.Length + 1)..];
            }
            return length;
        }
    }

    void DropXattrs()
    {
        foreach (MemXattr xattr in _xattrs)
            device.ReturnBytes(xattr.Cost + MemDevice.XattrOverhead);
        _xattrs = [];
    }

    /// <summary>Where it stands, or the complement of where it would.</summary>
    int FindXattr(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _xattrs.Length; i++)
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
