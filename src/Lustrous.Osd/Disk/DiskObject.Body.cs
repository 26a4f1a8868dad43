using Lustrous.Obdclass.Storage;

namespace Lustrous.Osd.Disk;

// The body: what every operation checks, and holes. Bulk is in DiskObject.Bulk.cs.
sealed partial class DiskObject
{
    static readonly byte[] s_zeros = new byte[DiskBlock.Size];

    public Result<int> Read(long offset, Span<byte> into)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckBody(offset) is var refused and not Errno.OK)
            return refused;
        int length = (int)Math.Clamp(self._record.Size - offset, 0, into.Length);
        error = self.CopyOut(offset, into[..length]);
        return error == Errno.OK ? length : error;
    }

    public Errno Write(DtTransaction transaction, long offset, ReadOnlySpan<byte> bytes)
    {
        var change = (DiskTransaction)transaction;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckBody(offset) is var refused and not Errno.OK)
            return refused;
        if ((ulong)bytes.Length > _device.Parameters.MaxBytes - (ulong)offset)
            return Errno.EFBIG;
        if (bytes.IsEmpty)
            return Errno.OK;
        long holes = self.CountHoles(offset, bytes.Length);
        if (!change.TryUse(holes << DiskBlock.Shift))
            return Errno.ENOSPC;
        if (self._record.PieceShift == 0)
            self._record.PieceShift = RecordPieceShift;
        long end = offset + bytes.Length;
        long before = self._extents!.Blocks;
        error = self.CopyIn(change, offset, bytes);
        change.GiveBack((holes - (self._extents.Blocks - before)) << DiskBlock.Shift);
        if (error == Errno.OK)
            self._record.Size = Math.Max(self._record.Size, end);
        change.Touch(self, DiskDirty.Record);
        return error;
    }

    public Errno Punch(DtTransaction transaction, long start, long end)
    {
        var change = (DiskTransaction)transaction;
        Lassert.That(transaction.IsStarted, "a change outside a started transaction");
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckBody(start) is var refused and not Errno.OK)
            return refused;
        if (end != DtRange.Eof && end < start)
            return Errno.EINVAL;
        error = end == DtRange.Eof ? self.SetSize(change, start) : self.MakeHole(change, start, end);
        change.Touch(self, DiskDirty.Record);
        return error;
    }

    public Errno Fallocate(DtTransaction transaction, DtFallocateModes modes, long start, long end)
    {
        var change = (DiskTransaction)transaction;
        const DtFallocateModes punch = DtFallocateModes.PunchHole | DtFallocateModes.KeepSize;
        const DtFallocateModes zero = DtFallocateModes.ZeroRange;
        if (modes == punch && end > start)
            return Punch(transaction, start, end);
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckBody(start) is var refused and not Errno.OK)
            return refused;
        if (end <= start)
            return Errno.EINVAL;
        if (modes is not (DtFallocateModes.None or DtFallocateModes.KeepSize or zero
            or zero | DtFallocateModes.KeepSize))
            return Errno.EOPNOTSUPP;
        if (!change.TryUse(self.CountHoles(start, end - start) << DiskBlock.Shift))
            return Errno.ENOSPC;
        if ((modes & zero) != 0)
        {
            long before = self._extents!.Blocks;
            error = self.MakeHole(change, start, end, givesBack: false);
            Lassert.That(error != Errno.OK || self._extents.Blocks <= before);
        }
        if (error == Errno.OK)
            self.Reserve(change, start >> DiskBlock.Shift, DiskBlock.RoundUp(end) >> DiskBlock.Shift);
        if (error == Errno.OK && (modes & DtFallocateModes.KeepSize) == 0)
            self._record.Size = Math.Max(self._record.Size, end);
        change.Touch(self, DiskDirty.Record);
        return error;
    }

    public Result<long> Seek(long offset, bool hole)
    {
        using RankedLock.Scope scope = Enter(out DiskObject? self, out Errno error);
        if (self is null)
            return error;
        if (self.CheckBody(offset) is var refused and not Errno.OK)
            return refused;
        if (offset >= self._record.Size)
            return Errno.ENXIO;
        DiskExtents map = self._extents!;
        long block = offset >> DiskBlock.Shift;
        long endBlock = DiskBlock.RoundUp(self._record.Size) >> DiskBlock.Shift;
        while (block < endBlock)
        {
            DiskExtent extent = map.At(block);
            bool isData = extent.Kind is DiskExtentKind.Inline or DiskExtentKind.File;
            if (isData != hole)
                return Math.Max(offset, block << DiskBlock.Shift);
            block = extent.End;
        }
        return hole ? self._record.Size : Errno.ENXIO;
    }

    /// <summary>Blocks of a range that would take room; all of them for an object that does not exist.</summary>
    internal long CountNewBlocks(long offset, long length)
    {
        if (offset < 0 || length <= 0)
            return 0;
        using RankedLock.Scope scope = Enter(out DiskObject? self, out _);
        if (self is null || self.CheckBody(offset) != Errno.OK)
            return (DiskBlock.RoundUp(offset + length) - (offset & ~DiskBlock.Mask)) >> DiskBlock.Shift;
        return self.CountHoles(offset, length);
    }

    /// <summary>What all operations on bodies check; the map is there after it.</summary>
    Errno CheckBody(long offset)
    {
        if (_record.Kind != DtObjectKind.Regular)
            return _record.Kind == DtObjectKind.Directory ? Errno.EISDIR : Errno.EINVAL;
        return offset < 0 ? Errno.EINVAL : LoadExtents();
    }

    long CountHoles(long offset, long length) => length <= 0
        ? 0
        : _extents!.CountHoles(offset >> DiskBlock.Shift, DiskBlock.RoundUp(offset + length) >> DiskBlock.Shift);

    Errno CopyOut(long offset, Span<byte> into)
    {
        Span<byte> whole = stackalloc byte[DiskBlock.Size];
        while (!into.IsEmpty)
        {
            long block = offset >> DiskBlock.Shift;
            int within = (int)(offset & DiskBlock.Mask);
            DiskExtent extent = _extents!.At(block);
            int length = (int)Math.Min(into.Length, (extent.End << DiskBlock.Shift) - offset);
            switch (extent.Kind)
            {
                case DiskExtentKind.Inline:
                    if (ReadPieces(offset, into[..length]) is var lost and not Errno.OK)
                        return lost;
                    break;
                case DiskExtentKind.File:
                    length = Math.Min(length, DiskBlock.Size - within);
                    if (ReadBlock(extent, block, whole) is var gone and not Errno.OK)
                        return gone;
                    whole.Slice(within, length).CopyTo(into);
                    break;
                default:
                    into[..length].Clear();
                    break;
            }
            offset += length;
            into = into[length..];
        }
        return Errno.OK;
    }

    Errno CopyIn(DiskTransaction change, long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            long block = offset >> DiskBlock.Shift;
            int within = (int)(offset & DiskBlock.Mask);
            int length = Math.Min(bytes.Length, DiskBlock.Size - within);
            Errno error = _extents!.At(block).Kind == DiskExtentKind.File
                ? RewriteBlock(change, block, within, bytes[..length])
                : WriteInline(change, offset, bytes[..length]);
            if (error != Errno.OK)
                return error;
            offset += length;
            bytes = bytes[length..];
        }
        return Errno.OK;
    }

    /// <summary>Writes into a part of one block that is not in a file, and keeps it in the store.</summary>
    Errno WriteInline(DiskTransaction change, long offset, ReadOnlySpan<byte> bytes)
    {
        long block = offset >> DiskBlock.Shift;
        DiskExtent extent = _extents!.At(block);
        if (extent.Kind == DiskExtentKind.Reserved && Cut(change, block, block + 1, out _) is var lost and not Errno.OK)
            return lost;
        if (extent.Kind != DiskExtentKind.Inline)
        {
            var added = new DiskExtent(block, 1, DiskExtentKind.Inline, 0);
            Install(change, added, Store.DiskExtentValue.Make(added));
        }
        return WritePieces(change, offset, bytes);
    }

    Errno SetSize(DiskTransaction change, long size)
    {
        if (size < _record.Size)
        {
            if (LoadExtents() is var error and not Errno.OK)
                return error;
            long kept = DiskBlock.RoundUp(size);
            // The part of the last block first: it may fail, and then nothing has changed. Also what fallocate has
            // reserved beyond the end goes.
            if (ZeroPart(change, size, kept) is var failed and not Errno.OK)
                return failed;
            if (Cut(change, kept >> DiskBlock.Shift, long.MaxValue, out long removed) is var lost and not Errno.OK)
                return lost;
            change.GiveBack(removed << DiskBlock.Shift);
        }
        _record.Size = size;
        return Errno.OK;
    }

    Errno MakeHole(DiskTransaction change, long start, long end, bool givesBack = true)
    {
        if (end <= start)
            return Errno.OK;
        long first = DiskBlock.RoundUp(start);
        long last = end & ~DiskBlock.Mask;
        if (first > last)
            return ZeroPart(change, start, end);
        if (ZeroPart(change, start, first) is var failed and not Errno.OK)
            return failed;
        if (ZeroPart(change, last, end) is var lost and not Errno.OK)
            return lost;
        Errno error = Cut(change, first >> DiskBlock.Shift, last >> DiskBlock.Shift, out long removed);
        if (error != Errno.OK)
            return error;
        if (givesBack)
            change.GiveBack(removed << DiskBlock.Shift);
        return Errno.OK;
    }

    /// <summary>Zeroes a part of one block.</summary>
    Errno ZeroPart(DiskTransaction change, long start, long end)
    {
        if (end <= start)
            return Errno.OK;
        long block = start >> DiskBlock.Shift;
        ReadOnlySpan<byte> zeros = s_zeros.AsSpan(0, (int)(end - start));
        return _extents!.At(block).Kind switch
        {
            DiskExtentKind.Inline => WritePieces(change, start, zeros),
            DiskExtentKind.File => RewriteBlock(change, block, (int)(start & DiskBlock.Mask), zeros),
            _ => Errno.OK,
        };
    }

    /// <summary>Takes room for holes, which still read as zeros. The room was accounted.</summary>
    void Reserve(DiskTransaction change, long first, long end)
    {
        const int most = 1 << 20;
        for (long block = first; block < end;)
        {
            DiskExtent extent = _extents!.At(block);
            if (extent.Kind == DiskExtentKind.Hole)
            {
                int count = (int)Math.Min(Math.Min(extent.End, end) - block, most);
                var added = new DiskExtent(block, count, DiskExtentKind.Reserved, 0);
                Install(change, added, Store.DiskExtentValue.Make(added));
                block += count;
                continue;
            }
            block = extent.End;
        }
    }
}
