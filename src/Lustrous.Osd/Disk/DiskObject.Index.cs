using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Lustrous.Idl.Fids;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Directories and indexes.
sealed partial class DiskObject
{
    const int EntrySize = 16 + sizeof(uint);
    const int ShortKey = 64;

    // A directory of at most so many names is read once to know what it does not have, after some looks for nothing.
    const int FewNames = 8192, LooksForNothingShift = 3;

    DiskNameFilter? _names;     // guarded by _lock; null: it is not known what it does not have
    int _looksForNothing;       // guarded by _lock: while it is not

    public long EntryCount
    {
        get
        {
            using RankedLock.Scope scope = Enter(out DiskObject? self, out _);
            return self?._record.Entries ?? 0;
        }
    }

    public Errno Lookup(ReadOnlySpan<byte> name, out DtEntry entry)
    {
        entry = default;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckName(name) is var refused and not Errno.OK)
            return refused;
        Span<byte> room = stackalloc byte[DiskKey.MaxNameSize];
        error = self.FindName(self.NameKey(name, room), out byte[]? value);
        if (error != Errno.OK)
            return error;
        if (value is null)
            return Errno.ENOENT;
        return TryReadEntry(value, out entry) ? Errno.OK : self.IsDamaged($"the entry of a name in directory {Fid}");
    }

    public Errno Insert(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckName(name) is var refused and not Errno.OK)
            return refused;
        if (name.IsEmpty)
            return Errno.EINVAL;
        Span<byte> room = stackalloc byte[DiskKey.MaxNameSize];
        ReadOnlySpan<byte> key = self.NameKey(name, room);
        error = self.FindName(key, out byte[]? value);
        if (error == Errno.OK && value is not null)
            error = Errno.EEXIST;
        if (error == Errno.OK && !change.TryUse(CostOf(name.Length)))
            error = Errno.ENOSPC;
        if (error != Errno.OK)
            return error;
        self.NoteName(DiskKey.At(key));
        self.SetEntry(change, key, MakeEntry(entry, stackalloc byte[EntrySize]), 1, CostOf(name.Length));
        return Errno.OK;
    }

    public Errno Remove(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckName(name) is var refused and not Errno.OK)
            return refused;
        Span<byte> room = stackalloc byte[DiskKey.MaxNameSize];
        ReadOnlySpan<byte> key = self.NameKey(name, room);
        error = self.GetValue(self._entries, key, out byte[]? value);
        if (error == Errno.OK && value is null)
            error = Errno.ENOENT;
        if (error != Errno.OK)
            return error;
        self.RemoveEntry(change, key, CostOf(name.Length));
        change.GiveBack(CostOf(name.Length));
        return Errno.OK;
    }

    public Errno Replace(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckName(name) is var refused and not Errno.OK)
            return refused;
        Span<byte> room = stackalloc byte[DiskKey.MaxNameSize];
        ReadOnlySpan<byte> key = self.NameKey(name, room);
        error = self.GetValue(self._entries, key, out byte[]? value);
        if (error == Errno.OK && value is null)
            error = Errno.ENOENT;
        if (error == Errno.OK)
            self.SetEntry(change, key, MakeEntry(entry, stackalloc byte[EntrySize]), 0, 0);
        return error;
    }

    public DtDirectoryIterator Iterate(ulong hash)
    {
        DiskDirectoryIterator iterator = _device.TakeIterator();
        iterator.Begin(this, hash);
        return iterator;
    }

    public Result<int> IndexLookup(ReadOnlySpan<byte> key, Span<byte> record)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Kind != DtObjectKind.Index)
            return Errno.ENOTDIR;
        error = self.GetValue(self._entries, DiskKey.OfRecord(self.Number, key), out byte[]? value);
        if (error != Errno.OK)
            return error;
        if (value is null)
            return Errno.ENOENT;
        if (value.Length > record.Length)
            return Errno.ERANGE;
        value.CopyTo(record);
        return value.Length;
    }

    public Errno IndexInsert(
        DtTransaction transaction, ReadOnlySpan<byte> key, ReadOnlySpan<byte> record, bool replace)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Kind != DtObjectKind.Index)
            return Errno.ENOTDIR;
        if (key.Length > self._record.MaxKeySize || record.Length > self._record.MaxRecordSize)
            return Errno.EINVAL;
        Span<byte> room = key.Length <= ShortKey ? stackalloc byte[DiskKey.PrefixSize + ShortKey] : default;
        ReadOnlySpan<byte> whole = DiskKey.OfRecord(self.Number, key, room);
        error = self.GetValue(self._entries, whole, out byte[]? old);
        if (error == Errno.OK && old is not null && !replace)
            error = Errno.EEXIST;
        // One that takes the place of another of its length takes no room.
        int more = old is null ? CostOf(key.Length, record.Length) : record.Length - old.Length;
        if (error == Errno.OK && more > 0 && !change.TryUse(more))
            error = Errno.ENOSPC;
        if (error != Errno.OK)
            return error;
        if (more < 0)
            change.GiveBack(-more);
        self.SetEntry(change, whole, record, old is null ? 1 : 0, more);
        return Errno.OK;
    }

    public Errno IndexRemove(DtTransaction transaction, ReadOnlySpan<byte> key)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Kind != DtObjectKind.Index)
            return Errno.ENOTDIR;
        byte[] whole = DiskKey.OfRecord(self.Number, key);
        error = self.GetValue(self._entries, whole, out byte[]? old);
        if (error == Errno.OK && old is null)
            error = Errno.ENOENT;
        if (error != Errno.OK)
            return error;
        int cost = CostOf(key.Length, old!.Length);
        self.RemoveEntry(change, whole, cost);
        change.GiveBack(cost);
        return Errno.OK;
    }

    public Errno IndexNext(
        ReadOnlySpan<byte> key, bool after, Span<byte> foundKey, out int keyLength, Span<byte> record,
        out int recordLength)
    {
        keyLength = recordLength = 0;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self._record.Kind != DtObjectKind.Index)
            return Errno.ENOTDIR;
        Span<byte> prefix = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Record, self.Number, prefix);
        byte[] from = DiskKey.OfRecord(self.Number, key);
        var walk = new DiskWalk(_device.Store, self._entries, prefix, from, after);
        try
        {
            if (!walk.MoveNext())
                return walk.Status(_device.Store) == Errno.OK ? Errno.ENOENT : Errno.EIO;
            ReadOnlySpan<byte> found = walk.Key.AsSpan(DiskKey.PrefixSize);
            if (found.Length > foundKey.Length || walk.Value.Length > record.Length)
                return Errno.ERANGE;
            found.CopyTo(foundKey);
            walk.Value.CopyTo(record);
            (keyLength, recordLength) = (found.Length, walk.Value.Length);
            return Errno.OK;
        }
        finally
        {
            walk.Dispose();
        }
    }

    /// <summary>Up to so many names, from a hash and name on. EIO: there were others, which cannot be read.</summary>
    internal Errno CopyNames(ulong hash, ReadOnlySpan<byte> name, bool after, int count, List<DiskName> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null || self._record.Kind != DtObjectKind.Directory)
            return error == Errno.EIO ? error : Errno.OK;
        Span<byte> prefix = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Name, self.Number, prefix);
        Span<byte> room = stackalloc byte[DiskKey.MaxNameSize];
        ReadOnlySpan<byte> from = DiskKey.OfName(self.Number, hash, name, room);
        var walk = new DiskWalk(_device.Store, self._entries, prefix, from, after);
        try
        {
            while (into.Count < count && walk.MoveNext())
            {
                if (!TryReadEntry(walk.Value, out DtEntry entry) || walk.Key.Length <= DiskKey.NumberedSize)
                {
                    error = self.IsDamaged($"the entry of a name in directory {Fid}");
                    continue;
                }
                into.Add(new DiskName(DiskKey.At(walk.Key), walk.Key[DiskKey.NumberedSize..], entry));
            }
            if (walk.Status(_device.Store) != Errno.OK)
                error = self.IsDamaged($"directory {Fid}");
            return error;
        }
        finally
        {
            walk.Dispose();
        }
    }

    // As DtTransaction.DeclareInsert reckons.
    static int CostOf(int keyLength, int recordLength = 32) => DiskDevice.NameOverhead + keyLength + recordLength;

    static ReadOnlySpan<byte> MakeEntry(in DtEntry entry, Span<byte> value)
    {
        Fid fid = entry.Fid;
        MemoryMarshal.Write(value, in fid);
        BinaryPrimitives.WriteUInt32LittleEndian(value[16..], entry.Type);
        return value;
    }

    static bool TryReadEntry(ReadOnlySpan<byte> value, out DtEntry entry)
    {
        entry = default;
        if (value.Length != EntrySize)
            return false;
        entry = new DtEntry(MemoryMarshal.Read<Fid>(value), BinaryPrimitives.ReadUInt32LittleEndian(value[16..]));
        return true;
    }

    /// <summary>The value of a name's key; null when there is none.</summary>
    Errno FindName(ReadOnlySpan<byte> key, out byte[]? value)
    {
        value = null;
        if (_names is null && _record.Entries == 0)
            _names = new DiskNameFilter();
        if (_names is { } names)
            return names.MayHave(DiskKey.At(key)) ? GetValue(_entries, key, out value) : Errno.OK;
        Errno error = GetValue(_entries, key, out value);
        if (error == Errno.OK && value is null && _record.Entries <= FewNames
            && ++_looksForNothing > _record.Entries >> LooksForNothingShift)
            error = LearnNames();
        return error;
    }

    /// <summary>There will be such a name.</summary>
    void NoteName(ulong hash)
    {
        if (_names is not { } names)
            return;
        // Names that went are still in it: where many did it begins anew, sooner or later.
        bool isStale = names.Added > 2 * _record.Entries + FewNames;
        if (isStale || !_device.TryTakeFilterBytes(names.MoreBytes))
            ForgetNames();
        else
            names.Add(hash);
    }

    void ForgetNames()
    {
        _device.ReturnFilterBytes(_names?.Bytes ?? 0);
        _names = null;
        _looksForNothing = 0;
    }

    Errno LearnNames()
    {
        Span<byte> prefix = stackalloc byte[DiskKey.PrefixSize];
        DiskKey.OfNumber(DiskKey.Name, Number, prefix);
        _names = new DiskNameFilter();
        var walk = new DiskWalk(_device.Store, _entries, prefix, prefix, after: false);
        try
        {
            while (walk.MoveNext() && _names is not null)
                NoteName(walk.Key.Length >= DiskKey.NumberedSize ? DiskKey.At(walk.Key) : 0);
            if (walk.Status(_device.Store) == Errno.OK)
                return Errno.OK;
            ForgetNames();
            return IsDamaged($"directory {Fid}");
        }
        finally
        {
            walk.Dispose();
        }
    }

    void RemoveEntry(DiskTransaction change, ReadOnlySpan<byte> key, int bytes)
    {
        SetValue(change, ref _entries, key, (byte[]?)null);
        NoteEntries(change, -1, -bytes);
    }

    void SetEntry(
        DiskTransaction change, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, int entries, int bytes)
    {
        SetValue(change, ref _entries, key, value);
        NoteEntries(change, entries, bytes);
    }

    void NoteEntries(DiskTransaction change, int entries, int bytes)
    {
        _record.Entries += entries;
        _record.EntryBytes += bytes;
        change.Touch(this, DiskDirty.Record, entries, bytes);
    }

    ReadOnlySpan<byte> NameKey(ReadOnlySpan<byte> name, Span<byte> room) =>
        DiskKey.OfName(Number, _device.HashOf(name), name, room);

    Errno CheckName(ReadOnlySpan<byte> name)
    {
        if (_record.Kind != DtObjectKind.Directory)
            return Errno.ENOTDIR;
        return name.Length > _device.Parameters.MaxNameLength ? Errno.ENAMETOOLONG : Errno.OK;
    }

    Errno IsDamaged(string what)
    {
        _device.Damaged($"{what} (number {Number:x}) is damaged");
        return Errno.EIO;
    }
}
