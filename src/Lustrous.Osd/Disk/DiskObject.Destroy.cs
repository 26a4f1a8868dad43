using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// The end of an object.
sealed partial class DiskObject
{
    volatile bool _isFileGone;

    // Keys that are deleted one by one; more of them as a range, which costs the store more to look past.
    const int DoomedOneByOne = 512;

    public Errno Destroy(DtTransaction transaction)
    {
        var change = (DiskTransaction)transaction;
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        change.Touch(self, DiskDirty.Record | DiskDirty.Destroyed);
        self._life = Life.Dead;
        self.ForgetNames();
        self.DoomKeys(change);
        ref DiskObjectRecord record = ref self._record;
        change.GiveBack(RoomOf(record, _device));
        change.GiveBackObject();
        if ((record.Flags & DiskObjectFlags.HasFile) != 0)
        {
            self.AddUser();
            change.Free(new DiskFreed(self, -1, 0));
        }
        return Errno.OK;
    }

    /// <summary>That it was destroyed is durable.</summary>
    public void RemoveFile()
    {
        // First: a write under way makes the file again, and looks at this after that.
        _isFileGone = true;
        _device.Files.Unlink(Number);
    }

    void DoomKeys(DiskTransaction change)
    {
        Span<byte> key = stackalloc byte[DiskKey.PrefixSize];
        if ((_record.Flags & DiskObjectFlags.HasXattrs) != 0)
            change.Doom(DiskKey.OfNumber(DiskKey.Xattrs, Number, key));
        switch (_record.Kind)
        {
            case DtObjectKind.Directory when _record.Entries > 0:
                DoomAll(change, DiskKey.Name, _record.Entries);
                break;
            case DtObjectKind.Index when _record.Entries > 0:
                DoomAll(change, DiskKey.Record, _record.Entries);
                break;
            case DtObjectKind.Regular when _record.Blocks > 0 || _record.PieceShift > 0:
                DoomAll(change, DiskKey.Extent, _record.Blocks);
                if (_record.PieceShift > 0)
                    DoomAll(change, DiskKey.Piece, _record.Blocks << (DiskBlock.Shift - _record.PieceShift));
                break;
        }
    }

    void DoomAll(DiskTransaction change, byte letter, long atMost)
    {
        Span<byte> room = stackalloc byte[DiskKey.PrefixSize];
        if (atMost > DoomedOneByOne)
        {
            Span<byte> end = stackalloc byte[DiskKey.PrefixSize];
            change.DoomRange(
                DiskKey.OfNumber(letter, Number, room), DiskKey.OfNumber(letter, Number + 1, end));
            return;
        }
        ReadOnlySpan<byte> prefix = DiskKey.OfNumber(letter, Number, room);
        // What is in the store, and what is on its way there.
        using (var walk = new DiskWalk(_device.Store, null, prefix, prefix, after: false))
        {
            while (walk.MoveNext())
                change.Doom(walk.Key);
        }
        var pending = letter == DiskKey.Piece ? _pieces : _entries;
        if (pending is null)
            return;
        var entries = new DiskEntry[pending.Count];
        pending.CopyFrom(new DiskProbe(prefix), after: false, entries);
        foreach (DiskEntry entry in entries)
            change.Doom(entry.Key);
    }
}
