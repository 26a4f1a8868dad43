using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Mem;

// Directories and indexes.
sealed partial class MemObject
{
    MemTree<MemName>? _names;           // guarded by _lock
    MemTree<MemRecord>? _records;       // guarded by _lock

    public long EntryCount
    {
        get
        {
            if (Live() is not { } self)
                return 0;
            using (self._lock.Enter())
                return self._names?.Count ?? self._records?.Count ?? 0;
        }
    }

    public Errno Lookup(ReadOnlySpan<byte> name, out DtEntry entry)
    {
        entry = default;
        if (CheckDirectory(name, out MemObject? self) is var error and not Errno.OK)
            return error;
        ulong hash = device.HashOf(name);
        using (self!._lock.Enter())
        {
            if (self._names is not { } names)
                return Errno.ENOENT;
            if (!names.TryFind(new MemNameProbe(hash, name), out MemName? found))
                return Errno.ENOENT;
            entry = found.Entry;
            return Errno.OK;
        }
    }

    public Errno Insert(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        var memory = (MemTransaction)transaction;
        if (CheckDirectory(name, out MemObject? self) is var error and not Errno.OK)
            return error;
        if (name.IsEmpty)
            return Errno.EINVAL;
        ulong hash = device.HashOf(name);
        var added = new MemName(hash, name.ToArray(), entry);
        int cost = CostOf(name.Length);
        if (!memory.TryUse(cost))
            return Errno.ENOSPC;
        using (self!._lock.Enter())
        {
            if (self._names is { } names && names.TryAdd(new MemNameProbe(hash, name), added))
                return Errno.OK;
            error = self._life == Life.Live ? Errno.EEXIST : Errno.ENOENT;
        }
        device.ReturnBytes(cost);
        return error;
    }

    public Errno Remove(DtTransaction transaction, ReadOnlySpan<byte> name)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (CheckDirectory(name, out MemObject? self) is var error and not Errno.OK)
            return error;
        ulong hash = device.HashOf(name);
        using (self!._lock.Enter())
        {
            if (self._names is not { } names || !names.TryRemove(new MemNameProbe(hash, name), out _))
                return Errno.ENOENT;
        }
        device.ReturnBytes(CostOf(name.Length));
        return Errno.OK;
    }

    public Errno Replace(DtTransaction transaction, ReadOnlySpan<byte> name, in DtEntry entry)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (CheckDirectory(name, out MemObject? self) is var error and not Errno.OK)
            return error;
        ulong hash = device.HashOf(name);
        var replacing = new MemName(hash, name.ToArray(), entry);
        using (self!._lock.Enter())
        {
            return self._names is { } names && names.TryReplace(new MemNameProbe(hash, name), replacing, out _)
                ? Errno.OK
                : Errno.ENOENT;
        }
    }

    public DtDirectoryIterator Iterate(ulong hash)
    {
        MemDirectoryIterator iterator = device.TakeIterator();
        iterator.Begin(Live() ?? this, hash);
        return iterator;
    }

    public Result<int> IndexLookup(ReadOnlySpan<byte> key, Span<byte> record)
    {
        if (CheckIndex(out MemObject? self) is var error and not Errno.OK)
            return error;
        using (self!._lock.Enter())
        {
            if (self._records is not { } records || !records.TryFind(new MemRecordProbe(key), out MemRecord? found))
                return Errno.ENOENT;
            if (found.Record.Length > record.Length)
                return Errno.ERANGE;
            found.Record.CopyTo(record);
            return found.Record.Length;
        }
    }

    public Errno IndexInsert(
        DtTransaction transaction, ReadOnlySpan<byte> key, ReadOnlySpan<byte> record, bool replace)
    {
        var memory = (MemTransaction)transaction;
        if (CheckIndex(out MemObject? self) is var error and not Errno.OK)
            return error;
        if (key.Length > self!._format.MaxKeySize || record.Length > self._format.MaxRecordSize)
            return Errno.EINVAL;
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (replace && self.TryOverwrite(key, record))
            return Errno.OK;
        int cost = CostOf(key.Length, record.Length);
        if (!memory.TryUse(cost))
            return Errno.ENOSPC;
        int returned = cost;
        using (self._lock.Enter())
        {
            var probe = new MemRecordProbe(key);
            error = Errno.ENOENT;
            if (self._records is { } records)
            {
                var added = new MemRecord(key.ToArray(), record.ToArray());
                error = Errno.OK;
                if (records.TryAdd(probe, added))
                    returned = 0;
                else if (!replace)
                    error = Errno.EEXIST;
                else if (records.TryReplace(probe, added, out MemRecord? old))
                    returned = CostOf(old.Key.Length, old.Record.Length);
            }
        }
        device.ReturnBytes(returned);
        return error;
    }

    public Errno IndexRemove(DtTransaction transaction, ReadOnlySpan<byte> key)
    {
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        if (CheckIndex(out MemObject? self) is var error and not Errno.OK)
            return error;
        MemRecord? removed;
        using (self!._lock.Enter())
        {
            if (self._records is not { } records || !records.TryRemove(new MemRecordProbe(key), out removed))
                return Errno.ENOENT;
        }
        device.ReturnBytes(CostOf(removed.Key.Length, removed.Record.Length));
        return Errno.OK;
    }

    public Errno IndexNext(
        ReadOnlySpan<byte> key, bool after, Span<byte> foundKey, out int keyLength, Span<byte> record,
        out int recordLength)
    {
        keyLength = recordLength = 0;
        if (CheckIndex(out MemObject? self) is var error and not Errno.OK)
            return error;
        using (self!._lock.Enter())
        {
            MemRecord? next = null;
            if (self._records?.CopyFrom(new MemRecordProbe(key), after, new Span<MemRecord>(ref next!)) is not > 0)
                return Errno.ENOENT;
            if (next.Key.Length > foundKey.Length || next.Record.Length > record.Length)
                return Errno.ERANGE;
            next.Key.CopyTo(foundKey);
            next.Record.CopyTo(record);
            (keyLength, recordLength) = (next.Key.Length, next.Record.Length);
            return Errno.OK;
        }
    }

    /// <summary>A record of the same length is changed in place.</summary>
    bool TryOverwrite(ReadOnlySpan<byte> key, ReadOnlySpan<byte> record)
    {
        using (_lock.Enter())
        {
            if (_records is not { } records || !records.TryFind(new MemRecordProbe(key), out MemRecord? found)
                || found.Record.Length != record.Length)
                return false;
            record.CopyTo(found.Record);
            return true;
        }
    }

    internal int CopyNames(ulong hash, ReadOnlySpan<byte> name, bool after, Span<MemName> into)
    {
        using (_lock.Enter())
            return _names?.CopyFrom(new MemNameProbe(hash, name), after, into) ?? 0;
    }

    // As DtTransaction.DeclareInsert reckons.
    static int CostOf(int keyLength, int recordLength = 32) => MemDevice.NameOverhead + keyLength + recordLength;

    void DropEntries()
    {
        if (_names is { } names)
            ReturnCosts(names, new MemNameProbe(0, default), static name => CostOf(name.Name.Length));
        if (_records is { } records)
        {
            ReturnCosts(records, new MemRecordProbe(default),
                static record => CostOf(record.Key.Length, record.Record.Length));
        }
        _names = null;
        _records = null;
    }

    void ReturnCosts<TEntry, TProbe>(MemTree<TEntry> tree, TProbe from, Func<TEntry, int> costOf)
        where TEntry : class
        where TProbe : IMemProbe<TEntry>, allows ref struct
    {
        if (tree.Count == 0)
            return;
        var entries = new TEntry[tree.Count];
        tree.CopyFrom(from, after: false, entries);
        foreach (TEntry entry in entries)
            device.ReturnBytes(costOf(entry));
    }

    Errno CheckDirectory(ReadOnlySpan<byte> name, out MemObject? self)
    {
        self = Live();
        if (self is null)
            return Errno.ENOENT;
        if (self._format.Kind != DtObjectKind.Directory)
            return Errno.ENOTDIR;
        return name.Length > device.Parameters.MaxNameLength ? Errno.ENAMETOOLONG : Errno.OK;
    }

    Errno CheckIndex(out MemObject? self)
    {
        self = Live();
        if (self is null)
            return Errno.ENOENT;
        return self._format.Kind == DtObjectKind.Index ? Errno.OK : Errno.ENOTDIR;
    }
}
